package dev.lifeboat.jobs.report;

import dev.lifeboat.jobs.report.NightReport.Copy;
import dev.lifeboat.jobs.report.NightReport.Counts;
import dev.lifeboat.jobs.report.NightReport.Dataset;
import dev.lifeboat.jobs.report.NightReport.RegionState;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.regex.Matcher;

/**
 * A report for people, in aligned columns.
 *
 * <p>Colour only marks what the words say anyway, and only if asked for.
 */
public final class NightReportText {
  private static final String RED = "\u001b[31m";
  private static final String YELLOW = "\u001b[33m";
  private static final String GREEN = "\u001b[32m";
  private static final String HEADING = "NOT PROTECTED";
  private static final String PLAIN = "\u001b[0m";

  private final NightReport report;
  private final boolean colours;
  private final StringBuilder out = new StringBuilder();

  private NightReportText(NightReport report, boolean colours) {
    this.report = report;
    this.colours = colours;
  }

  /**
   * Renders a report.
   *
   * @param colours whether the output is a terminal
   */
  public static String render(NightReport report, boolean colours) {
    return new NightReportText(report, colours).render();
  }

  private String render() {
    line(
        "%s %s: %s in %s%s",
        report.job(),
        report.night(),
        report.outcome().name(),
        Units.duration(report.duration()),
        report.runs() > 1 ? " (run %d of this night)".formatted(report.runs()) : "");
    datasets();
    regions();
    parts();
    unprotected();
    return colours ? colour(out.toString()) : out.toString();
  }

  private void datasets() {
    if (report.datasets().isEmpty()) {
      return;
    }
    TextTable table =
        new TextTable("DATASET", "STATE", ">NEW", ">CHANGED", ">UNCHANGED", ">READ", ">ADDED")
            .columns(">RATIO", ">TIME", "REGIONS", "SEALED");
    for (Dataset dataset : report.datasets()) {
      Counts counts = dataset.counts();
      if (dataset.snapshot().isEmpty()) {
        table
            .row(dataset.id(), state(dataset), "-", "-", "-", "-", "-", "-")
            .more(Units.duration(dataset.duration()), "none", "-");
        continue;
      }
      table
          .row(
              dataset.id(),
              state(dataset),
              Long.toString(counts.newFiles()),
              Long.toString(counts.changedFiles()),
              Long.toString(counts.unchangedFiles()),
              Units.bytes(counts.bytesRead()),
              Units.bytes(counts.bytesAdded()))
          .more(
              dataset.ratio().map(ratio -> String.format(Locale.ROOT, "%.1f", ratio)).orElse("-"),
              Units.duration(dataset.duration()),
              dataset.regions().isEmpty() ? "none" : String.join(",", dataset.regions()),
              sealed(dataset));
    }
    NightReport.Totals totals = report.totals();
    table
        .row(
            "total",
            "%d of %d".formatted(totals.complete(), totals.datasets()),
            Long.toString(totals.counts().newFiles()),
            Long.toString(totals.counts().changedFiles()),
            Long.toString(totals.counts().unchangedFiles()),
            Units.bytes(totals.counts().bytesRead()),
            Units.bytes(totals.counts().bytesAdded()))
        .more("", "", "", "");
    blank();
    table.lines().forEach(row -> line("%s", row));
    report.datasets().forEach(this::problems);
  }

  private void problems(Dataset dataset) {
    dataset.error().ifPresent(error -> line("  %s: %s", dataset.id(), error));
    dataset.problems().forEach(problem -> line("  %s: %s", dataset.id(), problem));
    long unsaid = dataset.counts().problems() - dataset.problems().size();
    if (unsaid > 0) {
      line("  %s: and %d more", dataset.id(), unsaid);
    }
    reasons(dataset.missing()).forEach(reason -> line("  %s: not in %s", dataset.id(), reason));
  }

  private void regions() {
    if (report.regions().isEmpty()) {
      return;
    }
    TextTable table =
        new TextTable("REGION", "STATE", ">LAGS", ">BY", ">LACKS", ">OBJECTS", ">BYTES", "LOCK");
    for (RegionState region : report.regions()) {
      if (region.reachable()) {
        table.row(
            region.name(),
            "ok",
            Long.toString(region.lagging()),
            region.lagging() == 0 ? "-" : Units.duration(region.lag()),
            region.lagging() == 0 ? "-" : Units.bytes(region.laggingBytes()),
            Long.toString(region.objects()),
            Units.bytes(region.bytes()),
            region.lock().orElse("none"));
      } else {
        table.row(region.name(), "unreachable", "-", "-", "-", "-", "-", "-");
      }
    }
    blank();
    table.lines().forEach(row -> line("%s", row));
    for (RegionState region : report.regions()) {
      for (Copy copy : region.datasets()) {
        if (copy.lagging() > 0 || copy.late()) {
          line(
              "  %s in %s: newest complete snapshot %s%s",
              copy.dataset(),
              region.name(),
              copy.age().map(age -> Units.duration(age) + " old").orElse("none"),
              copy.lagging() == 0
                  ? ""
                  : ", %s and %s behind"
                      .formatted(
                          Units.count(copy.lagging(), "snapshot"),
                          Units.bytes(copy.laggingBytes())));
        }
      }
    }
  }

  private void parts() {
    blank();
    report
        .replication()
        .ifPresent(part -> {
          line(
              "replicate   %s, %s; %s brought up",
              Units.count(part.objects(), "object"),
              Units.bytes(part.bytes()),
              Units.count(part.snapshots(), "snapshot"));
          reasons(part.failed()).forEach(reason -> line("  %s", reason));
        });
    report
        .verification()
        .ifPresent(part -> {
          line(
              "verify      %s",
              part.ran()
                  ? "%s; looked at %s"
                      .formatted(Units.count(part.findings().size(), "finding"), counts(part))
                  : "NOT RUN");
          part.findings().forEach(finding -> line("  %s", finding));
        });
    report
        .retention()
        .ifPresent(part -> {
          line("retention   %d kept, %d forgotten", part.kept(), part.forgotten());
          reasons(part.failed()).forEach(reason -> line("  %s", reason));
        });
    report
        .reclamation()
        .ifPresent(part -> {
          line(
              "reclaim     %d marked, %d deleted, %s freed",
              part.marked(), part.deleted(), Units.bytes(part.bytes()));
          part.notes().forEach(note -> line("  %s", note));
          reasons(part.failed()).forEach(reason -> line("  %s", reason));
        });
    report.errors().forEach(error -> line("%-11s failed: %s", error.part(), error.error()));
  }

  private void unprotected() {
    blank();
    if (report.unprotected().isEmpty()) {
      line("Nothing is known to be unprotected.");
      return;
    }
    line(HEADING);
    TextTable table = new TextTable();
    report.unprotected().forEach(each -> table.row("  " + each.subject(), each.reason()));
    table.lines().forEach(row -> line("%s", row));
  }

  private static String state(Dataset dataset) {
    String word = dataset.state().name().toLowerCase(Locale.ROOT);
    return dataset.snapshot().isPresent() && !dataset.durable() ? word + "*" : word;
  }

  private static String sealed(Dataset dataset) {
    return dataset.limits() == 0
        ? "%d facts".formatted(dataset.expectations())
        : "%d facts, %d left out".formatted(dataset.expectations(), dataset.limits());
  }

  private static String counts(NightReport.Verification part) {
    List<String> words = new ArrayList<>();
    part.counts()
        .forEach((name, count) ->
            words.add(
                name.startsWith("bytes ")
                    ? Units.bytes(count) + name.substring("bytes".length())
                    : count + " " + name));
    return String.join(", ", words);
  }

  private static List<String> reasons(SortedMap<String, String> byRegion) {
    return byRegion.entrySet().stream().map(NightReportText::reason).toList();
  }

  private static String reason(Map.Entry<String, String> entry) {
    return entry.getKey() + ": " + entry.getValue();
  }

  private static String colour(NightOutcome outcome) {
    return switch (outcome) {
      case COMPLETE -> GREEN;
      case INCOMPLETE -> YELLOW;
      case FINDINGS, UNREACHABLE, FAILED, INTERRUPTED -> RED;
    };
  }

  /** After the text is made, so that no escape in it is anybody else's. */
  private String colour(String text) {
    String outcome = report.outcome().name();
    return text.replaceFirst(
            ": " + outcome,
            Matcher.quoteReplacement(": " + colour(report.outcome()) + outcome + PLAIN))
        .replaceFirst(
            "\n" + HEADING + "\n", Matcher.quoteReplacement("\n" + RED + HEADING + PLAIN + "\n"));
  }

  private void blank() {
    out.append('\n');
  }

  /** Control characters of whatever was named wrong must not reach a terminal. */
  private void line(String format, Object... arguments) {
    Object[] safe = new Object[arguments.length];
    for (int i = 0; i < arguments.length; i++) {
      safe[i] = arguments[i] instanceof String text ? Units.printable(text) : arguments[i];
    }
    out.append(String.format(Locale.ROOT, format, safe).stripTrailing()).append('\n');
  }
}
