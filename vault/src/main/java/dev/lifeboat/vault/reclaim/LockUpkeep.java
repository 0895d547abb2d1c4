package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.snapshot.ManifestReferences;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what snapshots need locked for as long as they are to be: each object until the lock's
 * period has passed since the newest snapshot that needs it. What was stored for that snapshot got
 * its lock when it was stored; what it took over from earlier ones is extended here, every night,
 * but each object only every few nights, because locks are made {@linkplain ObjectLock#slack
 * longer} than needed.
 *
 * <p>Memory: sixteen bytes for each pack that a snapshot refers to, and the names of manifests and
 * index objects.
 */
public final class LockUpkeep {
  /** Objects that are extended before what was learnt is written down. */
  private static final int BATCH = 1000;

  private final RegionSet regions;
  private final Locks locks;
  private final Set<TenantId> tenants;
  private final ManifestReferences manifests;
  private final IndexReferences indexes;
  private final UpkeepCache cache;

  /**
   * @param tenants whose manifests {@code manifests} can read, all generations; what others need is
   *     extended by hosts that know them
   * @param cache what manifests and index objects refer to that were read before
   */
  public LockUpkeep(
      RegionSet regions,
      Locks locks,
      Set<TenantId> tenants,
      ManifestReferences manifests,
      IndexReferences indexes,
      UpkeepCache cache) {
    this.regions = regions;
    this.locks = locks;
    this.tenants = Set.copyOf(tenants);
    this.manifests = manifests;
    this.indexes = indexes;
    this.cache = cache;
  }

  /**
   * What was done in one region.
   *
   * @param needed objects that must be locked
   * @param extended those whose lock was made longer
   * @param until when the lock of the newest snapshot ends; {@code null} if there is none
   * @param problems objects that could not be locked, or locks that nobody knows the need of
   */
  public record Result(
      ObjectLock lock, long needed, long extended, @Nullable Instant until, List<String> problems) {
    public Result {
      problems = List.copyOf(problems);
    }
  }

  /** In every region that locks. Where none does, nobody is asked anything. */
  public SortedMap<RegionName, Result> run() throws InterruptedException {
    SortedMap<RegionName, Result> results = new TreeMap<>();
    List<RegionName> locking =
        regions.regions().stream()
            .filter(region -> region.lock().isPresent())
            .map(Region::name)
            .toList();
    if (locking.isEmpty()) {
      return results;
    }
    try (UpkeepCache.Use use = cache.use()) {
      ReferenceTables tables = use.tables(manifests);
      try (Survey survey = Survey.of(regions, tenants, tables)) {
        Needs needs = new Needs(survey.referenced());
        tables.newest(needs::add);
        for (RegionName name : locking) {
          ObjectLock rule = locks.rule(name).orElseThrow();
          OneRegion region = new OneRegion(name, rule, needs, use);
          String objection = survey.objections().get(name);
          if (objection != null) {
            region.problems.add(objection);
          }
          try {
            region.run();
          } catch (RegionException e) {
            region.problems.add(String.valueOf(e.getMessage()));
          } catch (IOException e) {
            throw new UncheckedIOException("cannot keep what is known of locks", e);
          }
          results.put(
              name, new Result(rule, region.needed, region.extended, region.last, region.problems));
        }
      }
    }
    return results;
  }

  /** Of each pack, the time of the newest snapshot that needs it. */
  private static final class Needs {
    private final PackSet packs;
    private final long[] newest;

    Needs(PackSet packs) {
      this.packs = packs;
      this.newest = new long[Math.toIntExact(packs.size())];
    }

    void add(Digest pack, Instant time) {
      int number = (int) packs.find(pack);
      newest[number] = Math.max(newest[number], seconds(time));
    }

    int find(PackId pack) {
      return (int) packs.find(pack.value());
    }

    /** In seconds since 1970; 0 if nothing needs it. */
    long of(PackId pack) {
      int number = find(pack);
      return number < 0 ? 0 : newest[number];
    }

    ObjectKey key(int number) {
      return ObjectKey.of(new PackId(packs.get(number)));
    }
  }

  private static long seconds(Instant time) {
    return Math.max(0, time.getEpochSecond());
  }

  private final class OneRegion {
    private final RegionName name;
    private final ObjectLock rule;
    private final Needs needs;
    private final UpkeepCache.Use use;
    private final List<String> problems = new ArrayList<>();

    /** Known locks of the packs needed, in seconds since 1970; 0 where nothing is known. */
    private final long[] known;

    /** Known locks of everything else, and of packs that nothing needs. */
    private final TreeMap<String, Long> others = new TreeMap<>();

    private long needed;
    private long extended;
    private @Nullable Instant last;
    private Instant now = Instant.EPOCH;

    OneRegion(RegionName name, ObjectLock rule, Needs needs, UpkeepCache.Use use) {
      this.name = name;
      this.rule = rule;
      this.needs = needs;
      this.use = use;
      this.known = new long[needs.newest.length];
    }

    void run() throws RegionException, IOException, InterruptedException {
      now = regions.in(name, Region::now);
      locks.book(name).read(this::remember);
      try {
        extendPacks();
        extendOthers();
      } finally {
        save();
      }
    }

    private void remember(String key, Instant until) {
      if (until.isBefore(now)) {
        return;
      }
      PackId pack = new ObjectKey(key).pack().orElse(null);
      int number = pack == null ? -1 : needs.find(pack);
      if (number >= 0) {
        known[number] = seconds(until);
      } else {
        others.put(key, seconds(until));
      }
    }

    /** Until when a need asks for a lock; {@code null} if that is over. */
    private @Nullable Instant wanted(long newestSnapshot) {
      Instant until = rule.until(Instant.ofEpochSecond(newestSnapshot));
      return newestSnapshot > 0 && until.isAfter(now) ? until : null;
    }

    private void extendPacks() throws RegionException, IOException, InterruptedException {
      int[] todo = new int[1024];
      int count = 0;
      // What is listed, and nothing else: what is missing is replication's to bring.
      boolean[] listed = new boolean[known.length];
      regions.act(
          name,
          region -> {
            Arrays.fill(listed, false);
            region.list(
                ObjectKey.PACKS,
                info -> {
                  PackId pack = info.key().pack().orElse(null);
                  int number = pack == null ? -1 : needs.find(pack);
                  if (number >= 0) {
                    listed[number] = true;
                  }
                });
          });
      for (int number = 0; number < listed.length; number++) {
        Instant until = wanted(needs.newest[number]);
        if (!listed[number] || until == null) {
          continue;
        }
        needed++;
        if (known[number] < seconds(until)) {
          todo = count == todo.length ? Arrays.copyOf(todo, 2 * count) : todo;
          todo[count++] = number;
        }
      }
      for (int from = 0; from < count; from += BATCH) {
        int[] batch = Arrays.copyOfRange(todo, from, Math.min(count, from + BATCH));
        List<ObjectKey> keys = Arrays.stream(batch).mapToObj(needs::key).toList();
        List<Instant> held =
            Locks.each(
                keys,
                key ->
                    extend(
                        key,
                        Instant.ofEpochSecond(needs.newest[needs.find(key.pack().orElseThrow())])));
        for (int i = 0; i < batch.length; i++) {
          known[batch[i]] = seconds(held.get(i));
        }
        save();
      }
    }

    /**
     * Manifests by their own time; keys, index and vault documents by the newest that needs them.
     */
    private void extendOthers() throws RegionException, IOException, InterruptedException {
      TreeMap<String, Long> wanted = new TreeMap<>();
      long newestOfAll = 0;
      for (TenantId tenant : tenants) {
        long newest = 0;
        for (ObjectInfo manifest : list(Forgetting.SNAPSHOTS + tenant.hex() + "/")) {
          long time = seconds(RecordNames.time(manifest.key().lastSegment()));
          newest = Math.max(newest, time);
          wanted.put(manifest.key().value(), time);
        }
        if (newest == 0) {
          continue;
        }
        newestOfAll = Math.max(newestOfAll, newest);
        for (ObjectInfo key : list("keys/" + tenant.hex() + "/")) {
          wanted.put(key.key().value(), newest);
        }
        indexes(tenant, wanted);
      }
      for (ObjectInfo document : list("vault/")) {
        wanted.put(document.key().value(), newestOfAll);
      }
      last = newestOfAll == 0 ? null : rule.until(Instant.ofEpochSecond(newestOfAll));
      List<ObjectKey> todo = new ArrayList<>();
      wanted.forEach((key, newest) -> {
        Instant until = wanted(newest);
        if (until == null) {
          return;
        }
        needed++;
        if (others.getOrDefault(key, 0L) < seconds(until)) {
          todo.add(new ObjectKey(key));
        }
      });
      for (int from = 0; from < todo.size(); from += BATCH) {
        List<ObjectKey> batch = todo.subList(from, Math.min(todo.size(), from + BATCH));
        List<Instant> held =
            Locks.each(
                batch,
                key -> extend(key, Instant.ofEpochSecond(wanted.getOrDefault(key.value(), 0L))));
        for (int i = 0; i < batch.size(); i++) {
          others.put(batch.get(i).value(), seconds(held.get(i)));
        }
      }
    }

    private List<ObjectInfo> list(String prefix) throws RegionException {
      return regions.in(
          name,
          region -> {
            List<ObjectInfo> infos = new ArrayList<>();
            region.list(prefix, infos::add);
            return infos;
          });
    }

    /** An index object is needed as long as a pack is that it describes. */
    private void indexes(TenantId tenant, Map<String, Long> wanted)
        throws RegionException, IOException, InterruptedException {
      List<ObjectInfo> listed = list("index/" + tenant.hex() + "/");
      if (listed.isEmpty()) {
        return;
      }
      Path file =
          use.directory().resolve("index").resolve(name.value()).resolve(tenant.hex() + ".packs");
      new IndexTable(file, use.binding())
          .visit(
              listed,
              object -> packs(object.key()),
              (object, packs) ->
                  wanted.put(
                      object.key().value(), packs.stream().mapToLong(needs::of).max().orElse(0)));
    }

    private @Nullable Collection<PackId> packs(ObjectKey key) {
      try {
        byte[] bytes = regions.in(name, region -> region.read(key));
        return indexes.of(key, bytes);
      } catch (RegionException e) {
        problem(key, e);
      } catch (VaultException e) {
        problem(key, e);
      }
      return null;
    }

    /** Until when the object is locked now; the far past if that could not be done. */
    private Instant extend(ObjectKey key, Instant newestSnapshot) throws RegionException {
      Instant until = rule.until(newestSnapshot);
      try {
        Instant held = regions.in(name, region -> region.lockedUntil(key)).orElse(Instant.EPOCH);
        if (!held.isBefore(until)) {
          return held;
        }
        Instant now = regions.in(name, region -> region.extendLock(key, until.plus(rule.slack())));
        synchronized (this) {
          extended++;
        }
        return now;
      } catch (RegionException.Missing e) {
        return Instant.EPOCH; // Verification tells of what is missing.
      } catch (RegionException.Permanent e) {
        problem(key, e);
        return Instant.EPOCH;
      }
    }

    private synchronized void problem(ObjectKey key, Exception why) {
      if (problems.size() < 20) {
        problems.add(
            "%s is not locked as long as it should be: %s".formatted(key, why.getMessage()));
      }
    }

    private void save() throws IOException {
      locks
          .book(name)
          .write(out -> {
            for (int number = 0; number < known.length; number++) {
              if (known[number] > 0) {
                out.row(needs.key(number).value(), Instant.ofEpochSecond(known[number]));
              }
            }
            for (Map.Entry<String, Long> row : others.entrySet()) {
              if (row.getValue() > 0) {
                out.row(row.getKey(), Instant.ofEpochSecond(row.getValue()));
              }
            }
          });
    }
  }
}
