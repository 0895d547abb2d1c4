package dev.lifeboat.cli.command;

import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.verify.drill.DrillReport;
import dev.lifeboat.verify.drill.DrillTrend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** A report of a drill for people at a terminal; the verdict comes last. */
final class DrillText {
  private static final int WIDTH = 60;

  private DrillText() {}

  /**
   * Lines.
   *
   * @param trend of earlier drills
   */
  static List<String> lines(DrillReport report, DrillTrend trend) {
    List<String> lines = new ArrayList<>();
    lines.add("drill %s (%s)".formatted(report.id(), report.name()));
    lines.add("%s: %s".formatted(report.scenario().name(), report.scenario().description()));
    for (DrillReport.Dataset dataset : report.datasets()) {
      lines.add("");
      dataset(dataset, trend, lines);
    }
    report.selfTest().ifPresent(test -> selfTest(test, lines));
    if (report.selfTest().isEmpty()) {
      report
          .proof()
          .ifPresent(proof -> {
            lines.add("");
            lines.add(
                "self-test: not due; drill %s of %s found every fault, in the same circumstances"
                    .formatted(proof.drill(), Units.time(proof.time())));
          });
    }
    section("not proven", report.notProven(), lines);
    section("deviations", report.deviations(), lines);
    lines.add("");
    goals(report, trend, lines);
    lines.add(
        "%s  %s".formatted(report.verdict().name().replace('_', ' '), report.reasons().getFirst()));
    report.reasons().stream().skip(1).forEach(reason -> lines.add("      " + reason));
    return lines;
  }

  private static void dataset(DrillReport.Dataset dataset, DrillTrend trend, List<String> lines) {
    lines.add(
        "%s (%s): %s"
            .formatted(
                dataset.id(),
                dataset.kind().isEmpty() ? "unknown kind" : dataset.kind(),
                dataset.verdict().name().replace('_', ' ')));
    dataset
        .copy()
        .ifPresent(copy -> {
          lines.add(
              "  snapshot %s of %s: %s"
                  .formatted(copy.snapshot(), Units.time(copy.time()), copy.why()));
          lines.add(
              "  read from %s; key generation %d, opened by %s"
                  .formatted(regions(dataset), copy.keyGeneration(), copy.recipient()));
          lines.add(
              "  brought back: %s, %s things, into %s"
                  .formatted(
                      Units.bytes(dataset.bytes()),
                      Units.count(dataset.objects()),
                      dataset.target()));
        });
    dataset.failure().ifPresent(why -> lines.add("  FAILED: " + why));
    Table checks = new Table("  check", ">count", "expected", "found", "");
    for (DrillReport.Check check : dataset.checks()) {
      checks.row(
          "  " + check.name(),
          Units.count(check.count()),
          shorten(check.expected()),
          check.actual().equals(check.expected()) ? "the same" : shorten(check.actual()),
          check.passed() ? "" : "DIFFERENT");
    }
    if (!checks.isEmpty()) {
      lines.addAll(checks.lines());
    }
    dataset
        .rto()
        .ifPresent(
            rto -> lines.add("  RTO " + Units.duration(rto) + before(trend.of(dataset.id()))));
    dataset
        .estimate()
        .ifPresent(all -> lines.add("  estimated for all of it: about " + Units.duration(all)));
    lines.add(
        "  stages: "
            + dataset.stages().stream()
                .map(stage ->
                    "%s %s%s"
                        .formatted(
                            stage.name(),
                            Units.duration(stage.took()),
                            stage.overlaps() ? " (of that)" : ""))
                .collect(Collectors.joining(", ")));
  }

  private static String regions(DrillReport.Dataset dataset) {
    return dataset.regions().stream()
        .filter(use -> use.reads() > 0)
        .map(use ->
            "%s (%s in %d reads)".formatted(use.region(), Units.bytes(use.bytes()), use.reads()))
        .collect(Collectors.joining(", "));
  }

  private static void selfTest(DrillReport.SelfTest test, List<String> lines) {
    lines.add("");
    lines.add("self-test: %s".formatted(test.passed() ? "every fault was found" : "FAILED"));
    Table faults = new Table("  fault", "dataset", "source", "found", "");
    for (DrillReport.Fault fault : test.faults()) {
      faults.row(
          "  " + fault.name(),
          fault.dataset(),
          fault.kind(),
          shorten(fault.possible() ? fault.found() : fault.seeded()),
          fault.detected() ? "detected" : fault.possible() ? "PASSED OVER" : "not seeded");
    }
    lines.addAll(faults.lines());
  }

  private static void section(String title, List<String> what, List<String> lines) {
    if (!what.isEmpty()) {
      lines.add("");
      lines.add(title + ":");
      what.forEach(line -> lines.add("  " + line));
    }
  }

  private static void goals(DrillReport report, DrillTrend trend, List<String> lines) {
    DrillReport.Goals goals = report.goals();
    lines.add(
        report
            .estimate()
            .map(all ->
                "RTO estimated from a sample: about " + measured(Optional.of(all), goals.rtoGoal()))
            .orElseGet(
                () -> "RTO " + measured(goals.rto(), goals.rtoGoal()) + before(trend.whole())));
    lines.add("RPO " + measured(goals.rpo(), goals.rpoGoal()));
  }

  private static String before(List<Duration> earlier) {
    return earlier.isEmpty()
        ? ""
        : earlier.stream().map(Units::duration).collect(Collectors.joining(", ", "; before: ", ""));
  }

  private static String measured(Optional<Duration> measured, Optional<Duration> goal) {
    return measured.map(Units::duration).orElse("not measured")
        + goal.map(limit -> ", goal " + Units.duration(limit)).orElse("");
  }

  private static String shorten(String text) {
    String line = text.replace('\n', ' ');
    return line.length() <= WIDTH ? line : line.substring(0, WIDTH - 1) + "…";
  }
}
