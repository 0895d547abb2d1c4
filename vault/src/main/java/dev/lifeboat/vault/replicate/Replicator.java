package dev.lifeboat.vault.replicate;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.Forgetting;
import dev.lifeboat.vault.reclaim.Lease;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.Trash;
import dev.lifeboat.vault.region.MergedListing;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.PutReport;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.snapshot.ManifestReferences;
import dev.lifeboat.vault.snapshot.PackReference;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Copies to each region what it lacks and another has, in commit order: vault documents, keys and
 * the ledger, then packs, then the index, and a manifest only when everything it refers to is
 * there.
 *
 * <p>May be stopped at any moment and run again: what was copied is found in place. Packs and index
 * objects are compared with the hash in their names before they are stored anywhere; manifests are
 * verified; of other objects all copies are compared, and nothing is copied if they differ. Nothing
 * is ever overwritten.
 *
 * <p>Memory: a few packs at a time, the keys of manifests that some region lacks, and about 100
 * bytes for each pack these refer to.
 */
public final class Replicator {
  /** Objects copied at a time. Each is in memory as a whole. */
  private static final int COPIES = 3;

  private static final String SNAPSHOTS = "snapshots/";
  private static final String INDEX = "index/";

  private final RegionSet regions;
  private final Records records;
  private final ManifestReferences references;
  private final Forgetting forgetting;
  private final SecureRandom random;

  /**
   * @param references throws {@link VaultException.KeyUnavailable} for tenants whose index key is
   *     not here: their manifests go only where every pack that any region lists is
   */
  public Replicator(
      RegionSet regions, Records records, ManifestReferences references, SecureRandom random) {
    this.regions = regions;
    this.records = records;
    this.references = references;
    this.forgetting = new Forgetting(regions, records);
    this.random = random;
  }

  /** A manifest that some region lacks. */
  private static final class Wanted {
    private final ObjectKey key;
    private final Set<RegionName> holders;
    private final Set<RegionName> lacking;
    private Collection<PackId> packs = List.of();
    private boolean foreign;
    private @Nullable Digest verified;

    private Wanted(ObjectKey key, Set<RegionName> holders, Set<RegionName> lacking) {
      this.key = key;
      this.holders = holders;
      this.lacking = lacking;
    }
  }

  /**
   * Replicates once.
   *
   * @param holder who does it, for those who wait for its lease
   * @throws VaultException.Unreachable if no region can be reached
   */
  public ReplicationResult run(Lease.Holder holder, ReplicationProgress progress)
      throws InterruptedException {
    List<RegionName> names = new ArrayList<>();
    regions.regions().forEach(region -> names.add(region.name()));
    Tally tally = new Tally(names, progress);
    // A lease like a writer's: what this has seen in a region must stay until the manifest is
    // there.
    try (Lease lease = Lease.acquire(regions, records, random, holder)) {
      lease.keepAlive();
      List<Wanted> wanted = wanted(tally);
      Set<PackId> needed = new HashSet<>();
      wanted.removeIf(manifest -> !understand(manifest, needed, tally));
      for (String prefix : List.of("vault/", "keys/", "ledger/", "audit/")) {
        copy(prefix, tally, needed, new HashMap<>());
      }
      // Marks before packs: a mark that is gone by now was swept, and no later listing shows what
      // it
      // named. The other way round, a pack could be listed, then swept together with its mark.
      Map<RegionName, Set<PackId>> marked = marked(names, tally);
      Map<RegionName, Set<PackId>> present = new HashMap<>();
      copy(ObjectKey.PACKS, tally, needed, present);
      copy(INDEX, tally, needed, new HashMap<>());
      Set<RegionName> incomplete = tally.incomplete();
      Set<RegionName> alive = lease.renew();
      for (Wanted manifest : wanted) {
        for (RegionName to : manifest.lacking) {
          String obstacle =
              !tally.isReachable(to)
                  ? "the region cannot be listed"
                  : !alive.contains(to)
                      ? "the region takes no lease"
                      : obstacle(
                          manifest,
                          present.getOrDefault(to, Set.of()),
                          marked.get(to),
                          incomplete.contains(to));
          if (obstacle == null) {
            copyManifest(manifest, to, tally);
          } else {
            tally.missing(to, manifest.key, obstacle);
          }
        }
      }
      // Behind the last manifest: a region where the lease had a gap may have been swept meanwhile.
      Set<RegionName> held = lease.renew();
      for (Wanted manifest : wanted) {
        for (RegionName to : manifest.lacking) {
          if (alive.contains(to) && !held.contains(to)) {
            tally.missing(
                to,
                manifest.key,
                "was copied, but the lease was lost meanwhile: run: lifeboat verify");
          }
        }
      }
    }
    return tally.result();
  }

  private List<Wanted> wanted(Tally tally) throws InterruptedException {
    List<Wanted> wanted = new ArrayList<>();
    try (MergedListing listing = regions.merged(SNAPSHOTS)) {
      for (MergedListing.Row row = listing.next(); row != null; row = listing.next()) {
        conflict(row, tally);
        if (!row.lacking().isEmpty()) {
          wanted.add(
              new Wanted(
                  row.key(), Set.copyOf(row.held().keySet()), Set.copyOf(row.lacking().keySet())));
        }
      }
      tally.failed(listing);
    }
    return wanted;
  }

  /** Whether the manifest is to be copied at all, as far as it alone can tell. */
  private boolean understand(Wanted manifest, Set<PackId> needed, Tally tally) {
    try {
      if (forgetting.find(manifest.key).isPresent()) {
        return false; // Lacking it is right; the others lose it when forgetting is resumed.
      }
      manifest.verified =
          digest(regions.read(manifest.key, bytes -> isUnderstood(manifest, bytes)));
      needed.addAll(manifest.packs);
    } catch (VaultException.KeyUnavailable e) {
      manifest.foreign = true;
    } catch (VaultException e) {
      manifest.lacking.forEach(
          name -> tally.missing(name, manifest.key, String.valueOf(e.getMessage())));
      return false;
    }
    return true;
  }

  private boolean isUnderstood(Wanted manifest, byte[] bytes) {
    try {
      manifest.packs =
          references.of(manifest.key, bytes).stream().map(PackReference::pack).toList();
      return true;
    } catch (VaultException.Damaged | VaultException.Untrusted e) {
      return false; // Another region may have it unharmed.
    }
  }

  /** Marked packs of each region; a region whose marks cannot be read is not among them. */
  private Map<RegionName, Set<PackId>> marked(List<RegionName> names, Tally tally) {
    Map<RegionName, Set<PackId>> marked = new HashMap<>();
    for (RegionName name : names) {
      if (tally.isReachable(name)) {
        try {
          marked.put(name, regions.in(name, region -> Trash.marked(region, records)));
        } catch (RegionException | VaultException e) {
          // Nothing can be counted on there: see obstacle().
        }
      }
    }
    return marked;
  }

  private static @Nullable String obstacle(
      Wanted manifest, Set<PackId> present, @Nullable Set<PackId> marked, boolean incomplete) {
    if (marked == null) {
      return "the region's marks cannot be read";
    }
    if (manifest.foreign) {
      // Its packs are unknown here. All that were listed anywhere when it was listed are there now,
      // and none of them is to go.
      if (incomplete) {
        return "this host lacks its tenant's keys, and not everything could be copied before it";
      }
      return marked.isEmpty()
          ? null
          : "this host lacks its tenant's keys, and packs are marked for removal there";
    }
    for (PackId pack : manifest.packs) {
      if (!present.contains(pack)) {
        return "its pack %s is not there and could not be copied".formatted(pack);
      }
      if (marked.contains(pack)) {
        return "its pack %s is marked for removal there: run: lifeboat reclaim, then replicate"
            .formatted(pack);
      }
    }
    return null;
  }

  private void copyManifest(Wanted manifest, RegionName to, Tally tally) {
    byte[] bytes;
    Digest verified = manifest.verified;
    if (verified == null) {
      bytes = agreed(manifest.key, manifest.holders, tally);
    } else {
      try {
        bytes = regions.read(manifest.key, found -> digest(found).equals(verified));
      } catch (VaultException e) {
        bytes = null;
      }
    }
    if (bytes == null) {
      tally.missing(to, manifest.key, "no copy that can be trusted");
      return;
    }
    store(manifest.key, bytes, Set.of(to), tally);
  }

  private void copy(
      String prefix, Tally tally, Set<PackId> needed, Map<RegionName, Set<PackId>> present)
      throws InterruptedException {
    Semaphore slots = new Semaphore(COPIES);
    regions.regions().forEach(region -> present.put(region.name(), new HashSet<>()));
    try (MergedListing listing = regions.merged(prefix);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (MergedListing.Row row = listing.next(); row != null; row = listing.next()) {
        conflict(row, tally);
        // A region's own counts are kept everywhere it could be reached then: no copies of them.
        Set<RegionName> to =
            row.key().value().startsWith("ledger/counts/")
                ? Set.of()
                : Set.copyOf(row.lacking().keySet());
        PackId pack = prefix.equals(ObjectKey.PACKS) ? pack(row.key()) : null;
        PackId noted = pack != null && needed.contains(pack) ? pack : null;
        row.held().keySet().forEach(name -> note(present, name, noted));
        if (to.isEmpty()) {
          continue;
        }
        ObjectKey key = row.key();
        Set<RegionName> holders = Set.copyOf(row.held().keySet());
        slots.acquire();
        var _ =
            threads.submit(() -> {
              try {
                for (RegionName name : copyOne(prefix, key, holders, to, tally)) {
                  note(present, name, noted);
                }
              } finally {
                slots.release();
              }
            });
      }
      tally.failed(listing);
    }
  }

  private static void note(
      Map<RegionName, Set<PackId>> present, RegionName name, @Nullable PackId pack) {
    if (pack == null) {
      return;
    }
    synchronized (present) {
      Set<PackId> packs = present.get(name);
      if (packs != null) {
        packs.add(pack);
      }
    }
  }

  private static @Nullable PackId pack(ObjectKey key) {
    try {
      return PackId.parse(key.lastSegment());
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private Set<RegionName> copyOne(
      String prefix, ObjectKey key, Set<RegionName> holders, Set<RegionName> to, Tally tally) {
    byte[] bytes;
    if (prefix.equals(ObjectKey.PACKS) || prefix.equals(INDEX)) {
      try {
        bytes = regions.read(key, found -> isNamedBy(key, found));
      } catch (VaultException e) {
        to.forEach(name -> tally.missing(name, key, String.valueOf(e.getMessage())));
        return Set.of();
      }
    } else {
      bytes = agreed(key, holders, tally);
      if (bytes == null) {
        to.forEach(name -> tally.missing(name, key, "no copy that can be trusted"));
        return Set.of();
      }
    }
    return store(key, bytes, to, tally);
  }

  private Set<RegionName> store(ObjectKey key, byte[] bytes, Set<RegionName> to, Tally tally) {
    PutReport report = regions.put(key, ByteBuffer.wrap(bytes), to);
    report.held().forEach(name -> tally.copied(name, key, bytes.length));
    report.failed().forEach((name, e) -> tally.missing(name, key, String.valueOf(e.getMessage())));
    return report.held();
  }

  /** The bytes that all holders have; {@code null}, and a conflict, if they differ. */
  private byte @Nullable [] agreed(ObjectKey key, Set<RegionName> holders, Tally tally) {
    SortedMap<RegionName, byte[]> copies = new TreeMap<>();
    for (RegionName name : holders) {
      try {
        copies.put(name, regions.in(name, region -> region.read(key)));
      } catch (RegionException e) {
        // One copy fewer to compare; none at all is what counts.
      }
    }
    byte[] first = null;
    for (Map.Entry<RegionName, byte[]> copy : copies.entrySet()) {
      if (first == null) {
        first = copy.getValue();
      } else if (!Arrays.equals(first, copy.getValue())) {
        tally.conflict(
            key,
            "%s and %s hold different bytes under this key"
                .formatted(copies.firstKey(), copy.getKey()));
        return null;
      }
    }
    return first;
  }

  private static void conflict(MergedListing.Row row, Tally tally) {
    ObjectInfo first = null;
    for (Map.Entry<RegionName, ObjectInfo> holder : row.held().entrySet()) {
      if (first == null) {
        first = holder.getValue();
      } else if (first.bytes() != holder.getValue().bytes()) {
        tally.conflict(
            row.key(),
            "%d bytes in %s, %d in %s: run: lifeboat verify --heal"
                .formatted(
                    first.bytes(),
                    row.held().firstKey(),
                    holder.getValue().bytes(),
                    holder.getKey()));
        return;
      }
    }
  }

  private static boolean isNamedBy(ObjectKey key, byte[] bytes) {
    return digest(bytes).toString().equals(key.lastSegment());
  }

  private static Digest digest(byte[] bytes) {
    try {
      return Digest.read(MessageDigest.getInstance("SHA-256").digest(bytes), 0);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks SHA-256", e);
    }
  }
}
