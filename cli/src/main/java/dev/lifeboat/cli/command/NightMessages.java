package dev.lifeboat.cli.command;

import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.output.JsonLog.Level;
import dev.lifeboat.jobs.report.NightOutcome;
import dev.lifeboat.jobs.report.NightReport;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** How a night went, as messages for programs: for each dataset, each region, and all of it. */
final class NightMessages {
  private NightMessages() {}

  static void log(Invocation invocation, NightReport report) {
    for (NightReport.Dataset dataset : report.datasets()) {
      boolean good = dataset.state() == NightReport.State.COMPLETE && dataset.durable();
      Map<String, Object> about = new LinkedHashMap<>();
      about.put("night", report.night());
      about.put("dataset", dataset.id());
      about.put("state", dataset.state().name().toLowerCase(Locale.ROOT));
      dataset.snapshot().ifPresent(snapshot -> about.put("snapshot", snapshot));
      about.put("bytesRead", dataset.counts().bytesRead());
      about.put("bytesAdded", dataset.counts().bytesAdded());
      invocation.log(
          good ? Level.INFO : Level.ERROR,
          dataset
              .error()
              .orElseGet(() ->
                  "backed up to %s in %s"
                      .formatted(String.join(", ", dataset.regions()), dataset.duration())),
          about);
      dataset
          .missing()
          .forEach((region, why) ->
              invocation.log(
                  Level.WARNING,
                  "did not take the snapshot: " + why,
                  Map.of("night", report.night(), "dataset", dataset.id(), "region", region)));
    }
    for (NightReport.RegionState region : report.regions()) {
      boolean good = region.reachable() && region.lagging() == 0;
      invocation.log(
          good ? Level.INFO : Level.WARNING,
          region.problem().orElseGet(() -> "lacks %d snapshots".formatted(region.lagging())),
          Map.of("night", report.night(), "region", region.name()));
    }
    report
        .errors()
        .forEach(error ->
            invocation.log(
                Level.ERROR, error.error(), Map.of("night", report.night(), "part", error.part())));
    invocation.log(
        report.outcome() == NightOutcome.COMPLETE ? Level.INFO : Level.ERROR,
        "%s ended".formatted(report.job()),
        Map.of(
            "night", report.night(), "outcome", report.outcome().name().toLowerCase(Locale.ROOT)));
  }
}
