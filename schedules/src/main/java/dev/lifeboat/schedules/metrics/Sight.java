package dev.lifeboat.schedules.metrics;

import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.schedules.alert.AlertQueue;
import dev.lifeboat.schedules.run.Run;
import dev.lifeboat.schedules.watch.Concern;
import dev.lifeboat.schedules.watch.Observation;
import dev.lifeboat.verify.drill.DrillReport;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Everything that metrics are made of, as it was at one moment.
 *
 * @param took to collect it
 * @param concerns that the watch has of the observation
 * @param locks until when snapshots are locked, where regions lock
 * @param drills all that there is evidence of, oldest first
 * @param night the last one of this host
 * @param runs of the service, in no order
 * @param uncopied records of the audit trail that are not in the vault yet
 * @param alerts that this host has to tell; empty if its configuration has none
 */
public record Sight(
    Observation observation,
    Duration took,
    List<Concern> concerns,
    List<Lock> locks,
    List<DrillReport> drills,
    Optional<NightReport> night,
    List<Run> runs,
    long uncopied,
    Optional<AlertQueue.Waiting> alerts) {
  public Sight {
    concerns = List.copyOf(concerns);
    locks = List.copyOf(locks);
    drills = List.copyOf(drills);
    runs = List.copyOf(runs);
  }

  /** The newest complete snapshot of a dataset in a region, and until when it is locked. */
  public record Lock(String tenant, String dataset, String region, Instant until) {}
}
