package dev.lifeboat.restore;

import dev.lifeboat.sources.directory.Outcome;
import dev.lifeboat.sources.directory.WriteWarning;
import java.util.List;

/**
 * What a restore did.
 *
 * @param files written, those with content that was there in part among them
 * @param unchangedFiles found in the target with the bytes of the snapshot, and left
 * @param directories made or given their attributes
 * @param others symbolic links, fifos, sockets and devices made
 * @param links further names made
 * @param bytesWritten into files
 * @param bytesReused found in the target and not fetched
 * @param skipped what was left alone because something else is in its place, or needs root
 * @param warnings what the target could not take, content never among it
 * @param failures what did not come back
 */
public record RestoreReport(
    long files,
    long unchangedFiles,
    long directories,
    long others,
    long links,
    long bytesWritten,
    long bytesReused,
    List<Outcome.Skipped> skipped,
    List<WriteWarning> warnings,
    List<RestoreFailure> failures) {
  public RestoreReport {
    skipped = List.copyOf(skipped);
    warnings = List.copyOf(warnings);
    failures = List.copyOf(failures);
  }

  /** Whether everything that was asked for is there; attributes in {@code warnings} excepted. */
  public boolean complete() {
    return skipped.isEmpty() && failures.isEmpty();
  }
}
