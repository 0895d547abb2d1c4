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
import java.nio.file.Path;
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
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
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
 * <p>Memory: a few packs at a time, one manifest, the keys of manifests that some region lacks, and
 * a bit for each pack and region. Listings are merged as they come; ids of packs go to a file.
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
  private final Path scratch;
  private final Map<Set<RegionName>, Set<RegionName>> sets = new HashMap<>();

  /**
   * @param references throws {@link VaultException.KeyUnavailable} for tenants whose index key is
   *     not here: their manifests go only where every pack that any region lists is
   * @param scratch a local directory, made when it is not there, for the ids of all packs
   */
  public Replicator(
      RegionSet regions,
      Records records,
      ManifestReferences references,
      SecureRandom random,
      Path scratch) {
    this.regions = regions;
    this.records = records;
    this.references = references;
    this.forgetting = new Forgetting(regions, records);
    this.random = random;
    this.scratch = scratch;
  }

  /** A manifest that some region lacks. */
  private record Wanted(ObjectKey key, Set<RegionName> holders, Set<RegionName> lacking) {}

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
      for (String prefix : List.of("vault/", "keys/", "ledger/", "audit/")) {
        copy(prefix, tally, Copied.UNNOTED);
      }
      // Marks before packs: a mark that is gone by now was swept, and no later listing shows what
      // it
      // named. The other way round, a pack could be listed, then swept together with its mark.
      Map<RegionName, Set<PackId>> marked = marked(names, tally);
      try (Presence.Builder builder = new Presence.Builder(scratch, names)) {
        copy(ObjectKey.PACKS, tally, builder);
        try (Presence present = builder.finish()) {
          copy(INDEX, tally, Copied.UNNOTED);
          copyManifests(wanted, present, marked, lease, tally);
        }
      }
    }
    return tally.result();
  }

  private void copyManifests(
      List<Wanted> wanted,
      Presence present,
      Map<RegionName, Set<PackId>> marked,
      Lease lease,
      Tally tally) {
    Set<RegionName> incomplete = tally.incomplete();
    Set<RegionName> alive = lease.renew();
    List<Wanted> copied = new ArrayList<>();
    for (Wanted manifest : wanted) {
      Optional<Understood> understood = understand(manifest, tally);
      if (understood.isEmpty()) {
        continue;
      }
      Set<RegionName> done = new HashSet<>();
      for (RegionName to : manifest.lacking) {
        String obstacle =
            !tally.isReachable(to)
                ? "the region cannot be listed"
                : !alive.contains(to)
                    ? "the region takes no lease"
                    : obstacle(
                        understood.get(), present, to, marked.get(to), incomplete.contains(to));
        if (obstacle == null) {
          done.addAll(store(manifest.key, understood.get().bytes, Set.of(to), tally));
        } else {
          tally.missing(to, manifest.key, obstacle);
        }
      }
      if (!done.isEmpty()) {
        copied.add(new Wanted(manifest.key, manifest.holders, shared(done)));
      }
    }
    // Behind the last manifest: a region where the lease had a gap may have been swept meanwhile.
    Set<RegionName> held = lease.renew();
    for (Wanted manifest : copied) {
      for (RegionName to : manifest.lacking) {
        if (!held.contains(to)) {
          tally.missing(
              to,
              manifest.key,
              "was copied, but the lease was lost meanwhile: run: lifeboat verify");
        }
      }
    }
  }

  private List<Wanted> wanted(Tally tally) throws InterruptedException {
    List<Wanted> wanted = new ArrayList<>();
    try (MergedListing listing = regions.merged(SNAPSHOTS)) {
      for (MergedListing.Row row = listing.next(); row != null; row = listing.next()) {
        conflict(row, tally);
        if (!row.lacking().isEmpty()) {
          wanted.add(
              new Wanted(row.key(), shared(row.held().keySet()), shared(row.lacking().keySet())));
        }
      }
      tally.failed(listing);
    }
    return wanted;
  }

  /** An equal set that is held already: there are few different ones. */
  private Set<RegionName> shared(Set<RegionName> names) {
    return sets.computeIfAbsent(Set.copyOf(names), set -> set);
  }

  /** A manifest to be copied. Not a record: nobody is to compare its bytes. */
  private static final class Understood {
    private final byte[] bytes;

    /** Nothing if only other hosts can tell. */
    private final Optional<Collection<PackReference>> packs;

    private Understood(byte[] bytes, Optional<Collection<PackReference>> packs) {
      this.bytes = bytes;
      this.packs = packs;
    }
  }

  /** Reads a manifest that is to be copied, as far as it alone can tell. */
  private Optional<Understood> understand(Wanted manifest, Tally tally) {
    try {
      if (forgetting.find(manifest.key).isPresent()) {
        return Optional.empty(); // Lacking it is right; the others lose it when forgetting resumes.
      }
      List<PackReference> packs = new ArrayList<>();
      byte[] bytes =
          regions.read(
              manifest.key,
              found -> {
                try {
                  packs.clear();
                  packs.addAll(references.of(manifest.key, found));
                  return true;
                } catch (VaultException.Damaged | VaultException.Untrusted e) {
                  return false; // Another region may have it unharmed.
                }
              });
      return Optional.of(new Understood(bytes, Optional.of(packs)));
    } catch (VaultException.KeyUnavailable e) {
      byte[] bytes = agreed(manifest.key, manifest.holders, tally);
      if (bytes != null) {
        return Optional.of(new Understood(bytes, Optional.empty()));
      }
      manifest.lacking.forEach(
          name -> tally.missing(name, manifest.key, "no copy that can be trusted"));
    } catch (VaultException e) {
      manifest.lacking.forEach(
          name -> tally.missing(name, manifest.key, String.valueOf(e.getMessage())));
    }
    return Optional.empty();
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
      Understood manifest,
      Presence present,
      RegionName to,
      @Nullable Set<PackId> marked,
      boolean incomplete) {
    if (marked == null) {
      return "the region's marks cannot be read";
    }
    if (manifest.packs.isEmpty()) {
      // Its packs are unknown here. All that were listed anywhere when it was listed are there now,
      // and none of them is to go.
      if (incomplete) {
        return "this host lacks its tenant's keys, and not everything could be copied before it";
      }
      return marked.isEmpty()
          ? null
          : "this host lacks its tenant's keys, and packs are marked for removal there";
    }
    for (PackReference reference : manifest.packs.get()) {
      PackId pack = reference.pack();
      if (!present.contains(to, pack)) {
        return "its pack %s is not there and could not be copied".formatted(pack);
      }
      if (marked.contains(pack)) {
        return "its pack %s is marked for removal there: run: lifeboat reclaim, then replicate"
            .formatted(pack);
      }
    }
    return null;
  }

  /** Is told what regions hold after all was copied. */
  interface Copied {
    Copied UNNOTED =
        key ->
            _ -> {
              // Nobody asks.
            };

    /** Called in order of the keys; what it gives is told of the regions, by any thread. */
    Consumer<RegionName> object(ObjectKey key);
  }

  private void copy(String prefix, Tally tally, Copied noted) throws InterruptedException {
    Semaphore slots = new Semaphore(COPIES);
    try (MergedListing listing = regions.merged(prefix);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (MergedListing.Row row = listing.next(); row != null; row = listing.next()) {
        conflict(row, tally);
        // A region's own counts are kept everywhere it could be reached then: no copies of them.
        Set<RegionName> to =
            row.key().value().startsWith("ledger/counts/")
                ? Set.of()
                : Set.copyOf(row.lacking().keySet());
        Consumer<RegionName> holder = noted.object(row.key());
        row.held().keySet().forEach(holder);
        if (to.isEmpty()) {
          continue;
        }
        ObjectKey key = row.key();
        Set<RegionName> holders = Set.copyOf(row.held().keySet());
        slots.acquire();
        var _ =
            threads.submit(() -> {
              try {
                copyOne(prefix, key, holders, to, tally).forEach(holder);
              } finally {
                slots.release();
              }
            });
      }
      tally.failed(listing);
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
