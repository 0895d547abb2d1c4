package dev.lifeboat.vault.send;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * How objects are sent.
 *
 * @param spill a local directory, made when it is first needed, for what slow regions have not
 *     taken yet
 * @param spillBytes how much may lie there; none, and whoever reads a source waits for the slowest
 *     region
 * @param deadline behind which a snapshot that its quorum has waits for no other region; without
 *     one, a region gets as long again as the session took
 */
public record SendSettings(Path spill, long spillBytes, Optional<Instant> deadline) {
  /** What the spill holds unless somebody says otherwise: 2 GiB. */
  public static final long SPILL_BYTES = 2L << 30;

  public SendSettings {
    if (spillBytes < 0) {
      throw new IllegalArgumentException("no spill holds fewer than 0 bytes");
    }
  }
}
