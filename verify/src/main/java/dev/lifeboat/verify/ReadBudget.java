package dev.lifeboat.verify;

import java.time.Duration;
import java.util.Optional;

/**
 * How much of each region one verification reads.
 *
 * @param bytes at most, and one object more
 * @param within in what time everything is to have its turn: what is ahead of that is left for
 *     another day. Empty to read as much as {@code bytes} allows
 */
public record ReadBudget(long bytes, Optional<Duration> within) {
  public ReadBudget {
    if (bytes < 0 || within.filter(time -> !time.isPositive()).isPresent()) {
      throw new IllegalArgumentException(
          "no way to read %d bytes, everything within %s".formatted(bytes, within));
    }
  }

  /** As much as {@code bytes} allows. */
  public static ReadBudget of(long bytes) {
    return new ReadBudget(bytes, Optional.empty());
  }
}
