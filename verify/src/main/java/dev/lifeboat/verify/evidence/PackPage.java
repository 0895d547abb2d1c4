package dev.lifeboat.verify.evidence;

import dev.lifeboat.verify.Coverage;
import dev.lifeboat.verify.drill.DrillReport;
import dev.lifeboat.verify.drill.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;

/** The page of a pack. */
final class PackPage {
  private final EvidencePack pack;
  private final Html html;

  private PackPage(EvidencePack pack) {
    this.pack = pack;
    this.html = Pages.begin("Recovery evidence " + pack.period());
  }

  static EvidenceFile.Page of(Evidence evidence, EvidencePack pack, String writer, String key) {
    PackPage page = new PackPage(pack);
    page.head(evidence);
    page.drills();
    page.trends();
    page.details();
    page.coverage();
    page.notes();
    Controls.write(page.html);
    return Pages.end(page.html, evidence, writer, key);
  }

  private void head(Evidence evidence) {
    html.raw("<header><p class=\"soft\">Evidence of backup and recovery</p><h1>")
        .text(pack.period());
    html.raw("</h1><p>");
    html.text(
        "%s to %s. Made %s by %s."
            .formatted(
                Pages.time(pack.from()),
                Pages.time(pack.to()),
                Pages.time(evidence.created()),
                evidence.program()));
    html.raw("</p></header>\n<div class=\"tiles\">");
    Pages.tile(
        html,
        "%d of %d".formatted(pack.count(Verdict.PASS), pack.drills().size()),
        "drills passed; %d failed, %d did not run"
            .formatted(pack.count(Verdict.FAIL), pack.count(Verdict.NOT_RUN)));
    Pages.tile(
        html,
        "%d of %d".formatted(present(pack.datasets()), pack.datasets().size()),
        "datasets came back in a drill that passed");
    Pages.tile(
        html,
        pack.longest().map(Charts::words).orElse("not measured"),
        "longest recovery of a drill that passed");
    Pages.tile(
        html,
        "%d of %d"
            .formatted(
                pack.coverage().stream().filter(Coverage::kept).count(), pack.regions().size()),
        "regions read in time");
    html.raw("</div>\n").section("What was not proven");
    html.list(pack.notProven(), "Nothing is known that was not.");
    if (!pack.problems().isEmpty()) {
      html.section("Problems with the evidence itself");
      html.list(pack.problems(), "");
    }
  }

  private static long present(SortedMap<String, Optional<Instant>> times) {
    return times.values().stream().filter(Optional::isPresent).count();
  }

  private void drills() {
    html.section("Drills");
    if (pack.drills().isEmpty()) {
      html.el("p", "None.");
    } else {
      html.table(
          List.of("When", "Drill", "Scenario", "Datasets", "RTO", "RPO", "Checks", "By", "Verdict"),
          pack.drills().stream()
              .map(drill -> {
                DrillReport report = drill.report();
                return List.of(
                    Pages.time(report.started()),
                    report.name(),
                    report.scenario().name(),
                    String.join(
                        ", ", report.datasets().stream().map(DrillReport.Dataset::id).toList()),
                    times(report.goals().rto(), report.goals().rtoGoal()),
                    times(report.goals().rpo(), report.goals().rpoGoal()),
                    checks(report),
                    report.startedBy(),
                    DrillPage.word(report.verdict()));
              })
              .toList());
    }
    html.raw("<h3>Datasets</h3>\n");
    html.table(List.of("Dataset", "Came back", ""), lines(pack.datasets()));
    html.raw("<h3>Regions that drills read from</h3>\n");
    html.table(List.of("Region", "Read", ""), lines(pack.regions()));
  }

  private static String times(Optional<Duration> measured, Optional<Duration> goal) {
    return measured.map(Charts::words).orElse("-")
        + goal.map(time -> " of " + Charts.words(time)).orElse("");
  }

  private static String checks(DrillReport report) {
    List<DrillReport.Check> all =
        report.datasets().stream().flatMap(dataset -> dataset.checks().stream()).toList();
    return "%d of %d".formatted(all.stream().filter(DrillReport.Check::passed).count(), all.size());
  }

  private static List<List<String>> lines(SortedMap<String, Optional<Instant>> times) {
    List<List<String>> lines = new ArrayList<>();
    times.forEach((name, time) ->
        lines.add(
            List.of(
                name,
                time.map(Pages::time).orElse("never"),
                time.isPresent() ? "PASS" : "NOT TESTED")));
    return lines;
  }

  private void trends() {
    html.section("Recovery times");
    List<Charts.Point> rto = new ArrayList<>();
    for (EvidencePack.Drill drill : pack.drills()) {
      DrillReport report = drill.report();
      report
          .goals()
          .rto()
          .ifPresent(time ->
              rto.add(
                  new Charts.Point(
                      report.started(),
                      time,
                      report.goals().rtoGoal(),
                      report.verdict() == Verdict.PASS)));
    }
    Charts.trend(html, "All drills of the period, of any scenario", rto);
  }

  private void details() {
    html.section("Each drill: copy, fences, checks");
    for (EvidencePack.Drill drill : pack.drills()) {
      DrillReport report = drill.report();
      html.raw("<h3>").text("%s, %s ".formatted(report.name(), Pages.time(report.started())));
      html.raw("</h3>\n<dl>");
      Pages.pair(html, "Evidence", "%s, SHA-256 %s".formatted(drill.id(), drill.sha256()));
      Pages.pair(
          html, "Verdict", DrillPage.word(report.verdict()) + ": " + joined(report.reasons()));
      Pages.pair(
          html,
          "Started by",
          "%s on %s: %s".formatted(report.startedBy(), report.host(), report.command()));
      Pages.pair(html, "Versions", report.tools().toString().replaceAll("[{}]", ""));
      Pages.pair(html, "Isolation", report.isolation().toString().replaceAll("[{}]", ""));
      Pages.pair(html, "Deviations", joined(report.deviations()));
      for (DrillReport.Dataset dataset : report.datasets()) {
        Pages.pair(
            html,
            dataset.id(),
            dataset
                .copy()
                .map(copy ->
                    "snapshot %s of %s (%s), manifest %s"
                        .formatted(
                            copy.snapshot(), Pages.time(copy.time()), copy.why(), copy.manifest()))
                .orElse("no copy could be chosen"));
      }
      html.raw("</dl>\n");
      Pages.checks(html, report, "Nothing was checked.");
    }
    if (pack.drills().isEmpty()) {
      html.el("p", "None.");
    }
  }

  private static String joined(List<String> words) {
    return words.isEmpty() ? "none" : String.join("; ", words);
  }

  private void coverage() {
    html.section("How much of the stored bytes was read, when this was made");
    List<List<String>> rows = new ArrayList<>();
    for (Coverage region : pack.coverage()) {
      rows.add(row(region, "bytes against names and signatures", region.ciphertext(), true));
      rows.add(row(region, "contents against chunk ids", region.deep(), false));
    }
    if (rows.isEmpty()) {
      html.el("p", "Not known.");
      return;
    }
    html.table(
        List.of(
            "Region",
            "Compared",
            ">Objects",
            ">Bytes",
            ">Proven in time",
            ">Overdue",
            "Oldest",
            "Promise"),
        rows);
  }

  private static List<String> row(
      Coverage region, String depth, Coverage.Share share, boolean promised) {
    return List.of(
        region.region().value(),
        depth,
        Pages.count(share.objects().objects()),
        Pages.bytes(share.objects().bytes()),
        String.format(Locale.ROOT, "%.1f %%", Math.floor(1000 * share.provenShare()) / 10),
        Pages.bytes(share.overdue().bytes()),
        share
            .oldest()
            .map(oldest ->
                (oldest.proven() ? "proven " : "never, stored ") + Pages.time(oldest.since()))
            .orElse(""),
        promised ? (region.kept() ? "kept" : "BROKEN") : "none");
  }

  private void notes() {
    html.section("Findings and what became of them");
    if (pack.followUps().isEmpty()) {
      html.el("p", "None.");
    } else {
      html.table(
          List.of("Note", "On", "What", "Owner", "Due", "Retest", "State"),
          pack.followUps().stream()
              .map(note ->
                  List.of(
                      note.id(),
                      note.on(),
                      note.text(),
                      note.owner(),
                      note.due().map(Object::toString).orElse(""),
                      note.retest().orElse(""),
                      note.state().word()))
              .toList());
    }
    if (!pack.remarks().isEmpty()) {
      html.raw("<h3>Remarks</h3>\n");
      html.table(
          List.of("Note", "On", "What", "By"),
          pack.remarks().stream()
              .map(note -> List.of(note.id(), note.on(), note.text(), note.by()))
              .toList());
    }
  }
}
