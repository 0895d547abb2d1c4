package dev.lifeboat.vault.replicate;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.Forgetting;
import dev.lifeboat.vault.reclaim.Lease;
import dev.lifeboat.vault.reclaim.ProofLedger;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.SealedDocuments;
import dev.lifeboat.vault.reclaim.Trash;
import dev.lifeboat.vault.region.MergedListing;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.snapshot.ManifestReferences;
import dev.lifeboat.vault.snapshot.PackReference;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Copies to each region what it lacks and another has, in commit order: vault documents, keys, the
 * ledger and evidence; then, for each region by itself, the oldest snapshot that it lacks, its
 * packs before the index and the index before its manifest, and so on to the newest; last what no
 * snapshot that can be read here needs. A slow region holds up no other.
 *
 * <p>May be stopped at any moment and run again: what was copied is found in place. Packs and index
 * objects are compared with the hash in their names before they are stored anywhere; manifests are
 * verified; of other objects all copies are compared, and nothing is copied if they differ. Nothing
 * is ever overwritten.
 *
 * <p>Memory: a few packs at a time, one manifest a region, the keys of manifests and index objects
 * that some region lacks, and a bit for each pack and region. Listings are merged as they come; ids
 * of packs go to a file.
 */
public final class Replicator {
  /** Objects copied at a time, in all and to one region. Each is in memory as a whole. */
  private static final int COPIES = 4;

  private static final int COPIES_TO_ONE = 2;

  private static final List<String> FOUNDATIONS =
      List.of("vault/", "keys/", "ledger/", SealedDocuments.AUDIT, SealedDocuments.EVIDENCE);

  private static final String SNAPSHOTS = "snapshots/";
  private static final String INDEX = "index/";

  private final RegionSet regions;
  private final Records records;
  private final ManifestReferences references;
  private final Forgetting forgetting;
  private final SecureRandom random;
  private final Path scratch;
  private final Optional<Until> deadline;
  private final Map<Set<RegionName>, Set<RegionName>> sets = new HashMap<>();

  /** A time to stop at, and the clock that tells it. */
  public record Until(Clock clock, Instant deadline) {
    Duration left() {
      return Duration.between(clock.instant(), deadline);
    }
  }

  /** As the other, without a deadline. */
  public Replicator(
      RegionSet regions,
      Records records,
      ManifestReferences references,
      SecureRandom random,
      Path scratch) {
    this(regions, records, references, random, scratch, Optional.empty());
  }

  /**
   * @param references throws {@link VaultException.KeyUnavailable} for tenants whose index key is
   *     not here: their manifests go only where every pack that any region lists is
   * @param scratch a local directory, made when it is not there, for the ids of all packs
   * @param deadline when to stop; what is not copied by then is left to the next run
   */
  public Replicator(
      RegionSet regions,
      Records records,
      ManifestReferences references,
      SecureRandom random,
      Path scratch,
      Optional<Until> deadline) {
    this.regions = regions;
    this.records = records;
    this.references = references;
    this.forgetting = new Forgetting(regions, records);
    this.random = random;
    this.scratch = scratch;
    this.deadline = deadline;
  }

  /** A manifest that some region lacks. */
  record Wanted(ObjectKey key, Set<RegionName> holders, Set<RegionName> lacking) {}

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
    if (isComplete()) {
      return tally.result();
    }
    Copier copier = new Copier(regions, tally, deadline);
    // A lease like a writer's: what this has seen in a region must stay until the manifest is
    // there.
    try (Lease lease = Lease.acquire(regions, records, random, holder)) {
      lease.keepAlive();
      List<Wanted> wanted = wanted(tally);
      for (String prefix : FOUNDATIONS) {
        copy(prefix, tally, copier, Copied.UNNOTED);
      }
      // Marks before packs: a mark that is gone by now was swept, and no later listing shows what
      // it named. The other way round, a pack could be listed, then swept together with its mark.
      Map<RegionName, Set<PackId>> marked = marked(names, tally);
      try (Presence.Builder builder = new Presence.Builder(scratch, names)) {
        look(ObjectKey.PACKS, tally, builder);
        try (Presence present = builder.finish()) {
          Map<RegionName, List<IndexObject>> indexes = indexes(tally);
          List<Wanted> foreign = backfill(wanted, indexes, present, marked, lease, tally, copier);
          // What is left: of tenants that only other hosts know, or of nobody.
          if (!present.isEqual(names.stream().filter(tally::isReachable).toList())) {
            copy(ObjectKey.PACKS, tally, copier, present::adding);
          }
          for (RegionName to : names) {
            copyIndexes(to, indexes.computeIfAbsent(to, _ -> new ArrayList<>()), tally, copier);
          }
          copyForeign(foreign, marked, lease, tally, copier);
        }
      }
    }
    return tally.result();
  }

  /**
   * Whether every region has what another has. Most nights end here, after one listing and without
   * a lease: what is not there in any region cannot be brought to another.
   */
  private boolean isComplete() throws InterruptedException {
    try (MergedListing listing = regions.merged("")) {
      for (MergedListing.Row row = listing.next(); row != null; row = listing.next()) {
        if (isCopied(row.key())
            && (!row.lacking().isEmpty()
                || row.held().values().stream().mapToLong(ObjectInfo::bytes).distinct().count()
                    > 1)) {
          return false;
        }
      }
      return listing.failed().isEmpty();
    }
  }

  /** Counts and proofs are kept wherever they could be when they were made: no copies of them. */
  private static boolean isCopied(ObjectKey key) {
    String name = key.value();
    return !name.startsWith("ledger/counts/")
        && !name.startsWith(ProofLedger.PREFIX)
        && (FOUNDATIONS.stream().anyMatch(name::startsWith)
            || name.startsWith(ObjectKey.PACKS)
            || name.startsWith(INDEX)
            || name.startsWith(SNAPSHOTS));
  }

  /**
   * Brings each region what lies in front of all snapshots, and nothing else: vault documents,
   * keys, ledger and audit trail.
   *
   * @throws VaultException.Unreachable if no region can be reached
   */
  public ReplicationResult prepare(Lease.Holder holder, ReplicationProgress progress)
      throws InterruptedException {
    List<RegionName> names = new ArrayList<>();
    regions.regions().forEach(region -> names.add(region.name()));
    Tally tally = new Tally(names, progress);
    Copier copier = new Copier(regions, tally, deadline);
    try (Lease lease = Lease.acquire(regions, records, random, holder)) {
      lease.keepAlive();
      for (String prefix : FOUNDATIONS) {
        copy(prefix, tally, copier, Copied.UNNOTED);
      }
    }
    return tally.result();
  }

  /** Lists, and notes what is there. */
  private void look(String prefix, Tally tally, Copied noted) throws InterruptedException {
    try (MergedListing listing = regions.merged(prefix)) {
      for (MergedListing.Row row = listing.next(); row != null; row = listing.next()) {
        conflict(row, tally);
        row.held().keySet().forEach(noted.object(row.key()));
      }
      tally.failed(listing);
    }
  }

  /** An index object, and who has it. */
  record IndexObject(ObjectKey key, Set<RegionName> holders) {}

  /** The index objects that each region lacks. */
  private Map<RegionName, List<IndexObject>> indexes(Tally tally) throws InterruptedException {
    Map<RegionName, List<IndexObject>> lacking = new HashMap<>();
    try (MergedListing listing = regions.merged(INDEX)) {
      for (MergedListing.Row row = listing.next(); row != null; row = listing.next()) {
        conflict(row, tally);
        for (RegionName name : row.lacking().keySet()) {
          lacking
              .computeIfAbsent(name, _ -> new ArrayList<>())
              .add(new IndexObject(row.key(), shared(row.held().keySet())));
        }
      }
      tally.failed(listing);
    }
    return lacking;
  }

  private static void copyIndexes(
      RegionName to, List<IndexObject> indexes, Tally tally, Copier copier) {
    // One copy at a time: they are small, and few a night.
    for (IndexObject index : indexes) {
      if (copier.isOver()) {
        tally.stopped();
        return;
      }
      if (!tally.isReachable(to) || copier.outage(to) != null) {
        tally.missing(to, index.key(), "the region is out of reach");
        continue;
      }
      Set<RegionName> _ = copier.named(index.key(), index.holders(), Set.of(to));
    }
    indexes.clear();
  }

  /**
   * Brings each region the snapshots that it lacks, oldest first.
   *
   * @param indexes those that were copied are taken out
   * @return manifests of tenants whose keys are not here
   */
  private List<Wanted> backfill(
      List<Wanted> wanted,
      Map<RegionName, List<IndexObject>> indexes,
      Presence present,
      Map<RegionName, Set<PackId>> marked,
      Lease lease,
      Tally tally,
      Copier copier)
      throws InterruptedException {
    Set<RegionName> lacking = new TreeSet<>();
    wanted.forEach(manifest -> lacking.addAll(manifest.lacking));
    if (lacking.isEmpty()) {
      return List.of();
    }
    Set<RegionName> alive = lease.renew(lacking);
    Set<Wanted> foreign = ConcurrentHashMap.newKeySet();
    Map<RegionName, List<ObjectKey>> stored = new ConcurrentHashMap<>();
    Semaphore slots = new Semaphore(COPIES);
    List<Future<?>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (RegionName to : lacking) {
        List<IndexObject> behind = indexes.computeIfAbsent(to, _ -> new ArrayList<>());
        running.add(
            threads.submit(() -> {
              for (Wanted manifest : wanted) {
                if (!manifest.lacking.contains(to)) {
                  continue;
                }
                String obstacle =
                    !tally.isReachable(to)
                        ? "the region cannot be listed"
                        : !alive.contains(to) ? "the region takes no lease" : copier.outage(to);
                if (copier.isOver()) {
                  tally.stopped();
                  obstacle = "the deadline came first; run: lifeboat replicate";
                }
                if (obstacle != null) {
                  tally.missing(to, manifest.key, obstacle);
                  continue;
                }
                Optional<Understood> understood = understand(manifest, to, tally);
                if (understood.isEmpty()) {
                  continue;
                }
                Optional<Collection<PackReference>> packs = understood.get().packs;
                if (packs.isEmpty()) {
                  foreign.add(manifest);
                  continue;
                }
                copyPacks(packs.get(), to, present, slots, tally, copier);
                obstacle = obstacle(packs.get(), present, to, marked.get(to));
                if (obstacle != null) {
                  tally.missing(to, manifest.key, obstacle);
                  continue;
                }
                copyIndexes(to, behind, tally, copier);
                if (!copier.store(manifest.key, understood.get().bytes, Set.of(to)).isEmpty()) {
                  stored.computeIfAbsent(to, _ -> new ArrayList<>()).add(manifest.key);
                }
              }
            }));
      }
      for (Future<?> region : running) {
        await(region, running);
      }
    }
    // Behind the last manifest: a region where the lease had a gap may have been swept meanwhile.
    doubt(stored, lease, tally);
    return wanted.stream().filter(foreign::contains).toList();
  }

  private static void await(Future<?> region, List<Future<?>> all) throws InterruptedException {
    try {
      region.get();
    } catch (InterruptedException e) {
      all.forEach(each -> each.cancel(true));
      throw e;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private static void doubt(Map<RegionName, List<ObjectKey>> stored, Lease lease, Tally tally) {
    if (stored.isEmpty()) {
      return;
    }
    Set<RegionName> held = lease.renew(stored.keySet());
    stored.forEach((to, manifests) -> {
      if (!held.contains(to)) {
        manifests.forEach(manifest ->
            tally.missing(
                to,
                manifest,
                "was copied, but the lease was lost meanwhile: run: lifeboat verify"));
      }
    });
  }

  /** Copies those packs of a snapshot that a region lacks, a few at a time. */
  private static void copyPacks(
      Collection<PackReference> packs,
      RegionName to,
      Presence present,
      Semaphore slots,
      Tally tally,
      Copier copier) {
    Semaphore own = new Semaphore(COPIES_TO_ONE);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (PackReference reference : packs) {
        PackId pack = reference.pack();
        if (present.contains(to, pack)) {
          continue;
        }
        own.acquire();
        slots.acquire();
        if (copier.isOver() || copier.outage(to) != null) {
          slots.release();
          break;
        }
        var _ =
            threads.submit(() -> {
              try {
                Set<RegionName> holders = present.holders(pack);
                if (!holders.isEmpty()) {
                  copier
                      .named(ObjectKey.of(pack), holders, Set.of(to))
                      .forEach(region -> present.add(region, pack));
                }
              } finally {
                slots.release();
                own.release();
              }
            });
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (copier.isOver()) {
      tally.stopped();
    }
  }

  /** Manifests whose packs are unknown here: all that were listed anywhere must be there now. */
  private void copyForeign(
      List<Wanted> foreign,
      Map<RegionName, Set<PackId>> marked,
      Lease lease,
      Tally tally,
      Copier copier) {
    if (foreign.isEmpty()) {
      return;
    }
    Set<RegionName> incomplete = tally.incomplete();
    Map<RegionName, List<ObjectKey>> stored = new HashMap<>();
    for (Wanted manifest : foreign) {
      byte[] bytes = copier.agreed(manifest.key, manifest.holders);
      for (RegionName to : manifest.lacking) {
        Set<PackId> marks = marked.get(to);
        String obstacle =
            bytes == null
                ? "no copy that can be trusted"
                : incomplete.contains(to)
                    ? "this host lacks its tenant's keys, and not everything could be copied before it"
                    : marks == null
                        ? "the region's marks cannot be read"
                        : marks.isEmpty()
                            ? null
                            : "this host lacks its tenant's keys, and packs are marked for removal there";
        if (copier.isOver()) {
          tally.stopped();
          obstacle = "the deadline came first; run: lifeboat replicate";
        }
        if (obstacle == null && bytes != null) {
          if (!copier.store(manifest.key, bytes, Set.of(to)).isEmpty()) {
            stored.computeIfAbsent(to, _ -> new ArrayList<>()).add(manifest.key);
          }
        } else {
          tally.missing(to, manifest.key, String.valueOf(obstacle));
        }
      }
    }
    doubt(stored, lease, tally);
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
    // The time is in front of the last segment: the order in which they were committed.
    wanted.sort(Comparator.comparing(manifest -> manifest.key.lastSegment()));
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
  private Optional<Understood> understand(Wanted manifest, RegionName to, Tally tally) {
    try {
      if (forgetting.find(manifest.key).isPresent()) {
        return Optional.empty(); // Lacking it is right; the others lose it when forgetting resumes.
      }
      List<PackReference> packs = new ArrayList<>();
      byte[] bytes =
          regions.readCheapest(
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
      return Optional.of(new Understood(new byte[0], Optional.empty()));
    } catch (VaultException e) {
      tally.missing(to, manifest.key, String.valueOf(e.getMessage()));
      return Optional.empty();
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
      Collection<PackReference> packs,
      Presence present,
      RegionName to,
      @Nullable Set<PackId> marked) {
    if (marked == null) {
      return "the region's marks cannot be read";
    }
    for (PackReference reference : packs) {
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

  private void copy(String prefix, Tally tally, Copier copier, Copied noted)
      throws InterruptedException {
    Semaphore slots = new Semaphore(COPIES_TO_ONE);
    try (MergedListing listing = regions.merged(prefix);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (MergedListing.Row row = listing.next(); row != null; row = listing.next()) {
        conflict(row, tally);
        Set<RegionName> to = isCopied(row.key()) ? Set.copyOf(row.lacking().keySet()) : Set.of();
        Consumer<RegionName> holder = noted.object(row.key());
        row.held().keySet().forEach(holder);
        if (to.isEmpty()) {
          continue;
        }
        if (copier.isOver()) {
          tally.stopped();
          break;
        }
        ObjectKey key = row.key();
        Set<RegionName> holders = Set.copyOf(row.held().keySet());
        slots.acquire();
        var _ =
            threads.submit(() -> {
              try {
                Set<RegionName> done =
                    prefix.equals(ObjectKey.PACKS)
                        ? copier.named(key, holders, to)
                        : copier.agreed(key, holders, to);
                done.forEach(holder);
              } finally {
                slots.release();
              }
            });
      }
      tally.failed(listing);
    }
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
}
