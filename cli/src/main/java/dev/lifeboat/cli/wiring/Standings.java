package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.config.Configuration;
import dev.lifeboat.cli.config.DatasetSection;
import dev.lifeboat.jobs.NightWork;
import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.schedules.alert.Standing;
import dev.lifeboat.schedules.watch.Observation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is known of the datasets of a configuration. */
final class Standings {
  private Standings() {}

  /** Nothing but what must be. */
  static List<Standing> unknown(Configuration configuration) {
    return configuration.datasets().stream()
        .map(dataset ->
            new Standing(dataset.id(), Optional.empty(), Optional.of(rpo(configuration, dataset))))
        .toList();
  }

  private static Duration rpo(Configuration configuration, DatasetSection dataset) {
    return dataset.rpo().orElse(configuration.watch().rpo());
  }

  /** As a watch sees them. */
  static List<Standing> of(Observation seen) {
    Map<String, Optional<Instant>> newest = new LinkedHashMap<>();
    for (NightWork.Standing standing : seen.survey().standings()) {
      newest.put(standing.dataset(), standing.newestComplete());
    }
    return seen.goals().stream()
        .map(goal ->
            new Standing(goal.id(), newest.getOrDefault(goal.id(), Optional.empty()), goal.rpo()))
        .toList();
  }

  /**
   * As a night leaves them; of datasets of which no region that answers says anything, nothing is
   * told.
   */
  static List<Standing> of(NightReport report, Configuration configuration) {
    int quorum = configuration.vault().effectiveQuorum();
    List<Standing> standings = new ArrayList<>();
    for (DatasetSection dataset : configuration.datasets()) {
      List<NightReport.Copy> copies =
          report.regions().stream()
              .flatMap(region -> region.datasets().stream())
              .filter(copy -> copy.dataset().equals(dataset.id()))
              .toList();
      if (!copies.isEmpty()) {
        // A quorum has the newest but so many, or something newer.
        Optional<Instant> durable =
            copies.stream()
                .flatMap(copy -> copy.newestComplete().stream())
                .sorted(Comparator.reverseOrder())
                .skip(quorum - 1L)
                .findFirst();
        standings.add(
            new Standing(dataset.id(), durable, Optional.of(rpo(configuration, dataset))));
      }
    }
    return standings;
  }
}
