package dev.lifeboat.verify.evidence;

import dev.lifeboat.verify.drill.DrillReport;
import dev.lifeboat.verify.drill.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The page of a drill. */
final class DrillPage {
  private final DrillReport report;
  private final Html html;

  private DrillPage(DrillReport report) {
    this.report = report;
    this.html = Pages.begin("Drill %s: %s".formatted(report.name(), word(report.verdict())));
  }

  /**
   * Renders.
   *
   * @param before drills of the same name and scenario, oldest first
   */
  static EvidenceFile.Page of(
      Evidence evidence, DrillReport report, List<DrillReport> before, String writer, String key) {
    DrillPage page = new DrillPage(report);
    page.head();
    page.copies();
    page.times(before);
    page.checks();
    page.selfTest();
    page.circumstances();
    Controls.write(page.html);
    return Pages.end(page.html, evidence, writer, key);
  }

  static String word(Verdict verdict) {
    return switch (verdict) {
      case PASS -> "PASS";
      case FAIL -> "FAIL";
      case NOT_RUN -> "NOT RUN";
    };
  }

  private static String kind(Verdict verdict) {
    return switch (verdict) {
      case PASS -> "good";
      case FAIL -> "bad";
      case NOT_RUN -> "none";
    };
  }

  static String goal(Optional<Duration> measured, Optional<Duration> goal) {
    if (goal.isEmpty()) {
      return "no goal";
    }
    String words = "goal " + Charts.words(goal.get());
    return measured.isEmpty()
        ? words + ", not reached"
        : words + (measured.get().compareTo(goal.get()) <= 0 ? ", met" : ", MISSED");
  }

  private static String measured(Optional<Duration> time) {
    return time.map(Charts::words).orElse("not measured");
  }

  private void head() {
    html.raw("<header><p class=\"soft\">Disaster-recovery drill</p><h1>").text(report.name());
    html.raw(" ").badge(kind(report.verdict()), word(report.verdict())).raw("</h1><p>");
    html.text(report.scenario().name() + ": " + report.scenario().description());
    html.raw("</p></header>\n<div class=\"tiles\">");
    DrillReport.Goals goals = report.goals();
    Optional<Duration> estimate = report.estimate();
    if (estimate.isPresent()) {
      Pages.tile(
          html,
          "about " + Charts.words(estimate.get()),
          "recovery time (RTO), estimated from a sample, " + goal(estimate, goals.rtoGoal()));
    } else {
      Pages.tile(
          html,
          measured(goals.rto()),
          "recovery time (RTO), " + goal(goals.rto(), goals.rtoGoal()));
    }
    Pages.tile(
        html, measured(goals.rpo()), "data lost (RPO), " + goal(goals.rpo(), goals.rpoGoal()));
    long checks = report.datasets().stream().mapToLong(d -> d.checks().size()).sum();
    long passed =
        report.datasets().stream()
            .flatMap(d -> d.checks().stream())
            .filter(DrillReport.Check::passed)
            .count();
    long things =
        report.datasets().stream()
            .flatMap(d -> d.checks().stream())
            .mapToLong(DrillReport.Check::count)
            .sum();
    Pages.tile(
        html,
        "%d of %d".formatted(passed, checks),
        "checks passed, over %s things".formatted(Pages.count(things)));
    Pages.tile(
        html,
        Pages.bytes(report.datasets().stream().mapToLong(DrillReport.Dataset::bytes).sum()),
        "brought back, %s objects"
            .formatted(
                Pages.count(
                    report.datasets().stream().mapToLong(DrillReport.Dataset::objects).sum())));
    html.raw("</div>\n").section("Why " + word(report.verdict()));
    html.list(report.reasons(), "No reason was given.");
    html.section("What this does not prove");
    html.list(report.notProven(), "The drill names nothing.");
    html.section("Deviations and manual steps");
    html.list(report.deviations(), "None.");
  }

  private void copies() {
    html.section("What was brought back, and which copy");
    for (DrillReport.Dataset dataset : report.datasets()) {
      html.raw("<h3>").text("%s (%s) ".formatted(dataset.id(), dataset.kind()));
      html.badge(kind(dataset.verdict()), word(dataset.verdict())).raw("</h3>\n<dl>");
      dataset.failure().ifPresent(why -> Pages.pair(html, "Failed", why));
      dataset
          .copy()
          .ifPresent(copy -> {
            Pages.pair(
                html,
                "Snapshot",
                "%s of %s%s"
                    .formatted(
                        copy.snapshot(),
                        Pages.time(copy.time()),
                        copy.complete() ? "" : ", PARTIAL"));
            Pages.pair(html, "Why this one", copy.why());
            Pages.pair(html, "Manifest SHA-256", copy.manifest());
            Pages.pair(html, "Held by", String.join(", ", copy.heldBy()));
            Pages.pair(
                html,
                "Opened with",
                "key generation %d, by recipient %s"
                    .formatted(copy.keyGeneration(), copy.recipient()));
          });
      Pages.pair(html, "Target", dataset.target());
      Pages.pair(
          html,
          "Brought back",
          "%s in %s objects"
              .formatted(Pages.bytes(dataset.bytes()), Pages.count(dataset.objects())));
      Pages.pair(
          html, "RTO, RPO", "%s, %s".formatted(measured(dataset.rto()), measured(dataset.rpo())));
      dataset
          .estimate()
          .ifPresent(all -> Pages.pair(html, "Estimate for all of it", Charts.words(all)));
      html.raw("</dl>\n");
      if (!dataset.regions().isEmpty()) {
        html.table(
            List.of("Read from region", ">Reads", ">Bytes", ">Failures"),
            dataset.regions().stream()
                .map(region ->
                    List.of(
                        region.region(),
                        Pages.count(region.reads()),
                        Pages.bytes(region.bytes()),
                        Pages.count(region.failures())))
                .toList());
      }
    }
    if (report.datasets().isEmpty()) {
      html.el("p", "Nothing.");
    }
  }

  private void times(List<DrillReport> before) {
    html.section("Where the time went");
    List<DrillReport.Stage> stages = new ArrayList<>(report.stages());
    for (DrillReport.Dataset dataset : report.datasets()) {
      for (DrillReport.Stage stage : dataset.stages()) {
        stages.add(
            report.datasets().size() == 1
                ? stage
                : new DrillReport.Stage(
                    dataset.dataset() + " " + stage.name(),
                    stage.began(),
                    stage.took(),
                    stage.overlaps()));
      }
    }
    Charts.timeline(html, stages);
    html.raw("<p class=\"soft\">")
        .text("Pale bars ran beside the stage before them.")
        .raw("</p>\n");
    html.section("Trend");
    List<DrillReport> all = new ArrayList<>(before);
    all.add(report);
    List<Charts.Point> rto = new ArrayList<>();
    List<Charts.Point> rpo = new ArrayList<>();
    for (DrillReport each : all) {
      boolean passed = each.verdict() == Verdict.PASS;
      DrillReport.Goals goals = each.goals();
      goals
          .rto()
          .ifPresent(
              time -> rto.add(new Charts.Point(each.started(), time, goals.rtoGoal(), passed)));
      goals
          .rpo()
          .ifPresent(
              time -> rpo.add(new Charts.Point(each.started(), time, goals.rpoGoal(), passed)));
    }
    Charts.trend(html, "Recovery time of this drill (RTO)", rto);
    Charts.trend(html, "Data lost (RPO)", rpo);
    html.raw("<p class=\"soft\">")
        .text("Dashed: the goal at the time. Red: the drill did not pass.")
        .raw("</p>\n");
  }

  private void checks() {
    html.section("Checks");
    Pages.checks(html, report, "Nothing was checked, so nothing is proven.");
  }

  private void selfTest() {
    html.section("Would it have noticed?");
    if (report.selfTest().isEmpty()) {
      html.el(
          "p",
          report
              .proof()
              .map(proof ->
                  "No faults were seeded in this run. All that drill %s of %s seeded were found; scenario, datasets, checks and programs were the same."
                      .formatted(proof.drill(), Pages.time(proof.time())))
              .orElse("Nobody knows: no faults were seeded."));
      return;
    }
    DrillReport.SelfTest test = report.selfTest().get();
    html.el(
        "p",
        test.passed()
            ? "Every fault that was seeded into a copy was found."
            : "Not every fault that was seeded into a copy was found.");
    html.table(
        List.of("Fault", "Dataset", "Seeded", "Expected", "Found", "Result"),
        test.faults().stream()
            .map(fault ->
                List.of(
                    fault.name(),
                    fault.dataset(),
                    fault.seeded(),
                    fault.expected(),
                    fault.found(),
                    !fault.possible() ? "not seeded" : fault.detected() ? "found" : "MISSED"))
            .toList());
  }

  private void circumstances() {
    html.section("Circumstances").raw("<dl>");
    Pages.pair(html, "Began", Pages.time(report.started()));
    Pages.pair(html, "Ended", Pages.time(report.ended()));
    Pages.pair(html, "Disaster supposed at", Pages.time(report.goals().failureTime()));
    Pages.pair(html, "Started by", "%s on %s".formatted(report.startedBy(), report.host()));
    Pages.pair(html, "Command", report.command());
    Pages.pair(html, "Regions in use", String.join(", ", report.scenario().usableRegions()));
    Pages.pair(
        html,
        "Regions lost",
        report.scenario().lostRegions().isEmpty()
            ? "none"
            : String.join(", ", report.scenario().lostRegions()));
    report.isolation().forEach((what, how) -> Pages.pair(html, "Fence: " + what, how));
    report.tools().forEach((tool, version) -> Pages.pair(html, tool, version));
    html.raw("</dl>\n");
  }
}
