package dev.lifeboat.verify.drill;

import dev.lifeboat.restore.RestoreReport;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A sample of a tree of files that was brought back, each file read again and held against the
 * vault.
 *
 * @param files in the sample
 * @param bytes of them
 * @param factor by how much more everything is: by number or by bytes, whichever is more
 * @param estimate of the time for everything; absent until it is known how long the sample took
 */
record SampledFiles(
    long files, long bytes, long allFiles, double factor, Optional<Duration> estimate) {

  static SampledFiles of(SnapshotHeader.Counts all, RestoreReport report) {
    return new SampledFiles(
        report.files(),
        report.bytesWritten(),
        all.files(),
        Math.max(
            1,
            Math.max(
                (double) all.files() / Math.max(1, report.files()),
                (double) all.bytes() / Math.max(1, report.bytesWritten()))),
        Optional.empty());
  }

  /**
   * With an estimate: only writing, which has the reading again in it, grows with what there is.
   */
  SampledFiles within(Duration took, List<DrillReport.Stage> stages) {
    Duration writing =
        stages.stream()
            .filter(stage -> stage.name().equals("write"))
            .map(DrillReport.Stage::took)
            .reduce(Duration.ZERO, Duration::plus);
    Duration more = Duration.ofMillis(Math.round(writing.toMillis() * (factor - 1)));
    return new SampledFiles(files, bytes, allFiles, factor, Optional.of(took.plus(more)));
  }

  DrillReport.Check check() {
    String expected = "%d files equal".formatted(files);
    return new DrillReport.Check("sample of files", expected, expected, files, files > 0);
  }

  String notProven() {
    return "a sample of %d of %d files came back: what it does not hold, attributes of directories and the root hash are not proven"
        .formatted(files, allFiles);
  }
}
