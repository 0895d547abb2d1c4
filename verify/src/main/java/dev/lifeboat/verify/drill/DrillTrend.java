package dev.lifeboat.verify.drill;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** How long the same took before: earlier drills that passed, of the same scenario. */
public final class DrillTrend {
  private static final int KEPT = 3;

  private final DrillReport report;
  private final List<DrillReport> before;

  private DrillTrend(DrillReport report, List<DrillReport> before) {
    this.report = report;
    this.before = before;
  }

  /**
   * What there was before a drill.
   *
   * @param reports all, oldest first
   */
  public static DrillTrend before(DrillReport report, List<DrillReport> reports) {
    return new DrillTrend(
        report,
        reports.stream()
            .filter(earlier -> earlier.started().isBefore(report.started()))
            .filter(earlier -> earlier.verdict() == Verdict.PASS)
            .filter(earlier -> earlier.scenario().name().equals(report.scenario().name()))
            .toList());
  }

  /** RTOs of the last drills of just these datasets together, oldest first. */
  public List<Duration> whole() {
    List<String> ids = ids(report);
    return last(
        before.stream()
            .filter(earlier -> ids(earlier).equals(ids))
            .map(earlier -> earlier.goals().rto())
            .flatMap(Optional::stream));
  }

  /**
   * RTOs of the last drills of one dataset, alone or beside others, oldest first.
   *
   * @param dataset {@code tenant/dataset}
   */
  public List<Duration> of(String dataset) {
    return last(
        before.stream()
            .flatMap(earlier -> earlier.datasets().stream())
            .filter(one -> one.id().equals(dataset))
            .flatMap(one -> one.rto().stream()));
  }

  private static List<String> ids(DrillReport report) {
    return report.datasets().stream().map(DrillReport.Dataset::id).sorted().toList();
  }

  private static List<Duration> last(Stream<Duration> all) {
    List<Duration> listed = all.toList();
    return listed.subList(Math.max(0, listed.size() - KEPT), listed.size());
  }
}
