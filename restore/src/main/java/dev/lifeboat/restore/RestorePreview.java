package dev.lifeboat.restore;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a restore would do.
 *
 * @param bytes that would be in files, holes not counted
 * @param packs of which something would be fetched
 * @param frames that would be fetched and decoded
 * @param freeBytes of the target's file system; empty if the target does not exist yet
 * @param estimate how long fetching and decoding would take, from a sample read just now; empty if
 *     there is nothing to fetch
 * @param conflicts files that exist in the target and are not those of the snapshot
 * @param failures what is known already not to come back
 */
public record RestorePreview(
    long files,
    long directories,
    long others,
    long links,
    long bytes,
    long packs,
    long frames,
    Optional<Long> freeBytes,
    Optional<Duration> estimate,
    List<String> conflicts,
    List<RestoreFailure> failures) {
  public RestorePreview {
    conflicts = List.copyOf(conflicts);
    failures = List.copyOf(failures);
  }
}
