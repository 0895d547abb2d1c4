package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.index.TenantIndex;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.Lease;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.Repacked;
import dev.lifeboat.vault.reclaim.Trash;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.PutReport;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.snapshot.PackReference;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Repacks what makes the newest snapshots of a tenant scattered: packs of which they need little,
 * because the rest has changed since or because they were small from the start. The frames they
 * need are opened, compared with their chunk ids, sealed anew into full packs, and indexed; then a
 * {@link Repacked} record says so, and the next snapshots refer to the new packs. The old ones go
 * with the last snapshot that refers to them. {@code docs/decisions/0004-repacking.md} says why no
 * manifest is written anew.
 *
 * <p>Stopped anywhere, it leaves packs to which nothing refers, or a batch that is done; the next
 * run plans anew and finds what is left.
 */
public final class Repacking {
  /** A dataset whose newest snapshot is older has perhaps no next one. */
  private static final Duration HOT = Repacked.PICKED_UP;

  private final Vault vault;
  private final HostKeystore host;
  private final TenantName tenant;
  private final LocalCache cache;
  private static final Duration LATE = Duration.ofMinutes(10);

  private final PackBuffers buffers;
  private final SecureRandom random;
  private final EngineSettings engine;
  private final Settings settings;

  /**
   * What to repack.
   *
   * @param below packs of which the newest snapshots need less than this share of a full pack
   * @param budgetBytes to write at most in a run; the rest waits for the next
   * @param batchBytes after so many bytes what was written counts
   * @param leastPacks a tenant is left alone until so many packs fewer would do, or as many bytes
   *     as a pack has could go
   */
  public record Settings(double below, long budgetBytes, long batchBytes, int leastPacks) {
    private static final long BATCH_BYTES = 512L << 20;
    private static final int LEAST_PACKS = 8;

    /** Unless somebody says otherwise. */
    public static final double BELOW = 0.3;

    /** With batches that lose little when a run is stopped. */
    public Settings(double below, long budgetBytes) {
      this(below, budgetBytes, BATCH_BYTES, LEAST_PACKS);
    }

    /** The same with another budget. */
    public Settings withBudgetBytes(long bytes) {
      return new Settings(below, bytes, batchBytes, leastPacks);
    }

    public Settings {
      if (!(below > 0 && below <= 1)) {
        throw new IllegalArgumentException(
            "repacking below %s: a share above 0, and 1 at most".formatted(below));
      }
      if (budgetBytes < 0 || batchBytes < 1 || leastPacks < 1) {
        throw new IllegalArgumentException("repacking: budget, batch and least cannot be negative");
      }
    }
  }

  /**
   * What repacking came to, or what a plan says.
   *
   * @param packs that were copied and are used no more by new snapshots
   * @param packBytes of them: given back when the last snapshot that refers to them is forgotten
   * @param readBytes frames read
   * @param newPacks written; in a plan, about so many
   * @param writtenBytes of them
   * @param left packs that are still to be repacked, because the budget was used up
   * @param damaged why packs were left alone that should have been repacked
   */
  public record Report(
      long packs,
      long packBytes,
      long readBytes,
      long newPacks,
      long writtenBytes,
      long left,
      List<String> damaged) {
    public static final Report NOTHING = new Report(0, 0, 0, 0, 0, 0, List.of());

    public Report {
      damaged = List.copyOf(damaged);
    }

    /** Both together. */
    public Report plus(Report other) {
      List<String> all = new ArrayList<>(damaged);
      all.addAll(other.damaged);
      return new Report(
          packs + other.packs,
          packBytes + other.packBytes,
          readBytes + other.readBytes,
          newPacks + other.newPacks,
          writtenBytes + other.writtenBytes,
          left + other.left,
          all);
    }
  }

  Repacking(
      Vault vault,
      HostKeystore host,
      TenantName tenant,
      LocalCache cache,
      PackBuffers buffers,
      SecureRandom random,
      EngineSettings engine,
      Settings settings) {
    this.vault = vault;
    this.host = host;
    this.tenant = tenant;
    this.cache = cache;
    this.buffers = buffers;
    this.random = random;
    this.engine = engine;
    this.settings = settings;
  }

  /**
   * A pack that is to be copied, and the frames of it that are.
   *
   * @param hotBytes of these frames
   */
  record Candidate(PackReference hot, long hotBytes) {
    long deadBytes() {
      return hot.bytes() - hotBytes();
    }
  }

  private record Plan(List<Candidate> chosen, long left) {}

  Report run(List<TenantReadKeys> generations, boolean planOnly) throws InterruptedException {
    List<TenantWriteKeys> keys = host.generations(tenant);
    if (keys.isEmpty()) {
      throw new VaultException.KeyUnavailable(
          "host %s has no keys of tenant %s".formatted(host.writer(), tenant));
    }
    KeyRing ring = new KeyRing(vault.document().vault(), keys);
    Records records = Records.of(host, vault.document());
    if (planOnly) {
      Set<RegionName> all = new TreeSet<>();
      vault.regions().regions().forEach(region -> all.add(region.name()));
      return planned(plan(keys, ring, Vault.trash(vault.regions(), all, records, new TreeMap<>())));
    }
    // Reading under a lease, like a session: what is listed now stays until this is done.
    try (Lease lease =
        Lease.acquireAlone(
            vault.regions(),
            records,
            random,
            Lease.Holder.ofThisProcess(host.writer().value(), "repack " + ring.tenant()),
            "tenant %s is being repacked".formatted(tenant))) {
      lease.keepAlive();
      Plan plan =
          plan(keys, ring, Vault.trash(vault.regions(), lease.held(), records, new TreeMap<>()));
      Report report = new Report(0, 0, 0, 0, 0, plan.left(), List.of());
      IndexLoader loader = new IndexLoader(vault.regions(), cache, ring);
      try {
        for (List<Candidate> batch : batches(plan.chosen())) {
          report = report.plus(copy(batch, ring, loader, generations, lease, records));
        }
      } finally {
        loader.tidy();
      }
      return report;
    }
  }

  private Report planned(Plan plan) {
    long hot = plan.chosen().stream().mapToLong(Candidate::hotBytes).sum();
    return new Report(
        plan.chosen().size(),
        plan.chosen().stream().mapToLong(candidate -> candidate.hot().bytes()).sum(),
        hot,
        Math.ceilDiv(hot, (long) engine.packBytes()),
        hot,
        plan.left(),
        List.of());
  }

  /** Decides by the newest manifests alone: what only older ones need goes with these. */
  private Plan plan(List<TenantWriteKeys> keys, KeyRing ring, Trash.Seen trash) {
    Map<PackId, PackReference> hot = new HashMap<>();
    for (SnapshotRecord snapshot : newest(vault.list(keys).snapshots())) {
      for (PackReference reference : vault.references(snapshot, keys)) {
        hot.merge(reference.pack(), reference, Repacking::union);
      }
    }
    hot.keySet().removeAll(trash.marked());
    hot.keySet().removeAll(trash.repacked());
    TenantIndex index =
        SnapshotPacks.find(List.copyOf(hot.values()), new IndexLoader(vault.regions(), cache, ring))
            .index();
    List<Candidate> candidates = new ArrayList<>();
    for (PackReference reference : hot.values()) {
      Candidate candidate = new Candidate(reference, bytes(reference, index));
      if (candidate.hotBytes()
          < settings.below() * Math.max(reference.bytes(), engine.packBytes())) {
        candidates.add(candidate);
      }
    }
    long hotBytes = candidates.stream().mapToLong(Candidate::hotBytes).sum();
    long deadBytes = candidates.stream().mapToLong(Candidate::deadBytes).sum();
    long fewer = candidates.size() - Math.ceilDiv(hotBytes, (long) engine.packBytes());
    if (fewer < settings.leastPacks() && deadBytes < engine.packBytes()) {
      return new Plan(List.of(), 0);
    }
    // Those first that give most back for each byte written.
    candidates.sort(
        Comparator.comparingDouble((Candidate candidate) ->
                (double) candidate.hotBytes() / Math.max(1, candidate.hot().bytes()))
            .thenComparing(candidate -> candidate.hot().pack()));
    List<Candidate> chosen = new ArrayList<>();
    long budget = settings.budgetBytes();
    for (Candidate candidate : candidates) {
      if (candidate.hotBytes() <= budget) {
        budget -= candidate.hotBytes();
        chosen.add(candidate);
      }
    }
    return new Plan(chosen, candidates.size() - chosen.size());
  }

  private static long bytes(PackReference reference, TenantIndex index) {
    int pack = index.find(reference.pack());
    if (pack == TenantIndex.NONE || index.frames(pack) != reference.frames()) {
      // Nobody can tell; whoever copies it will say why.
      return reference.bytes() / reference.frames() * reference.live().cardinality();
    }
    return reference.live().stream().mapToLong(frame -> index.sealedBytes(pack, frame)).sum();
  }

  /** Of each dataset that is backed up, the newest snapshot and the newest complete one. */
  private List<SnapshotRecord> newest(List<SnapshotRecord> snapshots) {
    Instant since = vault.clock().instant().minus(HOT);
    Map<DatasetName, SnapshotRecord> newest = new HashMap<>();
    Map<DatasetName, SnapshotRecord> complete = new HashMap<>();
    for (SnapshotRecord snapshot : snapshots) {
      if (snapshot.header().time().isAfter(since)) {
        newest.put(snapshot.header().dataset(), snapshot);
        if (snapshot.header().complete()) {
          complete.put(snapshot.header().dataset(), snapshot);
        }
      }
    }
    Set<ObjectKey> seen = new HashSet<>();
    List<SnapshotRecord> all = new ArrayList<>(newest.values());
    all.addAll(complete.values());
    all.removeIf(snapshot -> !seen.add(snapshot.key()));
    return all;
  }

  private static PackReference union(PackReference one, PackReference other) {
    BitSet live = one.live();
    live.or(other.live());
    return new PackReference(one.pack(), one.bytes(), Math.max(one.frames(), other.frames()), live);
  }

  /** In the order of their names, which is that of nothing: what lay together stays together. */
  private List<List<Candidate>> batches(List<Candidate> chosen) {
    List<List<Candidate>> batches = new ArrayList<>();
    List<Candidate> batch = new ArrayList<>();
    long bytes = 0;
    for (Candidate candidate : chosen) {
      if (!batch.isEmpty() && bytes + candidate.hotBytes() > settings.batchBytes()) {
        batches.add(batch);
        batch = new ArrayList<>();
        bytes = 0;
      }
      batch.add(candidate);
      bytes += candidate.hotBytes();
    }
    if (!batch.isEmpty()) {
      batches.add(batch);
    }
    return batches;
  }

  private Report copy(
      List<Candidate> batch,
      KeyRing ring,
      IndexLoader loader,
      List<TenantReadKeys> generations,
      Lease lease,
      Records records)
      throws InterruptedException {
    Failure failure = new Failure();
    try (PackPipeline pipeline =
            new PackPipeline(
                vault.document().vault(),
                ring.newest(),
                random,
                engine,
                vault.dispatch(),
                lease.held(),
                vault.regions().quorum(),
                loader,
                buffers,
                failure);
        FrameCopy copy =
            FrameCopy.begin(vault.regions(), batch, ring, generations, loader, engine, pipeline)) {
      copy.run();
      pipeline.finish(List.of());
      // A region that is late gets time; one that is later still lacks new packs, and keeps the
      // old.
      boolean _ = pipeline.shipment().await(Integer.MAX_VALUE, LATE, failure::check);
      Set<PackId> packs = new HashSet<>();
      long packBytes = 0;
      for (Candidate candidate : batch) {
        if (!copy.damaged().containsKey(candidate.hot().pack())) {
          packs.add(candidate.hot().pack());
          packBytes += candidate.hot().bytes();
        }
      }
      List<PackReference> written = pipeline.references();
      record(records, lease, packs, written);
      return new Report(
          packs.size(),
          packBytes,
          copy.bytesRead(),
          written.size(),
          pipeline.bytesAdded(),
          0,
          List.copyOf(copy.damaged().values()));
    }
  }

  /** To all regions: also one that lacks a new pack is to leave the others alone. */
  private void record(
      Records records, Lease lease, Set<PackId> packs, List<PackReference> written) {
    if (packs.isEmpty()) {
      return;
    }
    ObjectKey key = Repacked.newKey(vault.clock().instant(), random);
    byte[] record =
        Repacked.encode(records, packs, written.stream().map(PackReference::pack).toList(), key);
    PutReport report = vault.regions().put(key, ByteBuffer.wrap(record), lease.held());
    if (report.held().isEmpty()) {
      throw new VaultException.Unreachable(
          "no region takes the record of the repacked packs, so that they count for nothing: "
              + report.failed(),
          List.copyOf(report.failed().values()));
    }
  }
}
