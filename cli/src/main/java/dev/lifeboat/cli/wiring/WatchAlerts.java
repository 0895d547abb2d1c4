package dev.lifeboat.cli.wiring;

import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.schedules.alert.Alert;
import dev.lifeboat.schedules.alert.AlertQueue;
import dev.lifeboat.schedules.alert.Alerts;
import dev.lifeboat.schedules.alert.Standing;
import dev.lifeboat.schedules.watch.Concern;
import dev.lifeboat.schedules.watch.Observation;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What somebody is told of what the watch sees. */
public final class WatchAlerts {
  private WatchAlerts() {}

  /** Raises what there is, and resolves what is over. */
  public static void tell(Alerts alerts, Observation seen, List<Concern> concerns) {
    List<Standing> standings = Standings.of(seen);
    Set<String> silent = new TreeSet<>();
    for (NightReport.RegionState region : seen.survey().regions()) {
      if (!region.reachable()) {
        silent.add(region.name());
      }
    }
    if (silent.isEmpty()) {
      alerts.know(standings);
    }
    alerts.settle(
        concerns.stream().map(concern -> alert(concern, standings)).toList(),
        AlertQueue.Origin.WATCH,
        alert -> isOfSilent(alert, silent));
  }

  /** What is in a region that does not answer is neither mended nor not. */
  private static boolean isOfSilent(Alert alert, Set<String> silent) {
    if (silent.isEmpty()) {
      return false;
    }
    return switch (kind(alert)) {
      case COPY_LATE ->
          silent.stream().anyMatch(region -> alert.subject().endsWith(" in " + region));
      case CERTIFICATE_EXPIRES -> silent.contains(alert.subject().replaceFirst("^region ", ""));
      case COVERAGE_OVERDUE, CLOCK_SKEW -> silent.contains(alert.subject());
      // Of which region they were it does not say; and the evidence may be there too.
      case DAMAGE, EVIDENCE_BROKEN, AUDIT_BROKEN, AUDIT_LATE, UNPROTECTED, DRILL_LATE -> true;
      case NO_SNAPSHOT, SNAPSHOT_LATE, REGION_SILENT, DISK_FULL -> false;
    };
  }

  private static Concern.Kind kind(Alert alert) {
    for (Concern.Kind kind : Concern.Kind.values()) {
      if (kind.text().equals(alert.kind())) {
        return kind;
      }
    }
    throw new IllegalArgumentException("%s is no kind of concern".formatted(alert.kind()));
  }

  /**
   * Words that come from regions, and names of objects, are details; numbers, and names of datasets
   * and regions, are not.
   */
  static Alert alert(Concern concern, List<Standing> standings) {
    List<Standing> about =
        standings.stream()
            .filter(standing ->
                concern.subject().equals(standing.dataset())
                    || concern.subject().startsWith(standing.dataset() + " in "))
            .toList();
    boolean plain =
        switch (concern.kind()) {
          case NO_SNAPSHOT,
              SNAPSHOT_LATE,
              COPY_LATE,
              COVERAGE_OVERDUE,
              DRILL_LATE,
              AUDIT_LATE,
              CLOCK_SKEW,
              CERTIFICATE_EXPIRES,
              DISK_FULL ->
              true;
          // Of an object that cannot be read, the subject is its name and the rest its error.
          case UNPROTECTED ->
              concern.subject().equals("vault") || concern.subject().startsWith("tenant ");
          case REGION_SILENT, DAMAGE, EVIDENCE_BROKEN, AUDIT_BROKEN -> false;
        };
    String what =
        switch (concern.kind()) {
          case NO_SNAPSHOT,
              SNAPSHOT_LATE,
              COPY_LATE,
              COVERAGE_OVERDUE,
              DRILL_LATE,
              AUDIT_LATE,
              CLOCK_SKEW,
              CERTIFICATE_EXPIRES,
              DISK_FULL ->
              concern.what();
          case REGION_SILENT -> "it does not answer";
          case DAMAGE -> "objects in the regions are missing, wrong, forged or suspicious";
          case EVIDENCE_BROKEN -> "the chain of evidence is broken, or a piece cannot be read";
          case AUDIT_BROKEN ->
              "copies of an audit trail are missing, changed or forged, or cannot be read";
          case UNPROTECTED ->
              plain ? concern.what() : "it cannot be read, and what hangs on it is not protected";
        };
    return new Alert(
        concern.key(),
        concern.kind().text(),
        concern.severity(),
        concern.subject(),
        concern.since(),
        what,
        concern.atRisk(),
        about,
        concern.remedy(),
        plain ? List.of() : List.of(concern.what()));
  }
}
