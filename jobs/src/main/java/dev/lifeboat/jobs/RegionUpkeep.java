package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.HostReferences;
import dev.lifeboat.vault.engine.SnapshotListing;
import dev.lifeboat.vault.engine.Unreadable;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.reclaim.Forgetting;
import dev.lifeboat.vault.reclaim.IndexReferences;
import dev.lifeboat.vault.reclaim.Lease;
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
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.snapshot.ManifestReferences;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/** Upkeep of a vault's regions with a host's keys: replication, retention, reclamation. */
public final class RegionUpkeep implements NightUpkeep {
  private static final String MANIFESTS = "snapshots/";

  private final Vault vault;
  private final HostKeystore host;
  private final RetentionPolicy policy;
  private final Reclaimer.Settings settings;
  private final ManifestReferences manifests;
  private final IndexReferences indexes;
  private final Digest binding;
  private final SecureRandom random;
  private final Records records;

  /**
   * @param vault not taken over
   * @param host not taken over; snapshots of its tenants alone are forgotten and reclaimed
   */
  public RegionUpkeep(
      Vault vault,
      HostKeystore host,
      RetentionPolicy policy,
      Reclaimer.Settings settings,
      SecureRandom random) {
    this.vault = vault;
    this.host = host;
    this.policy = policy;
    this.settings = settings;
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
        new Replicator(vault.regions(), records, manifests, random, vault.cache("replication"))
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

  /** Decides on complete lists alone: a tenant of which one manifest is unreadable is left be. */
  @Override
  public NightReport.Retention retain() throws InterruptedException {
    Forgetting forgetting = new Forgetting(vault.regions(), records);
    SortedMap<String, String> failed = new TreeMap<>();
    note(forgetting.resume(), failed);
    long kept = 0;
    long forgotten = 0;
    for (TenantName tenant : host.tenants()) {
      SnapshotListing listing = vault.list(host.generations(tenant));
      listing
          .unlisted()
          .forEach((region, why) -> failed.put(region.value(), Failures.message(why)));
      for (Unreadable unreadable : listing.unreadable()) {
        unreadable
            .regions()
            .forEach(region -> failed.put(region.value(), Failures.message(unreadable.why())));
      }
      List<SnapshotRecord> snapshots = listing.snapshots();
      if (!listing.unreadable().isEmpty() || !listing.unlisted().isEmpty()) {
        kept += snapshots.size();
        continue;
      }
      for (Retention.Decision decision : Retention.decide(snapshots, policy)) {
        if (Thread.interrupted()) {
          throw new InterruptedException("retention stopped");
        }
        if (decision.keep()) {
          kept++;
        } else {
          note(forgetting.forget(decision.snapshot(), decision.reason()), failed);
          forgotten++;
        }
      }
    }
    return new NightReport.Retention(kept, forgotten, failed);
  }

  /** What reclamation would do in each region, changing nothing. */
  public SortedMap<RegionName, Reclamation> previewReclamation() throws InterruptedException {
    return reclaimer().run(true);
  }

  private Reclaimer reclaimer() {
    Set<TenantId> tenants = new HashSet<>();
    for (TenantName tenant : host.tenants()) {
      host.newest(tenant).ifPresent(keys -> tenants.add(keys.id()));
    }
    return new Reclaimer(
        vault.regions(),
        records,
        tenants,
        manifests,
        indexes,
        random,
        new UpkeepCache(vault.cache("upkeep"), binding),
        settings);
  }

  @Override
  public NightReport.Reclamation reclaim() throws InterruptedException {
    long marked = 0;
    long deleted = 0;
    long bytes = 0;
    List<String> notes = new ArrayList<>();
    SortedMap<String, String> failed = new TreeMap<>();
    SortedMap<RegionName, Reclamation> results = reclaimer().run(false);
    for (Map.Entry<RegionName, Reclamation> entry : results.entrySet()) {
      String region = entry.getKey().value();
      switch (entry.getValue()) {
        case Reclamation.Done done -> {
          marked += done.markedPacks();
          deleted += done.sweptPacks() + done.sweptIndexes();
          bytes += done.sweptBytes();
          done.waiting().forEach(why -> notes.add(region + ": " + why));
        }
        case Reclamation.Refused refused -> failed.put(region, refused.reason());
        case Reclamation.Failed broken -> failed.put(region, broken.reason());
      }
    }
    return new NightReport.Reclamation(marked, deleted, bytes, notes, failed);
  }

  private static void note(Forgetting.Report report, SortedMap<String, String> failed) {
    report.remaining().forEach((region, why) -> failed.put(region.value(), why));
  }
}
