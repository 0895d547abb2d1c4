package dev.lifeboat.verify;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.HostReferences;
import dev.lifeboat.vault.engine.PackProof;
import dev.lifeboat.vault.engine.PackProver;
import dev.lifeboat.vault.engine.SnapshotListing;
import dev.lifeboat.vault.engine.Unreadable;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.NeededPacks;
import dev.lifeboat.vault.reclaim.UpkeepCache;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Proves that every snapshot could be restored from one region alone. Packs are read once for all
 * snapshots, by whoever reads everything that is in the region, and every frame of those that are
 * needed is decrypted and compared with its chunk ids on the way. Beside that one thread walks the
 * trees and looks up every chunk of every file. Only where something is bad, trees are walked again
 * at the end, to tell what it hurts.
 */
final class DeepPass implements CiphertextPass.Packs, AutoCloseable {
  private final Vault vault;
  private final Region region;
  private final Damage damage;
  private final VerificationProgress progress;
  private final List<Tenant> tenants = new ArrayList<>();
  private final TreePass trees;
  private final BadFrames bad = new BadFrames();
  private final ExecutorService walker =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().name("trees").daemon().factory());
  private final Map<ObjectKey, Tenant> taken = new HashMap<>();
  private final List<Finding> findings = new ArrayList<>();
  private final TreeMap<ObjectKey, List<Finding>> ofPacks = new TreeMap<>();
  private @Nullable Future<?> walk;
  private boolean unproven;
  private long unindexed;
  private long unindexedBytes;
  private long frames;
  private long rawBytes;

  /**
   * @param vault over this region and no other
   */
  DeepPass(Vault vault, Region region, Damage damage, VerificationProgress progress) {
    this.vault = vault;
    this.region = region;
    this.damage = damage;
    this.progress = progress;
    this.trees = new TreePass(vault);
  }

  /** What is needed of one tenant's packs. */
  private static final class Tenant implements AutoCloseable {
    private final List<TenantReadKeys> keys;
    private final List<SnapshotRecord> snapshots;
    private final PackProver prover;
    private final NeededPacks needed;
    private final NeededPacks.Cursor cursor;
    private final Map<PackId, Long> lengths = new HashMap<>();
    private @Nullable PackId next;

    private Tenant(
        List<TenantReadKeys> keys,
        List<SnapshotRecord> snapshots,
        PackProver prover,
        NeededPacks needed) {
      this.keys = keys;
      this.snapshots = snapshots;
      this.prover = prover;
      this.needed = needed;
      this.cursor = needed.packs();
      this.next = cursor.next();
    }

    @Override
    public void close() {
      cursor.close();
      needed.close();
      prover.close();
    }
  }

  /**
   * Learns what is needed, and begins to walk the trees.
   *
   * @param keys by tenant, all generations
   * @throws VaultException.Unreachable if the region cannot be listed
   */
  void begin(Map<TenantId, List<TenantReadKeys>> keys, HostReferences references)
      throws InterruptedException {
    for (Map.Entry<TenantId, List<TenantReadKeys>> tenant : keys.entrySet()) {
      SnapshotListing listing =
          vault.list(tenant.getValue().stream().map(TenantReadKeys::write).toList());
      for (Unreadable unreadable : listing.unreadable()) {
        findings.add(
            new Finding.Unrestorable(
                region.name(),
                String.valueOf(unreadable.why().getMessage()),
                Hurt.of(List.of(unreadable.key().value()))));
      }
      PackProver prover = vault.prover(tenant.getValue());
      try {
        prover.readIndex();
        tenants.add(
            new Tenant(
                tenant.getValue(),
                listing.snapshots(),
                prover,
                NeededPacks.survey(
                    vault.regions(),
                    Set.of(tenant.getKey()),
                    references.manifests(),
                    new UpkeepCache(
                        vault.cache("upkeep").resolve(tenant.getKey().hex()),
                        references.binding()))));
      } catch (RuntimeException | Error | InterruptedException e) {
        prover.close();
        throw e;
      }
    }
    walk =
        walker.submit(() -> {
          for (Tenant tenant : tenants) {
            trees.check(tenant.snapshots, tenant.keys);
          }
          return null;
        });
  }

  @Override
  public boolean takes(ObjectInfo pack) {
    PackId id = pack.key().pack().orElse(null);
    if (id == null) {
      return false;
    }
    boolean takes = false;
    for (Tenant tenant : tenants) {
      missing(tenant, id);
      if (id.equals(tenant.next)) {
        tenant.lengths.put(id, tenant.cursor.bytes());
        taken.put(pack.key(), tenant);
        tenant.next = tenant.cursor.next();
        takes = true;
      }
    }
    return takes;
  }

  /** Needed packs before one that is listed, or all that are left: they are not there. */
  private void missing(Tenant tenant, @Nullable PackId listed) {
    while (tenant.next != null && (listed == null || tenant.next.compareTo(listed) < 0)) {
      bad.add(tenant.next, "is missing");
      unproven = true;
      tenant.next = tenant.cursor.next();
    }
  }

  @Override
  public List<CiphertextPass.PackReader> find(List<ObjectInfo> packs) {
    Map<ObjectKey, PackProver.Pack> found = new HashMap<>();
    for (Tenant tenant : tenants) {
      List<ObjectInfo> own =
          packs.stream().filter(pack -> taken.get(pack.key()) == tenant).toList();
      List<PackProver.Wanted> wanted =
          own.stream()
              .map(pack -> pack.key().pack().orElseThrow())
              .map(id -> new PackProver.Wanted(id, tenant.lengths.getOrDefault(id, 0L)))
              .toList();
      if (!wanted.isEmpty()) {
        List<PackProver.Pack> looked = tenant.prover.find(wanted);
        for (int i = 0; i < own.size(); i++) {
          found.put(own.get(i).key(), looked.get(i));
          if (!looked.get(i).isIndexed()) {
            unindexed++;
            unindexedBytes += own.get(i).bytes();
          }
        }
      }
      tenant.lengths.clear();
    }
    taken.clear();
    List<CiphertextPass.PackReader> readers = new ArrayList<>();
    for (ObjectInfo pack : packs) {
      PackProver.Pack known = found.get(pack.key());
      if (known == null) {
        throw new IllegalStateException("nobody took " + pack.key());
      }
      readers.add((from, info, idle) -> prove(known, from, info, idle));
    }
    return readers;
  }

  private Optional<Digest> prove(
      PackProver.Pack known, Region from, ObjectInfo info, Predicate<Runnable> idle)
      throws RegionException, InterruptedException {
    PackProof proof;
    try {
      proof = known.prove(from, info.bytes(), idle);
    } catch (RegionException e) {
      synchronized (this) {
        unproven = true;
      }
      throw e;
    }
    note(info.key(), proof);
    return proof.hash();
  }

  private synchronized void note(ObjectKey key, PackProof proof) {
    PackId pack = key.pack().orElseThrow();
    frames += proof.frames();
    rawBytes += proof.rawBytes();
    progress.frames(proof.frames());
    boolean rightHash = proof.hash().map(PackId::new).filter(pack::equals).isPresent();
    if (proof.isSound() && rightHash) {
      return;
    }
    unproven = true;
    bad.add(pack, proof.bad());
    // Where its bytes are not those that were stored, that is what is found of it.
    if (rightHash) {
      List<Finding> found = new ArrayList<>();
      proof
          .staleIndex()
          .ifPresent(index -> {
            bad.add(pack, "is not what %s says".formatted(index));
            found.add(new Finding.StaleIndex(region.name(), index, pack, damage.of(key)));
          });
      proof
          .fault()
          .or(() ->
              proof.bad().entrySet().stream()
                  .findFirst()
                  .map(frame -> "frame %d %s".formatted(frame.getKey(), frame.getValue())))
          .ifPresent(why ->
              found.add(
                  new Finding.Unrestorable(
                      region.name(),
                      "pack %s was stored so that it cannot be used: %s".formatted(pack, why),
                      damage.of(key))));
      if (!found.isEmpty()) {
        ofPacks.put(key, found);
      }
    }
  }

  /**
   * Waits for the walk, and tells what was found.
   *
   * @param listed whether the region was listed to its end
   */
  List<Finding> finish(boolean listed) throws InterruptedException {
    awaitWalk();
    for (Tenant tenant : tenants) {
      if (listed) {
        missing(tenant, null);
      }
      if (!bad.isEmpty()) {
        trees.blame(tenant.snapshots, tenant.keys, bad);
      }
    }
    ofPacks.values().forEach(findings::addAll);
    trees
        .faults()
        .forEach((snapshot, faults) -> {
          String name = snapshot.header().dataset() + "/" + snapshot.header().id();
          for (String fault : faults) {
            findings.add(new Finding.Unrestorable(region.name(), fault, Hurt.of(List.of(name))));
          }
        });
    unproven |= !listed || !findings.isEmpty();
    if (unindexed > 0) {
      findings.add(new Finding.Unindexed(region.name(), unindexed, unindexedBytes));
    }
    return findings;
  }

  private void awaitWalk() throws InterruptedException {
    Future<?> running = walk;
    if (running == null) {
      throw new IllegalStateException("nothing was begun");
    }
    try {
      running.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case InterruptedException why -> throw why;
        case RuntimeException why -> throw why;
        case Error why -> throw why;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  /** Whether every snapshot can be restored from this region; after {@link #finish}. */
  synchronized boolean isProven() {
    return !unproven;
  }

  long frames() {
    return frames;
  }

  long rawBytes() {
    return rawBytes;
  }

  @Override
  public void close() {
    walker.shutdownNow();
    walker.close();
    tenants.forEach(Tenant::close);
  }
}
