package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.snapshot.ManifestReferences;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Removes packs and index objects that no snapshot refers to: one run marks them, a later run,
 * after a grace, sweeps those to which still nothing refers.
 *
 * <p>Works while writers write, without a lock; of two reclamations, one goes on. A pack goes from
 * a region only if
 *
 * <ol>
 *   <li>it is in a mark of that region that is older than the grace, by the region's own clock;
 *   <li>every lease in the region that is not younger than the mark has ended or expired: writers
 *       that began later read the mark and store anew what they need of it;
 *   <li>no manifest in any region refers to it, read after the second was found true, so that the
 *       last commit of every such writer is among them;
 *   <li>its prologue names a tenant whose manifests this host can read.
 * </ol>
 *
 * <p>A region is left alone altogether if any manifest of these tenants in it cannot be read, if it
 * lacks a manifest that another region has, if the manifests of any region cannot be listed, or if
 * it has fewer packs or manifests than when it was last counted: those are outages, not
 * instructions. Only marks of what a snapshot refers to are taken away there.
 */
public final class Reclaimer {
  /**
   * Times of a region come with the first byte of an object or with its last, as the region
   * pleases. A lease counts as older than a mark unless it is younger by more than any upload
   * takes.
   */
  static final Duration UPLOAD = Duration.ofHours(1);

  /** Dead leases are swept away when they have been dead for so long. */
  static final Duration LEASE_REMAINS = Duration.ofDays(1);

  /**
   * How careful to be.
   *
   * @param grace between mark and sweep
   * @param acceptLoss whether a region that has fewer objects than it had may be reclaimed all the
   *     same, once: for an operator who knows why
   * @param mostMarked packs of a region that may be marked at a time: writers hold all marks in
   *     memory, 100 bytes for each; what is more waits its turn
   */
  public record Settings(Duration grace, boolean acceptLoss, long mostMarked) {
    /** 6 TiB of packs at the usual length. */
    private static final long MOST_MARKED = 200_000;

    /** A day: a mark made in one night is swept in the next but one, if nights take their time. */
    public static final Settings DEFAULT = new Settings(Duration.ofDays(1), false);

    public Settings(Duration grace, boolean acceptLoss) {
      this(grace, acceptLoss, MOST_MARKED);
    }

    public Settings {
      if (mostMarked < 1) {
        throw new IllegalArgumentException("at least one pack must be markable");
      }
      if (grace.isNegative()) {
        throw new IllegalArgumentException("a grace cannot be negative: " + grace);
      }
    }
  }

  private final RegionSet regions;
  private final Records records;
  private final Set<TenantId> tenants;
  private final ManifestReferences manifests;
  private final IndexReferences indexes;
  private final SecureRandom random;
  private final Clock clock;
  private final Settings settings;
  private final UpkeepCache cache;
  private final Candidates candidates;
  private final Locks locks;

  /**
   * @param tenants whose manifests {@code manifests} can read, all generations; packs of others are
   *     never touched
   * @param clock tells only how long it is since a region was asked last
   * @param cache what manifests and index objects refer to that were read before
   */
  public Reclaimer(
      RegionSet regions,
      Records records,
      Set<TenantId> tenants,
      ManifestReferences manifests,
      IndexReferences indexes,
      SecureRandom random,
      Clock clock,
      UpkeepCache cache,
      Settings settings) {
    this.regions = regions;
    this.records = records;
    this.tenants = Set.copyOf(tenants);
    this.manifests = manifests;
    this.indexes = indexes;
    this.random = random;
    this.clock = clock;
    this.cache = cache;
    this.settings = settings;
    this.candidates = new Candidates(regions, this.tenants);
    this.locks = cache.locks(regions);
  }

  /** What a region shows before any manifest is read. */
  private record Beginning(Instant now, Rivals.Look look, Trash.Notes notes) {
    private List<LeaseState> leases() {
      return look.leases();
    }
  }

  /**
   * Sweeps what may be swept, and marks what is to be swept later, in every region.
   *
   * @param dryRun changes nothing, and tells what would be done and how many bytes it would free
   * @throws VaultException.Conflict if another reclamation of this vault is running
   */
  public SortedMap<RegionName, Reclamation> run(boolean dryRun) throws InterruptedException {
    if (dryRun) {
      return run((SweepLease) null);
    }
    try (SweepLease lease = SweepLease.acquire(regions, records, random, clock)) {
      return run(lease);
    } catch (VaultException.Unreachable e) {
      SortedMap<RegionName, Reclamation> results = new TreeMap<>();
      for (Region region : regions.regions()) {
        results.put(region.name(), new Reclamation.Refused(String.valueOf(e.getMessage())));
      }
      return results;
    }
  }

  /**
   * @param lease {@code null} for a dry run
   */
  private SortedMap<RegionName, Reclamation> run(@Nullable SweepLease lease)
      throws InterruptedException {
    SortedMap<RegionName, Reclamation> results = new TreeMap<>();
    Map<RegionName, Beginning> beginnings = new HashMap<>();
    for (Region region : regions.regions()) {
      RegionName name = region.name();
      if (lease != null && !lease.isHeld(name)) {
        results.put(name, new Reclamation.Refused("it did not take a lease; run reclaim again"));
        continue;
      }
      try {
        beginnings.put(name, regions.in(name, this::begin));
      } catch (RegionException e) {
        results.put(name, new Reclamation.Refused(String.valueOf(e.getMessage())));
      } catch (VaultException e) {
        results.put(name, new Reclamation.Refused(String.valueOf(e.getMessage())));
      }
    }
    if (lease != null) {
      Map<RegionName, Rivals.Look> looks = new HashMap<>();
      beginnings.forEach((name, beginning) -> looks.put(name, beginning.look()));
      lease.requireAlone(looks);
    }
    try (UpkeepCache.Use use = cache.use();
        // Behind the leases: what a writer committed before its lease ended is seen here.
        Survey survey = Survey.withCounts(regions, tenants, use.tables(manifests))) {
      Counts counts = Counts.read(regions, records, random, survey.counts());
      reclaim(results, beginnings, survey, counts, use, lease);
      if (lease != null && !beginnings.isEmpty()) {
        save(counts, beginnings.values(), results);
        removeOld(beginnings, counts, results);
      }
    }
    return results;
  }

  /** Once for all regions, because in most nights they only grow. */
  private static void save(
      Counts counts, Collection<Beginning> beginnings, SortedMap<RegionName, Reclamation> results) {
    try {
      counts.save(
          beginnings.stream().map(Beginning::now).max(Comparator.naturalOrder()).orElseThrow());
    } catch (VaultException.Unreachable e) {
      results.replaceAll((_, result) ->
          result instanceof Reclamation.Done
              ? new Reclamation.Failed(String.valueOf(e.getMessage()))
              : result);
    }
  }

  private void reclaim(
      SortedMap<RegionName, Reclamation> results,
      Map<RegionName, Beginning> beginnings,
      Survey survey,
      Counts counts,
      UpkeepCache.Use use,
      @Nullable SweepLease lease)
      throws InterruptedException {
    for (Region region : regions.regions()) {
      RegionName name = region.name();
      Beginning beginning = beginnings.get(name);
      String objection = survey.objections().get(name);
      if (beginning == null) {
        continue;
      }
      if (objection != null) {
        results.put(
            name,
            lease == null
                ? new Reclamation.Refused(objection)
                : refuse(name, objection, beginning, survey, lease));
        continue;
      }
      try {
        results.put(name, reclaim(name, beginning, survey, counts, use, lease));
      } catch (RegionException e) {
        results.put(name, new Reclamation.Failed(String.valueOf(e.getMessage())));
      } catch (VaultException e) {
        results.put(name, new Reclamation.Failed(String.valueOf(e.getMessage())));
      }
    }
  }

  /**
   * Removes nothing but marks that name what a snapshot refers to by now. A region that lacks a
   * manifest would otherwise wait for ever: for the manifest, which replication keeps away from
   * packs that are marked, and the mark for the manifest.
   */
  private Reclamation refuse(
      RegionName name, String objection, Beginning beginning, Survey survey, SweepLease lease) {
    for (Trash.Mark mark : beginning.notes().marks()) {
      if (survey.referenced().containsAny(mark.packs())) {
        try {
          lease.check(name);
          delete(name, mark.key());
        } catch (RegionException e) {
          return new Reclamation.Refused(
              "%s; nor can %s be removed: %s".formatted(objection, mark.key(), e.getMessage()));
        }
      }
    }
    return new Reclamation.Refused(objection);
  }

  private Beginning begin(Region region) throws RegionException {
    // The time first: what is judged by it can only look younger than it is.
    Instant now = region.now();
    Trash.Notes notes = Trash.notes(region, records);
    // Leases behind the marks: a lease that is not there now was taken by someone who saw them.
    return new Beginning(now, new Rivals.Look(now, LeaseState.read(region)), notes);
  }

  private Reclamation reclaim(
      RegionName name,
      Beginning beginning,
      Survey survey,
      Counts counts,
      UpkeepCache.Use use,
      @Nullable SweepLease lease)
      throws RegionException, InterruptedException {
    List<String> waiting = new ArrayList<>(beginning.notes().refused());
    List<Trash.Mark> due = new ArrayList<>();
    Set<PackId> marked = new HashSet<>();
    Set<PackId> pending = new HashSet<>();
    String own = lease == null ? "" : lease.session();
    for (Trash.Mark mark : beginning.notes().marks()) {
      String why = whyNotYet(name, mark, beginning, own);
      if (why == null) {
        due.add(mark);
        marked.addAll(mark.packs());
      } else {
        waiting.add(why);
        pending.addAll(mark.packs());
      }
    }
    RepackedRecords repacked = new RepackedRecords(beginning.notes().repacked(), beginning.now());
    // A pack that another mark still waits with stays until that is due, too.
    Candidates.Packs packs =
        candidates.list(
            name,
            survey.referenced(),
            marked,
            pending,
            repacked.fresh(),
            repacked.packs(),
            Math.max(0, settings.mostMarked() - pending.size()));
    Counts.Count count = new Counts.Count(packs.packs(), survey.manifests(name));
    Counts.Count before = counts.of(name).orElse(count);
    if (!settings.acceptLoss()
        && (count.packs() < before.packs() || count.manifests() < before.manifests())) {
      return new Reclamation.Refused(
          "it lists %d packs and %d manifests, but had %d and %d: run: lifeboat replicate, then: lifeboat verify"
              .formatted(count.packs(), count.manifests(), before.packs(), before.manifests()));
    }
    if (packs.left() > 0) {
      waiting.add(
          "%d packs more that nothing refers to are marked when some of these are gone"
              .formatted(packs.left()));
    }
    Set<ObjectKey> sweepIndexes = new HashSet<>();
    long spared = 0;
    for (Trash.Mark mark : due) {
      spared += mark.packs().stream().filter(survey.referenced()::contains).count();
      sweepIndexes.addAll(mark.indexes());
    }
    Map<PackId, Long> sweep = packs.sweep();
    Map<PackId, Long> mark = packs.mark();
    // Known tenants only; asked of marked and swept packs alike, because each alone must be right.
    long foreign = candidates.retainKnown(name, mark) + candidates.retainKnown(name, sweep);
    keepLocked(name, sweep, mark, sweepIndexes, waiting);
    long sweptIndexes = sweepIndexes.size();
    if (lease != null) {
      counts.note(name, new Counts.Count(count.packs() - sweep.size(), count.manifests()));
      if (!sweep.isEmpty()) {
        // Before the first removal: a crash on the way leaves more than was promised, never less.
        counts.save(beginning.now());
      }
      Predicate<PackId> needed =
          pack -> survey.referenced().contains(pack) || repacked.fresh().contains(pack);
      sweptIndexes = candidates.sweepIndexes(name, sweepIndexes, needed, indexes, lease);
      candidates.sweepPacks(name, sweep.keySet(), lease);
      for (Trash.Mark swept : due) {
        lease.check(name);
        delete(name, swept.key());
      }
      tidy(name, repacked, packs.watched(), sweep.keySet(), lease);
      if (!mark.isEmpty()) {
        mark(
            name,
            mark.keySet(),
            candidates.deadIndexes(
                name, needed, indexes, use.directory(), use.binding(), settings.mostMarked()));
      }
      if (!sweep.isEmpty()) {
        lease.confirm(name);
      }
    }
    return new Reclamation.Done(
        sweep.size(),
        bytes(sweep),
        sweptIndexes,
        mark.size(),
        bytes(mark),
        pending.size(),
        packs.pendingBytes(),
        spared,
        foreign,
        waiting);
  }

  /**
   * Removes records of repacking that nobody needs any more, and joins old ones: writers read them
   * all. Stopped anywhere, both are there, which says the same.
   */
  private void tidy(
      RegionName name,
      RepackedRecords repacked,
      Set<PackId> present,
      Set<PackId> swept,
      SweepLease lease)
      throws RegionException {
    Set<PackId> left = new HashSet<>(present);
    left.removeAll(swept);
    RepackedRecords.Tidying tidying = repacked.tidy(left);
    if (!tidying.joined().isEmpty()) {
      lease.check(name);
      ObjectKey key = Repacked.newKey(regions.in(name, Region::now), random);
      byte[] record = Repacked.encode(records, tidying.joined(), Set.of(), key);
      Boolean _ = regions.in(name, region -> region.put(key, ByteBuffer.wrap(record)));
    }
    for (ObjectKey key : tidying.remove()) {
      lease.check(name);
      delete(name, key);
    }
  }

  /** Takes out what a lock keeps: nobody tries to remove that, or marks it for removal. */
  private void keepLocked(
      RegionName name,
      Map<PackId, Long> sweep,
      Map<PackId, Long> mark,
      Set<ObjectKey> sweepIndexes,
      List<String> waiting)
      throws RegionException, InterruptedException {
    if (locks.rule(name).isEmpty()) {
      return;
    }
    Set<ObjectKey> asked = new HashSet<>(sweepIndexes);
    sweep.keySet().forEach(pack -> asked.add(ObjectKey.of(pack)));
    mark.keySet().forEach(pack -> asked.add(ObjectKey.of(pack)));
    Map<ObjectKey, Instant> locked = locks.locked(name, asked);
    if (locked.isEmpty()) {
      return;
    }
    long bytes = 0;
    for (Map<PackId, Long> packs : List.of(sweep, mark)) {
      for (PackId pack : Set.copyOf(packs.keySet())) {
        if (locked.containsKey(ObjectKey.of(pack))) {
          Long length = packs.remove(pack);
          bytes += length == null ? 0 : length;
        }
      }
    }
    sweepIndexes.removeAll(locked.keySet());
    waiting.add(
        "%d objects (%d bytes) that nothing refers to are kept by lock, the first until %s, the last until %s"
            .formatted(
                locked.size(),
                bytes,
                Collections.min(locked.values()),
                Collections.max(locked.values())));
  }

  private static long bytes(Map<PackId, Long> packs) {
    return packs.values().stream().mapToLong(Long::longValue).sum();
  }

  /** In words, or {@code null} if the mark is due. */
  private @Nullable String whyNotYet(
      RegionName name, Trash.Mark mark, Beginning beginning, String own) throws RegionException {
    Duration age = Duration.between(mark.modified(), beginning.now());
    if (age.compareTo(settings.grace()) < 0) {
      return "%s is due in %s".formatted(mark.key(), settings.grace().minus(age));
    }
    for (LeaseState lease : beginning.leases()) {
      if (!lease.session().equals(own)
          && lease.isAlive(beginning.now())
          && !lease.first().isAfter(mark.modified().plus(UPLOAD))) {
        ObjectKey object = lease.objects().getLast();
        String holder = "a lease";
        try {
          holder = Lease.describe(records, object, regions.in(name, region -> region.read(object)));
        } catch (RegionException.Missing e) {
          // Gone meanwhile; the next run will not wait for it.
        }
        return "%s waits for %s (session %s, since %s)"
            .formatted(mark.key(), holder, lease.session(), lease.first());
      }
    }
    return null;
  }

  private void mark(RegionName name, Set<PackId> packs, List<ObjectKey> dead)
      throws RegionException {
    Instant now = regions.in(name, Region::now);
    ObjectKey key = new ObjectKey(Trash.PREFIX + RecordNames.next(now, random));
    byte[] record = Trash.encode(records, packs.stream().sorted().toList(), dead, key);
    Boolean _ = regions.in(name, region -> region.put(key, ByteBuffer.wrap(record)));
  }

  /** Removes what nobody needs any more, where reclamation came to its end: leases and counts. */
  private void removeOld(
      Map<RegionName, Beginning> beginnings,
      Counts counts,
      SortedMap<RegionName, Reclamation> results) {
    beginnings.forEach((name, beginning) -> {
      if (!(results.get(name) instanceof Reclamation.Done)) {
        return;
      }
      List<ObjectKey> old = new ArrayList<>(counts.old(name));
      for (LeaseState lease : beginning.leases()) {
        // So long after their last renewal, no order of removal lets them look alive.
        if (!lease.isAlive(beginning.now())
            && Duration.between(lease.last(), beginning.now()).compareTo(LEASE_REMAINS) > 0) {
          old.addAll(lease.objects());
        }
      }
      if (old.isEmpty()) {
        return;
      }
      try {
        regions.act(name, region -> region.deleteAll(old));
      } catch (RegionException e) {
        results.put(name, new Reclamation.Failed(String.valueOf(e.getMessage())));
      }
    });
  }

  private void delete(RegionName name, ObjectKey key) throws RegionException {
    regions.act(name, region -> region.delete(key));
  }
}
