package dev.lifeboat.vault.reclaim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.FaultyRegion.Fault;
import dev.lifeboat.vault.region.FaultyRegion.Operation;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.PutReport;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.replicate.ReplicationProgress;
import dev.lifeboat.vault.replicate.Replicator;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Weeks of writers, crashes, suspended hosts, outages, pins, forgetting, repacking, replication and
 * reclamation, in random order, with steps of writers and whole other reclamations in between any
 * two calls that reclamation and replication make on a region, and every one of them killed at some
 * call now and then. {@code -Dlifeboat.simulation.seed=N} repeats one schedule. (Which of two
 * regions is listed first is up to the threads, not to the seed.)
 */
class ReclamationSimulationTest {
  private static final int SCHEDULES = Integer.getInteger("lifeboat.simulation.schedules", 50);
  private static final int STEPS = 60;
  private static final Duration GRACE = Duration.ofHours(6);

  static List<Long> seeds() {
    Long one = Long.getLong("lifeboat.simulation.seed");
    if (one != null) {
      return List.of(one);
    }
    List<Long> seeds = new ArrayList<>();
    for (long seed = 1; seed <= SCHEDULES; seed++) {
      seeds.add(seed);
    }
    return seeds;
  }

  private static final class Simulation implements AutoCloseable {
    private final World world;
    private final Random dice;
    private final long seed;
    private final List<Writer> writers = new ArrayList<>();
    private final AtomicBoolean nested = new AtomicBoolean();
    private final boolean[] out = new boolean[3];
    private volatile boolean interleaving;
    private volatile @Nullable AssertionError broken;
    private final Map<ObjectKey, Pinned> pinned = new HashMap<>();
    private volatile boolean killed;
    private volatile boolean calm;
    private final AtomicInteger countdown = new AtomicInteger();
    private int committed;
    private int swept;
    private int repacked;
    private int rivals;
    private int conflicts;

    private Simulation(long seed) {
      this.seed = seed;
      this.world = new World(seed, 3, 2);
      this.dice = new Random(seed * 31);
      for (int i = 0; i < 3; i++) {
        int region = i;
        world.faulty.get(i).follow((operation, _) -> onCall(region, operation));
      }
    }

    @Override
    public void close() {
      // The region does nothing on its own any more.
      world.faulty.forEach(region -> region.follow((_, _) -> null));
      world.close();
    }

    /** Before every call on a region: perhaps others act first, perhaps the region is out. */
    private @Nullable Fault onCall(int region, Operation operation) {
      if (interleaving
          && !nested.get()
          && countdown.get() > 0
          && countdown.decrementAndGet() == 0) {
        killed = true;
      }
      if (killed && !nested.get()) {
        return new Fault.Broken("killed");
      }
      if (interleaving && nested.compareAndSet(false, true)) {
        try {
          synchronized (dice) {
            int roll = dice.nextInt(60);
            if (roll < 10 && !writers.isEmpty()) {
              step(writers.get(dice.nextInt(writers.size())));
              check();
            } else if (roll == 10 && !calm && operation != Operation.DELETE) {
              // Amid a removal nobody could tell: docs/crash-windows.md names that window.
              rival();
              check();
            }
          }
        } catch (AssertionError e) {
          broken = e;
        } finally {
          nested.set(false);
        }
      }
      return out[region] ? new Fault.Busy() : null;
    }

    /** Another host reclaims, perhaps after this one slept for longer than its lease lasts. */
    private void rival() {
      boolean slept = dice.nextBoolean();
      // Never at the very same moment: then it would wait for the other to withdraw, which stands
      // still meanwhile, for longer than a region may leave a call unanswered.
      world.time.pass(slept ? Lease.TTL.plusHours(1 + dice.nextInt(8)) : Duration.ofSeconds(1));
      try {
        count(reclaimer("other").run(false).values());
        rivals++;
      } catch (VaultException.Conflict e) {
        conflicts++;
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    private void step(Writer writer) {
      try {
        writer.step();
      } catch (VaultException.Unreachable e) {
        writers.remove(writer);
      } catch (RegionException e) {
        throw new AssertionError(e);
      }
      if (writer.done) {
        writers.remove(writer);
      }
      world.time.pass(Duration.ofMinutes(dice.nextInt(20)));
    }

    private void run() throws Exception {
      for (int i = 0; i < STEPS; i++) {
        act();
        check();
      }
      assertCleanInTheEnd();
    }

    private void act() throws Exception {
      int roll = dice.nextInt(100);
      if (roll < 20) {
        try {
          writers.add(new Writer());
        } catch (VaultException.Unreachable e) {
          // No region takes its lease: it does not even begin.
        }
      } else if (roll < 55) {
        if (!writers.isEmpty()) {
          step(writers.get(dice.nextInt(writers.size())));
        }
      } else if (roll < 62) {
        if (!writers.isEmpty()) {
          writers.remove(dice.nextInt(writers.size())); // Killed: its lease is never ended.
        }
      } else if (roll < 70) {
        int region = dice.nextInt(3);
        out[region] = !out[region];
      } else if (roll < 74) {
        forget();
      } else if (roll < 77) {
        repack();
      } else if (roll < 79) {
        pin();
      } else if (roll < 84) {
        replicate();
      } else if (roll < 95) {
        reclaim();
      } else {
        // Long enough for everything to expire: whoever wakes up behind it was suspended.
        world.time.pass(Duration.ofHours(dice.nextInt(40)));
      }
    }

    private void count(Collection<Reclamation> results) {
      for (Reclamation result : results) {
        if (result instanceof Reclamation.Done done) {
          swept += (int) done.sweptPacks();
        }
      }
    }

    private Reclaimer reclaimer(String host) {
      return new Reclaimer(
          world.session(),
          world.records,
          Set.of(World.ACME),
          world::references,
          world::packs,
          world.random,
          world.time,
          new UpkeepCache(world.scratch.resolve("upkeep-" + host), new Digest(1, 2, 3, 4)),
          new Reclaimer.Settings(GRACE, false));
    }

    /** Work during which others act, and which is killed at some call now and then. */
    private interface Work {
      void run() throws Exception;
    }

    private void interleaved(Work work) throws Exception {
      interleaving = true;
      countdown.set(!calm && dice.nextInt(4) == 0 ? 1 + dice.nextInt(80) : 0);
      try {
        work.run();
      } catch (VaultException e) {
        // Too few regions, somebody else at it, or killed: whatever was done was done rightly.
      } finally {
        interleaving = false;
        countdown.set(0);
        killed = false;
      }
    }

    private void reclaim() throws Exception {
      interleaved(() -> count(reclaimer("host").run(false).values()));
    }

    private void replicate() throws Exception {
      interleaved(() -> {
        var _ =
            new Replicator(
                    world.session(), world.records, world::references, world.random, world.scratch)
                .run(World.HOLDER, ReplicationProgress.SILENT);
      });
    }

    /** As the engine does it: new packs, then the record of them. */
    private void repack() throws Exception {
      interleaved(() -> {
        RegionSet regions = world.session();
        try (Lease lease = Lease.acquire(regions, world.records, world.random, World.HOLDER)) {
          List<ObjectKey> manifests = world.list(dice.nextInt(3), "snapshots/");
          if (manifests.isEmpty()) {
            return;
          }
          ObjectKey newest = manifests.getLast();
          Set<PackId> old = new TreeSet<>(world.packs(newest, regions.read(newest, _ -> true)));
          byte[] pack = world.pack(World.ACME, 20);
          PutReport report =
              regions.put(ObjectKey.of(World.id(pack)), ByteBuffer.wrap(pack), lease.held());
          if (!report.reaches(2)) {
            return;
          }
          ObjectKey key = Repacked.newKey(world.time.instant(), world.random);
          byte[] record = Repacked.encode(world.records, old, Set.of(World.id(pack)), key);
          repacked += regions.put(key, ByteBuffer.wrap(record)).held().size();
        }
      });
    }

    private record Pinned(Holds.Hold hold, Set<Integer> regions) {}

    private void pin() throws Exception {
      List<ObjectKey> manifests = world.list(dice.nextInt(3), "snapshots/");
      if (manifests.isEmpty()) {
        return;
      }
      ObjectKey manifest = manifests.get(dice.nextInt(manifests.size()));
      try {
        Pinned before = pinned.get(manifest);
        if (before != null) {
          Holds.release(world.session(), world.records, before.hold(), "the dice said so");
          pinned.remove(manifest);
          return;
        }
        Holds.Hold hold =
            Holds.place(
                world.session(),
                world.records,
                world.random,
                world.time.instant(),
                Holds.scope(manifest),
                "the dice said so");
        Set<Integer> regions = new HashSet<>();
        for (int region = 0; region < 3; region++) {
          if (world.has(region, manifest)) {
            regions.add(region);
          }
        }
        pinned.put(manifest, new Pinned(hold, regions));
      } catch (VaultException.Unreachable e) {
        // Too few regions: whoever asked knows that it may not count.
        pinned.remove(manifest);
      }
    }

    private void forget() throws Exception {
      int region = dice.nextInt(3);
      List<ObjectKey> manifests = world.list(region, "snapshots/");
      if (manifests.isEmpty()) {
        return;
      }
      ObjectKey manifest = manifests.get(dice.nextInt(manifests.size()));
      interleaved(() -> {
        Forgetting forgetting = new Forgetting(world.session(), world.records);
        Holds holds = Holds.read(world.session(), world.records);
        if (dice.nextBoolean()) {
          var _ = forgetting.forget(world.snapshot(manifest, region), "the dice said so", holds);
        } else {
          var _ = forgetting.resume(holds);
        }
      });
    }

    /** Every manifest in every region has all of its packs there. */
    private void check() {
      AssertionError earlier = broken;
      if (earlier != null) {
        throw earlier;
      }
      try {
        for (Map.Entry<ObjectKey, Pinned> pin : pinned.entrySet()) {
          for (int region : pin.getValue().regions()) {
            if (!world.has(region, pin.getKey())) {
              throw new AssertionError(
                  "seed %d: region r%d lost the pinned %s".formatted(seed, region, pin.getKey()));
            }
          }
        }
        for (int region = 0; region < 3; region++) {
          for (ObjectKey manifest : world.list(region, "snapshots/")) {
            for (PackId pack : world.packs(manifest, world.memory(region).read(manifest))) {
              if (!world.has(region, pack)) {
                throw new AssertionError(
                    "seed %d: region r%d lost pack %s of %s"
                        .formatted(seed, region, pack, manifest));
              }
            }
          }
        }
      } catch (RegionException.Missing e) {
        // Forgotten between listing and reading, by a nested step.
      } catch (RegionException e) {
        throw new AssertionError(e);
      }
    }

    private void assertCleanInTheEnd() throws Exception {
      writers.clear();
      Arrays.fill(out, false);
      // Each rival costs the other a night; that there comes an end is meant for when none is
      // there.
      calm = true;
      world.time.pass(Duration.ofDays(2));
      assertThat(
              new Forgetting(world.session(), world.records)
                  .resume(Holds.read(world.session(), world.records))
                  .remaining())
          .isEmpty();
      var replicated =
          new Replicator(
                  world.session(), world.records, world::references, world.random, world.scratch)
              .run(World.HOLDER, ReplicationProgress.SILENT);
      // A manifest may have to wait for the sweep that lets go of its packs.
      for (int night = 0; night < 4; night++) {
        world.time.pass(Duration.ofDays(1));
        reclaim();
        check();
        replicated =
            new Replicator(
                    world.session(), world.records, world::references, world.random, world.scratch)
                .run(World.HOLDER, ReplicationProgress.SILENT);
        check();
      }
      assertThat(replicated.complete()).as("seed %d: %s", seed, replicated).isTrue();
      // Copies that no snapshot has taken up, and records of repacking, go after their time.
      for (int night = 0; night < 4; night++) {
        world.time.pass(Repacked.PICKED_UP);
        reclaim();
        check();
      }
      Set<PackId> referenced = new HashSet<>();
      for (ObjectKey manifest : world.list(0, "snapshots/")) {
        referenced.addAll(world.packs(manifest, world.memory(0).read(manifest)));
      }
      for (int region = 0; region < 3; region++) {
        Set<PackId> left = new HashSet<>();
        world
            .list(region, ObjectKey.PACKS)
            .forEach(key -> left.add(PackId.parse(key.lastSegment())));
        assertThat(left).as("seed %d region r%d", seed, region).isEqualTo(referenced);
        // A record of repacking stays as long as one of its old packs.
        assertThat(world.list(region, Trash.PREFIX))
            .as("seed %d", seed)
            .allMatch(key -> key.value().startsWith(Repacked.PREFIX) && isNeeded(key, referenced));
      }
    }

    private boolean isNeeded(ObjectKey record, Set<PackId> referenced) {
      try {
        for (int region = 0; region < 3; region++) {
          if (world.has(region, record)) {
            return Repacked.parse(
                    world.memory(region).stat(record).orElseThrow(),
                    world.records.insecureBodyOf(
                        Records.Kind.REPACKED, record.value(), world.memory(region).read(record)))
                .packs()
                .stream()
                .anyMatch(referenced::contains);
          }
        }
        return false;
      } catch (RegionException e) {
        throw new AssertionError(e);
      }
    }

    /** A backup session, one step at a time. */
    private final class Writer {
      private final RegionSet regions = world.session();
      private final Map<RegionName, Set<PackId>> there = new HashMap<>();
      private final Set<PackId> uses = new HashSet<>();
      private final Lease lease = Lease.acquire(regions, world.records, world.random, World.HOLDER);
      private boolean done;

      private void step() throws RegionException {
        if (there.isEmpty()) {
          look();
        } else if (dice.nextInt(4) > 0) {
          if (dice.nextInt(3) > 0) {
            Set<RegionName> _ = lease.renew();
          }
          use();
        } else {
          commit();
        }
      }

      private void look() {
        for (RegionName name : lease.held()) {
          try {
            Region region = regions.region(name).orElseThrow();
            Trash.Seen seen = Trash.seen(region, world.records);
            Set<PackId> listed = new HashSet<>();
            region.list(ObjectKey.PACKS, i -> listed.add(PackId.parse(i.key().lastSegment())));
            listed.removeAll(seen.marked());
            if (dice.nextInt(3) > 0) {
              // Mostly there is a copy to be used instead.
              listed.removeAll(seen.repacked());
            }
            there.put(name, listed);
          } catch (RegionException e) {
            // Without a listing nothing counts as present there: left out of this session.
          }
        }
        if (there.isEmpty()) {
          done = true;
        }
      }

      private void use() {
        List<PackId> known =
            there.values().stream().flatMap(Set::stream).distinct().sorted().toList();
        if (!known.isEmpty() && dice.nextBoolean()) {
          uses.add(known.get(dice.nextInt(known.size())));
        } else {
          byte[] pack = world.pack(World.ACME, 20);
          PutReport report =
              regions.put(ObjectKey.of(World.id(pack)), ByteBuffer.wrap(pack), there.keySet());
          report
              .held()
              .forEach(name -> there.getOrDefault(name, new HashSet<>()).add(World.id(pack)));
          uses.add(World.id(pack));
        }
      }

      private void commit() {
        done = true;
        if (uses.isEmpty()) {
          return;
        }
        Set<RegionName> to = new TreeSet<>(lease.renew());
        to.removeIf(name -> !there.getOrDefault(name, Set.of()).containsAll(uses));
        ObjectKey key = world.manifestKey(World.ACME);
        PutReport report = regions.put(key, ByteBuffer.wrap(world.lines(uses)), to);
        committed += report.held().size();
        lease.close();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void reclaim_randomSchedule_neverTakesAReferencedPackAndTakesTheOthersInTheEnd(long seed)
      throws Exception {
    try (Simulation simulation = new Simulation(seed)) {
      simulation.run();
    } catch (Exception | AssertionError e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  @Test
  void schedules_takenTogether_commitAndSweep() throws Exception {
    int committed = 0;
    int swept = 0;
    int repacked = 0;
    int rivals = 0;
    int conflicts = 0;
    // How much happens under a seed is up to threads too: more of them if need be.
    for (long seed = 1001;
        seed <= 1010 || (seed <= 1080 && (repacked <= 5 || rivals <= 2 || conflicts <= 2));
        seed++) {
      try (Simulation simulation = new Simulation(seed)) {
        simulation.run();
        committed += simulation.committed;
        swept += simulation.swept;
        repacked += simulation.repacked;
        rivals += simulation.rivals;
        conflicts += simulation.conflicts;
      }
    }
    // A simulation in which nothing happens would prove nothing.
    assertThat(committed).isGreaterThan(20);
    assertThat(swept).isGreaterThan(20);
    assertThat(repacked).isGreaterThan(5);
    assertThat(rivals).isGreaterThan(2);
    assertThat(conflicts).isGreaterThan(2);
  }
}
