package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.config.DatasetSection;
import dev.lifeboat.jobs.NightJob;
import dev.lifeboat.jobs.NightReports;
import dev.lifeboat.schedules.alert.AlertQueue;
import dev.lifeboat.schedules.metrics.Sight;
import dev.lifeboat.schedules.run.Run;
import dev.lifeboat.schedules.run.RunBook;
import dev.lifeboat.schedules.watch.Watch;
import dev.lifeboat.vault.engine.SnapshotListing;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.verify.audit.AuditCopies;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Collects what metrics are made of: what the watch sees, and what this host has on record. */
public final class Sights {
  private final Workspace workspace;

  public Sights(Workspace workspace) {
    this.workspace = workspace;
  }

  /**
   * Looks once at everything.
   *
   * @throws dev.lifeboat.vault.VaultException.Unreachable if no region can be asked
   */
  public Sight look() throws IOException, InterruptedException {
    Instant began = workspace.environment().clock().instant();
    Watches.Seen seen = new Watches(workspace).see();
    return new Sight(
        seen.observation(),
        Duration.between(began, workspace.environment().clock().instant()),
        new Watch(workspace.configuration().watch().rules()).look(seen.observation()),
        locks(),
        seen.evidence().entries().stream()
            .flatMap(entry -> entry.evidence().drill().stream())
            .toList(),
        new NightReports(workspace.home()).latest(NightJob.NIGHTLY),
        runs(),
        workspace.configuration().audit().copy()
            ? AuditCopies.waiting(AuditTrails.local(workspace))
            : 0,
        workspace
            .configuration()
            .alerts()
            .map(section ->
                workspace
                    .sharedStores()
                    .map(stores -> new AlertQueue(stores, section.rules()))
                    .orElseGet(
                        () -> new AlertQueue(workspace.home().resolve("state"), section.rules()))
                    .waiting()));
  }

  /** As they stand: a run whose process is gone does not run. */
  private List<Run> runs() {
    RunBook book = workspace.runs();
    return book.list().stream()
        .map(run ->
            run.state() == Run.State.RUNNING && book.isCutShort(run)
                ? run.with(Run.State.INTERRUPTED, run.ended(), run.exitCode(), run.what())
                : run)
        .toList();
  }

  /** Asks only regions that lock, of one object for each dataset. */
  private List<Sight.Lock> locks() throws IOException {
    List<Region> locking =
        workspace.vault().regions().regions().stream()
            .filter(region -> region.lock().isPresent())
            .toList();
    List<Sight.Lock> locks = new ArrayList<>();
    if (locking.isEmpty()) {
      return locks;
    }
    for (DatasetSection dataset : workspace.configuration().datasets()) {
      List<TenantWriteKeys> keys = workspace.keystore().generations(dataset.tenant());
      if (keys.isEmpty()) {
        continue;
      }
      SnapshotListing listing = workspace.vault().list(keys, dataset.name());
      for (Region region : locking) {
        Optional<SnapshotRecord> newest =
            listing.snapshots().stream()
                .filter(record ->
                    record.header().complete() && record.regions().contains(region.name()))
                .max(Comparator.comparing(record -> record.header().time()));
        try {
          Optional<Instant> until =
              newest.isEmpty() ? Optional.empty() : region.lockedUntil(newest.get().key());
          until.ifPresent(time ->
              locks.add(
                  new Sight.Lock(
                      dataset.tenant().value(),
                      dataset.name().value(),
                      region.name().value(),
                      time)));
        } catch (RegionException e) {
          // That it does not answer is told of the region.
        }
      }
    }
    return locks;
  }
}
