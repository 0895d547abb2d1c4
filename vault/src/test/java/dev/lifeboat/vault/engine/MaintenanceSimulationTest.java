package dev.lifeboat.vault.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.Forgetting;
import dev.lifeboat.vault.reclaim.Holds;
import dev.lifeboat.vault.reclaim.Reclaimer;
import dev.lifeboat.vault.reclaim.Reclamation;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.Repacked;
import dev.lifeboat.vault.reclaim.Retention;
import dev.lifeboat.vault.reclaim.RetentionPolicy;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.snapshot.PackReference;
import dev.lifeboat.vault.snapshot.SnapshotId;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.io.IOException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Six weeks of nights of two datasets of one tenant, with real packs: capture, retention with pins,
 * repacking and reclamation, each of them killed at some storage operation on many nights. What
 * exists restores exactly, every night; in the end nothing is left that nobody needs. {@code
 * -Dlifeboat.simulation.seed=N} repeats one.
 */
class MaintenanceSimulationTest {
  private static final int NIGHTS = 42;
  private static final int SIMULATIONS = Integer.getInteger("lifeboat.simulation.nights", 1);
  private static final EngineSettings SMALL =
      EngineSettings.DEFAULT.withPackBytes(700_000).withPacksPerIndex(2);
  private static final Repacking.Settings REPACK =
      new Repacking.Settings(0.5, 2_000_000, 700_000, 3);
  private static final RetentionPolicy KEEP = new RetentionPolicy(2, 0, 4, 2, 0, 0, ZoneOffset.UTC);
  private static final List<DatasetName> DATASETS =
      List.of(new DatasetName("uploads"), new DatasetName("mail"));

  static List<Long> seeds() {
    Long one = Long.getLong("lifeboat.simulation.seed");
    if (one != null) {
      return List.of(one);
    }
    List<Long> seeds = new ArrayList<>();
    for (long seed = 1; seed <= SIMULATIONS; seed++) {
      seeds.add(seed);
    }
    return seeds;
  }

  private static final class Simulation {
    private final VaultFixture fixture;
    private final Random dice;
    private final Map<SnapshotId, Map<String, byte[]>> expected = new HashMap<>();
    private final Map<DatasetName, Map<String, byte[]>> files = new HashMap<>();
    private final Map<SnapshotId, Holds.Hold> pinned = new HashMap<>();
    private int killed;
    private long repacked;
    private long swept;
    private long forgotten;

    private Simulation(long seed, VaultFixture fixture) {
      this.fixture = fixture;
      this.dice = new Random(seed);
      DATASETS.forEach(dataset -> files.put(dataset, new LinkedHashMap<>()));
    }

    private interface Work {
      void run() throws Exception;
    }

    /** As a process that may be killed: from some operation on, no region answers it. */
    private void process(boolean mayDie, Work work) throws Exception {
      if (mayDie && dice.nextInt(3) == 0) {
        AtomicInteger left = new AtomicInteger(dice.nextInt(60));
        for (HookedRegion region : fixture.regions()) {
          region.hook((operation, what) -> {
            if (left.getAndDecrement() <= 0) {
              throw new RegionException.Permanent(region.name(), operation + " " + what, null);
            }
          });
        }
        try {
          work.run();
        } catch (VaultException e) {
          killed++;
        } finally {
          fixture.regions().forEach(HookedRegion::up);
        }
      } else {
        work.run();
      }
    }

    private void night(int night, boolean mayDie) throws Exception {
      for (DatasetName dataset : DATASETS) {
        Map<String, byte[]> now = change(night, files.getOrDefault(dataset, Map.of()));
        files.put(dataset, now);
        process(
            mayDie,
            () -> {
              try (SnapshotWriter writer =
                  fixture.open().begin(fixture.host(), VaultFixture.TENANT, dataset, "test")) {
                Committed committed = writer.commit(fixture.captured(writer, now));
                expected.put(committed.snapshot().header().id(), now);
              }
            });
        learn(dataset, now);
        fixture.clock().advance(Duration.ofHours(1));
      }
      process(mayDie, this::retain);
      process(mayDie, this::reclaim);
      process(
          mayDie,
          () -> {
            repacked +=
                fixture
                    .open()
                    .repack(
                        fixture.host(),
                        VaultFixture.TENANT,
                        List.of(fixture.tenant()),
                        REPACK,
                        false)
                    .packs();
          });
      fixture.clock().advance(Duration.ofHours(22));
    }

    /** A commit that was killed behind a manifest made a snapshot all the same. */
    private void learn(DatasetName dataset, Map<String, byte[]> now) {
      for (SnapshotRecord snapshot : fixture.open().snapshots(fixture.tenant().write())) {
        if (snapshot.header().dataset().equals(dataset)) {
          expected.putIfAbsent(snapshot.header().id(), now);
        }
      }
    }

    /** Some files stay for ever, some change now and then, one is new. */
    private Map<String, byte[]> change(int night, Map<String, byte[]> before) {
      Map<String, byte[]> now = new LinkedHashMap<>(before);
      now.put("f" + night % 6, VaultFixture.bytes(dice.nextLong(), 130_000));
      now.put("g" + dice.nextInt(6), VaultFixture.bytes(dice.nextLong(), 290_000));
      if (night % 5 == 0) {
        now.put("stays" + night, VaultFixture.bytes(dice.nextLong(), 270_000));
      }
      return now;
    }

    private void retain() throws Exception {
      Vault vault = fixture.open();
      Records records = Records.of(fixture.host(), fixture.document());
      List<SnapshotRecord> snapshots = vault.snapshots(fixture.tenant().write());
      if (dice.nextInt(5) == 0) {
        SnapshotRecord one = snapshots.get(dice.nextInt(snapshots.size()));
        Holds.Hold hold =
            Holds.place(
                vault.regions(),
                records,
                fixture.random(),
                fixture.clock().instant(),
                Holds.scope(one.key()),
                "test");
        pinned.put(one.header().id(), hold);
      }
      if (dice.nextInt(8) == 0 && !pinned.isEmpty()) {
        Map.Entry<SnapshotId, Holds.Hold> one = pinned.entrySet().iterator().next();
        Holds.Hold hold = one.getValue();
        pinned.remove(one.getKey());
        Holds.release(vault.regions(), records, hold, "test");
      }
      Holds holds = Holds.read(vault.regions(), records);
      Forgetting forgetting = new Forgetting(vault.regions(), records);
      Forgetting.Report _ = forgetting.resume(holds);
      for (Retention.Decision decision : Retention.decide(snapshots, (_, _) -> KEEP, holds)) {
        if (!decision.keep()) {
          Forgetting.Report _ = forgetting.forget(decision.snapshot(), decision.reason(), holds);
          forgotten++;
        }
      }
    }

    private void reclaim() throws InterruptedException {
      for (Reclamation result :
          fixture
              .reclaimer(fixture.open(), new Reclaimer.Settings(Duration.ofHours(20), false))
              .run(false)
              .values()) {
        if (result instanceof Reclamation.Done done) {
          swept += done.sweptPacks();
        }
      }
    }

    /** Everything that exists, out of the regions. */
    private Set<PackId> check() throws IOException {
      Vault vault = fixture.open();
      Set<PackId> referenced = new HashSet<>();
      Set<SnapshotId> there = new HashSet<>();
      for (SnapshotRecord snapshot : vault.snapshots(fixture.tenant().write())) {
        there.add(snapshot.header().id());
        fixture.references(snapshot).stream().map(PackReference::pack).forEach(referenced::add);
        try (SnapshotView view = vault.open(snapshot, fixture.tenant())) {
          RoundTripTest.assertHolds(view, expected.getOrDefault(snapshot.header().id(), Map.of()));
        }
      }
      assertThat(there).containsAll(pinned.keySet());
      return referenced;
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void nights_killedNowAndThen_loseNothingAndLeaveNothing(long seed) throws Exception {
    try (VaultFixture fixture = VaultFixture.inMemory().with(SMALL)) {
      Simulation simulation = new Simulation(seed, fixture);
      for (int night = 0; night < NIGHTS; night++) {
        simulation.night(night, true);
        if (night % 6 == 5) {
          assertThat(simulation.check()).as("seed %d, night %d", seed, night).isNotEmpty();
        }
      }
      assertThat(simulation.killed).isGreaterThan(10);
      assertThat(simulation.repacked).isGreaterThan(5);
      assertThat(simulation.forgotten).isGreaterThan(10);
      assertThat(simulation.swept).isGreaterThan(10);
      // From here on nobody writes: what is garbage goes, the copies of no use too.
      for (int day = 0; day < Repacked.PICKED_UP.toDays() + 4; day++) {
        simulation.retain();
        simulation.reclaim();
        fixture.clock().advance(Duration.ofDays(1));
      }
      Set<PackId> referenced = simulation.check();
      for (int region = 0; region < 2; region++) {
        Set<PackId> packs = new HashSet<>();
        for (ObjectKey key : fixture.objects(region).keySet()) {
          if (key.value().startsWith(ObjectKey.PACKS)) {
            packs.add(PackId.parse(key.lastSegment()));
          }
        }
        assertThat(packs).as("seed %d", seed).isEqualTo(referenced);
      }
    } catch (Exception | AssertionError e) {
      throw new AssertionError("seed " + seed, e);
    }
  }
}
