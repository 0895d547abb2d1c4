package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.HostReferences;
import dev.lifeboat.vault.engine.Repacking;
import dev.lifeboat.vault.engine.SnapshotListing;
import dev.lifeboat.vault.engine.Unreadable;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.reclaim.Forgetting;
import dev.lifeboat.vault.reclaim.Holds;
import dev.lifeboat.vault.reclaim.IndexReferences;
import dev.lifeboat.vault.reclaim.Lease;
import dev.lifeboat.vault.reclaim.LockUpkeep;
import dev.lifeboat.vault.reclaim.Reclaimer;
import dev.lifeboat.vault.reclaim.Reclamation;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.Retention;
import dev.lifeboat.vault.reclaim.RetentionPolicy;
import dev.lifeboat.vault.reclaim.UpkeepCache;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.replicate.ReplicationProgress;
import dev.lifeboat.vault.replicate.ReplicationResult;
import dev.lifeboat.vault.replicate.Replicator;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.snapshot.ManifestReferences;
import dev.lifeboat.vault.snapshot.SnapshotId;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.verify.SuspiciousChanges;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;

/** Upkeep of a vault's regions with a host's keys: replication, retention, reclamation. */
public final class RegionUpkeep implements NightUpkeep {
  private static final String MANIFESTS = "snapshots/";
  private static final String BEFORE_SUSPICION = "the last before a suspicious change";

  private final Vault vault;
  private final HostKeystore host;
  private final BiFunction<TenantName, DatasetName, RetentionPolicy> policies;
  private final Reclaimer.Settings settings;
  private final Optional<Repack> repack;
  private final ManifestReferences manifests;
  private final IndexReferences indexes;
  private final Digest binding;
  private final SecureRandom random;
  private final Records records;
  private final Optional<Instant> deadline;

  /**
   * How packs are repacked where somebody may read them.
   *
   * @param keys opened only when there is something to do
   */
  public record Repack(Repacking.Settings settings, ReadKeys keys) {}

  /** Opens what a tenant's packs are read with. */
  public interface ReadKeys {
    /**
     * All generations of a tenant's read keys; not closed by the caller.
     *
     * @throws VaultException.KeyUnavailable if this host may not read
     */
    List<TenantReadKeys> of(TenantName tenant) throws IOException;
  }

  /** As the other, without a deadline. */
  public RegionUpkeep(
      Vault vault,
      HostKeystore host,
      BiFunction<TenantName, DatasetName, RetentionPolicy> policies,
      Reclaimer.Settings settings,
      Optional<Repack> repack,
      SecureRandom random) {
    this(vault, host, policies, settings, repack, random, Optional.empty());
  }

  /**
   * @param vault not taken over
   * @param host not taken over; snapshots of its tenants alone are forgotten and reclaimed
   * @param policies of each dataset
   * @param repack absent where packs are left as they are
   * @param deadline when replication stops where it is
   */
  public RegionUpkeep(
      Vault vault,
      HostKeystore host,
      BiFunction<TenantName, DatasetName, RetentionPolicy> policies,
      Reclaimer.Settings settings,
      Optional<Repack> repack,
      SecureRandom random,
      Optional<Instant> deadline) {
    this.vault = vault;
    this.deadline = deadline;
    this.host = host;
    this.policies = policies;
    this.settings = settings;
    this.repack = repack;
    HostReferences references = new HostReferences(vault.document(), host);
    this.manifests = references.manifests();
    this.indexes = references.indexes();
    this.binding = references.binding();
    this.random = random;
    this.records = Records.of(host, vault.document());
  }

  @Override
  public NightReport.Replication replicate() throws InterruptedException {
    AtomicLong snapshots = new AtomicLong();
    ReplicationProgress counting =
        (_, key, _) -> {
          if (key.value().startsWith(MANIFESTS)) {
            snapshots.incrementAndGet();
          }
        };
    ReplicationResult result =
        new Replicator(
                vault.regions(),
                records,
                manifests,
                random,
                vault.cache("replication"),
                deadline.map(end -> new Replicator.Until(vault.clock(), end)))
            .run(Lease.Holder.ofThisProcess(host.writer().value(), "replicate"), counting);
    long objects = 0;
    long bytes = 0;
    SortedMap<String, String> failed = new TreeMap<>();
    for (Map.Entry<RegionName, ReplicationResult.PerRegion> entry : result.regions().entrySet()) {
      ReplicationResult.PerRegion region = entry.getValue();
      objects += region.copied();
      bytes += region.bytes();
      if (region.missing() > 0) {
        String first =
            region.reasons().isEmpty()
                ? ""
                : ", the first being %s: %s"
                    .formatted(
                        region.reasons().getFirst().key(), region.reasons().getFirst().reason());
        failed.put(
            entry.getKey().value(), "still lacks %d objects%s".formatted(region.missing(), first));
      }
    }
    result.unreachable().forEach((region, why) -> failed.put(region.value(), why));
    if (!result.conflicts().isEmpty()) {
      Map.Entry<ObjectKey, String> first = result.conflicts().entrySet().iterator().next();
      throw new VaultException.Damaged(
          "regions hold different objects under %d keys, the first being %s: %s"
              .formatted(result.conflicts().size(), first.getKey(), first.getValue()));
    }
    return new NightReport.Replication(objects, bytes, snapshots.get(), failed);
  }

  /**
   * What retention decided, and what it could not decide.
   *
   * @param undecided snapshots that stay because not all could be read
   * @param problems region, or {@code ledger}, to why
   */
  public record Decisions(
      List<Retention.Decision> decisions,
      List<SnapshotRecord> undecided,
      SortedMap<String, String> problems) {}

  /** What retention would do, and why; changes nothing. */
  public Decisions explainRetention() throws InterruptedException {
    List<Retention.Decision> decisions = new ArrayList<>();
    List<SnapshotRecord> undecided = new ArrayList<>();
    SortedMap<String, String> problems = new TreeMap<>();
    Holds holds = holds(problems);
    for (TenantName tenant : host.tenants()) {
      decisions.addAll(decide(tenant, holds, undecided, problems));
    }
    return new Decisions(decisions, undecided, problems);
  }

  /** Pins and holds; where they cannot be read, everything stays and the reason is told. */
  private Holds holds(SortedMap<String, String> problems) throws InterruptedException {
    Holds holds = Holds.read(vault.regions(), records);
    if (!holds.unknown().isEmpty()) {
      problems.put(
          "ledger",
          "every snapshot is kept, because not all pins and holds can be read: "
              + String.join("; ", holds.unknown()));
    } else if (!holds.notes().isEmpty()) {
      problems.put("ledger", String.join("; ", holds.notes()));
    }
    return holds;
  }

  /** Decides on complete lists alone: a tenant of which one manifest is unreadable is left be. */
  private List<Retention.Decision> decide(
      TenantName tenant,
      Holds holds,
      List<SnapshotRecord> undecided,
      SortedMap<String, String> problems)
      throws InterruptedException {
    SnapshotListing listing = vault.list(host.generations(tenant));
    listing
        .unlisted()
        .forEach((region, why) -> problems.put(region.value(), Failures.message(why)));
    for (Unreadable unreadable : listing.unreadable()) {
      unreadable
          .regions()
          .forEach(region -> problems.put(region.value(), Failures.message(unreadable.why())));
    }
    if (!listing.unreadable().isEmpty() || !listing.unlisted().isEmpty()) {
      undecided.addAll(listing.snapshots());
      return List.of();
    }
    return upkeepCache()
        .locks(vault.regions())
        .keepLocked(
            keepBeforeSuspicion(
                Retention.decide(listing.snapshots(), policies, holds), listing.snapshots()));
  }

  /** Whatever the policy says, the last snapshot before a suspicious change stays. */
  private static List<Retention.Decision> keepBeforeSuspicion(
      List<Retention.Decision> decisions, List<SnapshotRecord> snapshots) {
    Map<SnapshotId, String> reasons = new HashMap<>();
    for (SuspiciousChanges.Change change :
        SuspiciousChanges.recent(snapshots.stream().map(SnapshotRecord::header).toList())) {
      reasons.put(
          change.before().id(),
          "%s: %s changed it as no night before: %s"
              .formatted(BEFORE_SUSPICION, change.snapshot().id(), change.why()));
    }
    return decisions.stream()
        .map(decision -> {
          String reason = reasons.get(decision.snapshot().header().id());
          if (reason == null) {
            return decision;
          }
          List<String> all = new ArrayList<>(List.of(reason));
          if (decision.keep()) {
            all.addAll(decision.reasons());
          }
          return new Retention.Decision(decision.snapshot(), true, all);
        })
        .toList();
  }

  /**
   * Pins what is kept before a suspicious change, because that is recent for some days only: it
   * stays until somebody has looked and unpins it.
   */
  private void pinBeforeSuspicion(
      Retention.Decision decision, Holds holds, SortedMap<String, String> failed) {
    Optional<String> reason =
        decision.reasons().stream().filter(each -> each.startsWith(BEFORE_SUSPICION)).findFirst();
    if (reason.isEmpty() || holds.reason(decision.snapshot().key()).isPresent()) {
      return;
    }
    try {
      Holds.Hold _ =
          Holds.place(
              vault.regions(),
              records,
              random,
              vault.clock().instant(),
              Holds.scope(decision.snapshot().key()),
              reason.get());
    } catch (VaultException.Unreachable e) {
      failed.put("ledger", Failures.message(e));
    }
  }

  @Override
  public NightReport.Retention retain() throws InterruptedException {
    Forgetting forgetting = new Forgetting(vault.regions(), records);
    SortedMap<String, String> failed = new TreeMap<>();
    Holds holds = holds(failed);
    note(forgetting.resume(holds), failed);
    long kept = 0;
    long forgotten = 0;
    boolean first = true;
    for (TenantName tenant : host.tenants()) {
      // Read anew for each further tenant: a hold that is placed meanwhile counts from there on.
      holds = first ? holds : holds(failed);
      first = false;
      List<SnapshotRecord> undecided = new ArrayList<>();
      for (Retention.Decision decision : decide(tenant, holds, undecided, failed)) {
        if (Thread.interrupted()) {
          throw new InterruptedException("retention stopped");
        }
        if (decision.keep()) {
          pinBeforeSuspicion(decision, holds, failed);
          kept++;
        } else {
          note(forgetting.forget(decision.snapshot(), decision.reason(), holds), failed);
          forgotten++;
        }
      }
      kept += undecided.size();
    }
    return new NightReport.Retention(kept, forgotten, failed);
  }

  /**
   * What repacking would do, changing nothing; nothing where it is not asked for.
   *
   * @return by tenant
   */
  public SortedMap<TenantName, Repacking.Report> previewRepacking() throws InterruptedException {
    SortedMap<TenantName, Repacking.Report> plans = new TreeMap<>();
    if (repack.isPresent()) {
      for (TenantName tenant : host.tenants()) {
        plans.put(tenant, vault.repack(host, tenant, List.of(), repack.get().settings(), true));
      }
    }
    return plans;
  }

  private void repack(List<String> notes, SortedMap<String, String> failed)
      throws InterruptedException {
    if (repack.isEmpty()) {
      return;
    }
    Repack how = repack.get();
    long budget = how.settings().budgetBytes();
    for (TenantName tenant : host.tenants()) {
      Repacking.Settings rest = how.settings().withBudgetBytes(budget);
      try {
        // Planned without a key, because opening the kit is dear and mostly for nothing.
        Repacking.Report plan = vault.repack(host, tenant, List.of(), rest, true);
        if (plan.packs() == 0) {
          continue;
        }
        Repacking.Report done = vault.repack(host, tenant, how.keys().of(tenant), rest, false);
        budget = Math.max(0, budget - done.writtenBytes());
        notes.add(
            "tenant %s: repacked %d packs of %d bytes into %d of %d; %d left for the next run"
                .formatted(
                    tenant,
                    done.packs(),
                    done.packBytes(),
                    done.newPacks(),
                    done.writtenBytes(),
                    done.left()));
        done.damaged()
            .forEach(why -> failed.put(tenant.value(), "not all could be repacked: " + why));
      } catch (VaultException.KeyUnavailable e) {
        notes.add(
            "tenant %s: not repacked, because this host may write and not read: %s"
                .formatted(tenant, e.getMessage()));
      } catch (VaultException.Conflict e) {
        notes.add("tenant %s: not repacked: %s".formatted(tenant, e.getMessage()));
      } catch (VaultException | IOException e) {
        failed.put(tenant.value(), "not repacked: " + Failures.message(e));
      }
    }
  }

  /** What reclamation would do in each region, changing nothing. */
  public SortedMap<RegionName, Reclamation> previewReclamation() throws InterruptedException {
    return reclaimer().run(true);
  }

  private UpkeepCache upkeepCache() {
    return new UpkeepCache(vault.cache("upkeep"), binding);
  }

  private Set<TenantId> tenants() {
    Set<TenantId> tenants = new HashSet<>();
    for (TenantName tenant : host.tenants()) {
      host.newest(tenant).ifPresent(keys -> tenants.add(keys.id()));
    }
    return tenants;
  }

  /** Locks for longer what the newest snapshots took over from earlier ones. */
  private void extendLocks(List<String> notes, SortedMap<String, String> failed)
      throws InterruptedException {
    UpkeepCache cache = upkeepCache();
    new LockUpkeep(
            vault.regions(), cache.locks(vault.regions()), tenants(), manifests, indexes, cache)
        .run()
        .forEach((region, done) -> {
          notes.add(
              "%s: %d objects are locked (%s)%s, %d of these were extended"
                  .formatted(
                      region,
                      done.needed(),
                      done.lock().mode(),
                      done.until() == null ? "" : ", the newest snapshot until " + done.until(),
                      done.extended()));
          if (!done.problems().isEmpty()) {
            failed.put(
                region.value(),
                "locks: %s%s"
                    .formatted(
                        done.problems().getFirst(),
                        done.problems().size() == 1
                            ? ""
                            : ", and %d more".formatted(done.problems().size() - 1)));
          }
        });
  }

  private Reclaimer reclaimer() {
    return new Reclaimer(
        vault.regions(),
        records,
        tenants(),
        manifests,
        indexes,
        random,
        vault.clock(),
        upkeepCache(),
        settings);
  }

  @Override
  public NightReport.Reclamation reclaim() throws InterruptedException {
    long marked = 0;
    long deleted = 0;
    long bytes = 0;
    List<String> notes = new ArrayList<>();
    SortedMap<String, String> failed = new TreeMap<>();
    // First: what nothing needs any more is the smaller worry.
    extendLocks(notes, failed);
    SortedMap<RegionName, Reclamation> results;
    try {
      results = reclaimer().run(false);
    } catch (VaultException.Conflict e) {
      // Another host does it tonight: nothing is wrong, and nothing is left undone.
      notes.add("left to another host: " + e.getMessage());
      results = Collections.emptySortedMap();
    }
    for (Map.Entry<RegionName, Reclamation> entry : results.entrySet()) {
      String region = entry.getKey().value();
      switch (entry.getValue()) {
        case Reclamation.Done done -> {
          marked += done.markedPacks();
          deleted += done.sweptPacks() + done.sweptIndexes();
          bytes += done.sweptBytes();
          done.waiting().forEach(why -> notes.add(region + ": " + why));
        }
        case Reclamation.Refused refused ->
            failed.merge(region, refused.reason(), (a, b) -> a + "; " + b);
        case Reclamation.Failed broken ->
            failed.merge(region, broken.reason(), (a, b) -> a + "; " + b);
      }
    }
    repack(notes, failed);
    return new NightReport.Reclamation(marked, deleted, bytes, notes, failed);
  }

  private static void note(Forgetting.Report report, SortedMap<String, String> failed) {
    report.remaining().forEach((region, why) -> failed.put(region.value(), why));
  }
}
