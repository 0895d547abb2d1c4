package dev.lifeboat.vault.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.Forgetting;
import dev.lifeboat.vault.reclaim.Holds;
import dev.lifeboat.vault.reclaim.Reclaimer;
import dev.lifeboat.vault.reclaim.Reclamation;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.Repacked;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.snapshot.Fragmentation;
import dev.lifeboat.vault.snapshot.PackReference;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What repacking does to packs, to the snapshots that are there, and to the next ones. */
class RepackTest {
  private static final int PACK = 1_650_000;
  private static final EngineSettings SMALL =
      EngineSettings.DEFAULT.withPackBytes(PACK).withPacksPerIndex(3);
  private static final Repacking.Settings HOW =
      new Repacking.Settings(0.5, Long.MAX_VALUE, 2_000_000, 3);

  /** Of the files of a night, one stays for ever and the others are new the next night. */
  private static Map<String, byte[]> files(int night) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int old = 0; old <= night; old++) {
      files.put("stays-%02d".formatted(old), VaultFixture.bytes(1000L + old, 270_000));
    }
    for (int i = 0; i < 5; i++) {
      files.put("goes-" + i, VaultFixture.bytes(100L * night + i + 50_000, 270_000));
    }
    return files;
  }

  private static Map<SnapshotRecord, Map<String, byte[]>> nights(VaultFixture fixture, int nights) {
    Map<SnapshotRecord, Map<String, byte[]>> all = new LinkedHashMap<>();
    for (int night = 0; night < nights; night++) {
      all.put(fixture.night(fixture.open(), files(night)).snapshot(), files(night));
    }
    return all;
  }

  private static Repacking.Report repack(VaultFixture fixture, Vault vault, boolean planOnly)
      throws InterruptedException {
    return vault.repack(
        fixture.host(), VaultFixture.TENANT, List.of(fixture.tenant()), HOW, planOnly);
  }

  private static Fragmentation fragmentation(VaultFixture fixture, SnapshotRecord snapshot) {
    return fixture.open().fragmentation(snapshot, List.of(fixture.tenant().write()));
  }

  private static Set<PackId> packs(VaultFixture fixture, SnapshotRecord snapshot) {
    return fixture.references(snapshot).stream()
        .map(PackReference::pack)
        .collect(Collectors.toSet());
  }

  private static void assertAllHold(
      VaultFixture fixture, Map<SnapshotRecord, Map<String, byte[]>> expected) throws IOException {
    Vault vault = fixture.open();
    for (Map.Entry<SnapshotRecord, Map<String, byte[]>> entry : expected.entrySet()) {
      try (SnapshotView view = vault.open(entry.getKey(), fixture.tenant())) {
        RoundTripTest.assertHolds(view, entry.getValue());
      }
    }
  }

  private static Set<ObjectKey> keys(VaultFixture fixture, int region) {
    return Set.copyOf(fixture.objects(region).keySet());
  }

  @Test
  void repack_scatteredSnapshot_nextNightLiesTogetherAndReadsNothingAgain() throws Exception {
    try (VaultFixture fixture = VaultFixture.inMemory().with(SMALL)) {
      Map<SnapshotRecord, Map<String, byte[]>> all = nights(fixture, 10);
      SnapshotRecord last = all.keySet().stream().reduce((_, next) -> next).orElseThrow();
      Fragmentation before = fragmentation(fixture, last);
      Set<ObjectKey> objects = keys(fixture, 0);

      Repacking.Report report = repack(fixture, fixture.open(), false);

      assertThat(report.packs()).isGreaterThan(6);
      assertThat(report.newPacks()).isLessThan(report.packs() / 2);
      assertThat(report.damaged()).isEmpty();
      assertThat(report.left()).isZero();
      // Nothing that was there is gone or changed.
      assertThat(keys(fixture, 0)).containsAll(objects);
      assertAllHold(fixture, all);

      long stored = fixture.region(0).packBytes();
      Map<String, byte[]> same = files(9);
      SnapshotRecord next = fixture.night(fixture.open(), same).snapshot();
      // The new manifest refers to the copies, and nothing was stored for that.
      assertThat(fixture.region(0).packBytes() - stored).isLessThan(10_000);
      all.put(next, same);
      Fragmentation after = fragmentation(fixture, next);
      assertThat(after.packs()).isLessThan(before.packs() / 2);
      assertThat(after.liveShare()).isGreaterThan(before.liveShare() * 1.5);
      assertAllHold(fixture, all);
      // What was repacked is not repacked again.
      assertThat(repack(fixture, fixture.open(), false).packs()).isZero();
    }
  }

  @Test
  void repack_plan_tellsTheSameAndChangesNothing() throws Exception {
    try (VaultFixture fixture = VaultFixture.inMemory().with(SMALL)) {
      nights(fixture, 10);
      Set<ObjectKey> objects = keys(fixture, 0);
      Repacking.Report plan =
          fixture.open().repack(fixture.host(), VaultFixture.TENANT, List.of(), HOW, true);
      assertThat(keys(fixture, 0)).isEqualTo(objects);
      Repacking.Report report = repack(fixture, fixture.open(), false);
      assertThat(plan.packs()).isEqualTo(report.packs());
      assertThat(plan.packBytes()).isEqualTo(report.packBytes());
      assertThat(plan.readBytes())
          .isBetween(report.readBytes() * 9 / 10, report.readBytes() * 11 / 10);
    }
  }

  @Test
  void repack_oldSnapshotsForgotten_oldPacksGoAndTheCopiesStay() throws Exception {
    try (VaultFixture fixture = VaultFixture.inMemory().with(SMALL)) {
      Map<SnapshotRecord, Map<String, byte[]>> all = nights(fixture, 10);
      SnapshotRecord last = all.keySet().stream().reduce((_, next) -> next).orElseThrow();
      Set<PackId> old = packs(fixture, last);
      assertThat(repack(fixture, fixture.open(), false).packs()).isPositive();
      reclaim(fixture, 1);
      // Nothing refers to the copies yet, and they are not taken for garbage.
      assertThat(fixture.objects(0).keySet())
          .noneMatch(key ->
              key.value().startsWith("trash/") && !key.value().startsWith("trash/repacked/"));
      Map<String, byte[]> same = files(9);
      SnapshotRecord next = fixture.night(fixture.open(), same).snapshot();
      Vault vault = fixture.open();
      Forgetting forgetting =
          new Forgetting(vault.regions(), Records.of(fixture.host(), fixture.document()));
      for (SnapshotRecord snapshot : all.keySet()) {
        assertThat(forgetting.forget(snapshot, "old", Holds.NONE).remaining()).isEmpty();
      }
      reclaim(fixture, 14);
      Set<PackId> needed = packs(fixture, next);
      assertThat(needed)
          .doesNotContainAnyElementsOf(
              old.stream().filter(pack -> !needed.contains(pack)).toList());
      for (int region = 0; region < 2; region++) {
        assertThat(
                fixture.objects(region).keySet().stream()
                    .filter(key -> key.value().startsWith(ObjectKey.PACKS))
                    .map(key -> PackId.parse(key.lastSegment())))
            .containsExactlyInAnyOrderElementsOf(needed);
        // The record goes when nobody needs it any more.
        assertThat(fixture.objects(region).keySet())
            .noneMatch(key -> key.value().startsWith("trash/"));
      }
      assertAllHold(fixture, Map.of(next, same));
    }
  }

  @Test
  void repack_datasetNotBackedUpAnyMore_copiesGoInTheEnd() throws Exception {
    try (VaultFixture fixture = VaultFixture.inMemory().with(SMALL)) {
      Map<SnapshotRecord, Map<String, byte[]>> all = nights(fixture, 10);
      Set<ObjectKey> before = keys(fixture, 0);
      assertThat(repack(fixture, fixture.open(), false).packs()).isPositive();
      reclaim(fixture, (int) Repacked.PICKED_UP.toDays() + 4);
      assertThat(
              fixture.objects(0).keySet().stream()
                  .filter(key -> key.value().startsWith(ObjectKey.PACKS)))
          .allMatch(before::contains);
      assertAllHold(fixture, all);
      // Whoever comes later still finds everything in the old packs.
      long stored = fixture.region(0).packBytes();
      Map<String, byte[]> same = files(9);
      all.put(fixture.night(fixture.open(), same).snapshot(), same);
      assertThat(fixture.region(0).packBytes() - stored).isLessThan(10_000);
      assertAllHold(fixture, all);
    }
  }

  @Test
  void repack_budget_takesThoseFirstThatGiveMostAndLeavesTheRest() throws Exception {
    try (VaultFixture fixture = VaultFixture.inMemory().with(SMALL)) {
      nights(fixture, 12);
      Repacking.Settings little = new Repacking.Settings(0.5, 900_000, 2_000_000, 3);
      Repacking.Report first =
          fixture
              .open()
              .repack(
                  fixture.host(), VaultFixture.TENANT, List.of(fixture.tenant()), little, false);
      assertThat(first.writtenBytes()).isBetween(1L, 920_000L);
      assertThat(first.left()).isPositive();
      Repacking.Report second = repack(fixture, fixture.open(), false);
      assertThat(second.packs()).isBetween(1L, first.left());
    }
  }

  @Test
  void repack_damagedFrame_namesThePackAndLeavesIt() throws Exception {
    try (VaultFixture fixture = VaultFixture.inMemory().with(SMALL)) {
      Map<SnapshotRecord, Map<String, byte[]>> all = nights(fixture, 10);
      SnapshotRecord last = all.keySet().stream().reduce((_, next) -> next).orElseThrow();
      PackReference victim =
          fixture.references(last).stream()
              .min((a, b) -> Integer.compare(a.live().cardinality(), b.live().cardinality()))
              .orElseThrow();
      for (int region = 0; region < 2; region++) {
        byte[] bytes = fixture.memory(region).read(ObjectKey.of(victim.pack()));
        for (int at = 1300; at < bytes.length - 5000; at += 500) {
          bytes[at] ^= 1;
        }
        fixture.memory(region).delete(ObjectKey.of(victim.pack()));
        fixture.memory(region).put(ObjectKey.of(victim.pack()), ByteBuffer.wrap(bytes));
      }
      Repacking.Report report = repack(fixture, fixture.open(), false);
      assertThat(report.packs()).isPositive();
      assertThat(report.damaged())
          .anyMatch(why -> why.contains(victim.pack().toString()) && why.contains("verify --deep"));
    }
  }

  @Test
  void repack_somebodyElseAtIt_isAConflict() throws Exception {
    try (VaultFixture fixture = VaultFixture.inMemory().with(SMALL)) {
      nights(fixture, 10);
      AtomicInteger once = new AtomicInteger();
      Vault second = fixture.open();
      Vault first = fixture.open();
      fixture
          .region(0)
          .hook((operation, what) -> {
            if (operation == HookedRegion.Operation.PUT
                && what.startsWith(ObjectKey.PACKS)
                && once.getAndIncrement() == 0) {
              assertThatThrownBy(() -> repack(fixture, second, false))
                  .isInstanceOf(VaultException.Conflict.class)
                  .hasMessageContaining("being repacked");
            }
          });
      assertThat(repack(fixture, first, false).packs()).isPositive();
      assertThat(once.get()).isPositive();
    }
  }

  /** Both regions stop at the n-th operation of repacking, for every n. */
  @Test
  void repack_everythingStopsAtAnyOperation_harmsNoSnapshotAndIsFinishedByTheNext()
      throws Exception {
    int finished = 0;
    for (int stop = 0; finished == 0; stop += stop < 30 ? 5 : 11) {
      try (VaultFixture fixture = VaultFixture.inMemory().with(SMALL)) {
        Map<SnapshotRecord, Map<String, byte[]>> all = nights(fixture, 6);
        AtomicInteger left = new AtomicInteger(stop);
        for (HookedRegion region : fixture.regions()) {
          region.hook((operation, what) -> {
            if (left.getAndDecrement() <= 0) {
              throw new RegionException.Permanent(region.name(), operation + " " + what, null);
            }
          });
        }
        try {
          Repacking.Report _ = repack(fixture, fixture.open(), false);
        } catch (VaultException e) {
          // The crash.
        }
        if (left.get() > 0) {
          finished = stop;
        }
        fixture.regions().forEach(HookedRegion::up);
        // A process that is gone keeps no lease; one of this process was closed.
        assertAllHold(fixture, all);
        Repacking.Report _ = repack(fixture, fixture.open(), false);
        Map<String, byte[]> same = files(5);
        long stored = fixture.region(0).packBytes();
        SnapshotRecord next = fixture.night(fixture.open(), same).snapshot();
        assertThat(fixture.region(0).packBytes() - stored).isLessThan(10_000);
        all.put(next, same);
        assertThat(fragmentation(fixture, next).packs()).as("stopped at %d", stop).isLessThan(4);
        reclaim(fixture, 3);
        assertAllHold(fixture, all);
      }
    }
    assertThat(finished).isGreaterThan(20);
  }

  private static void reclaim(VaultFixture fixture, int days) throws InterruptedException {
    for (int day = 0; day < days; day++) {
      assertThat(
              fixture
                  .reclaimer(fixture.open(), new Reclaimer.Settings(Duration.ofHours(20), false))
                  .run(false)
                  .values())
          .allMatch(result -> result instanceof Reclamation.Done);
      fixture.clock().advance(Duration.ofDays(1));
    }
  }
}
