package dev.lifeboat.vault.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What every crash and outage leaves behind, and that the next night mends it. */
class CrashTest {
  private static final EngineSettings SMALL =
      EngineSettings.DEFAULT.withPackBytes(300_000).withPacksPerIndex(2);

  private static Map<String, byte[]> files() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int i = 0; i < 5; i++) {
      files.put("f" + i, VaultFixture.bytes(i, 290_000));
    }
    return files;
  }

  /** Both regions stop at the n-th operation of the session, for every n. */
  @Test
  void commit_everythingStopsAtAnyOperation_leavesNoneOrAWholeSnapshot() throws IOException {
    Map<String, byte[]> files = files();
    for (int stop = 0; ; stop++) {
      try (VaultFixture fixture = VaultFixture.inMemory().with(SMALL)) {
        AtomicInteger left = new AtomicInteger(stop);
        for (HookedRegion region : fixture.regions()) {
          region.hook((operation, what) -> {
            if (left.getAndDecrement() <= 0) {
              throw new RegionException.Permanent(region.name(), operation + " " + what, null);
            }
          });
        }
        boolean committed = false;
        try {
          committed = fixture.night(fixture.open(), files).durable();
        } catch (VaultException.Unreachable e) {
          // The crash.
        }
        boolean stoppedAtAll = left.get() <= 0;
        fixture.regions().forEach(HookedRegion::up);
        long stored = fixture.region(0).packBytes();
        long seenByBoth = packBytesInBoth(fixture);

        Vault vault = fixture.open();
        List<SnapshotRecord> snapshots = vault.snapshots(fixture.tenant().write());
        assertThat(snapshots.size()).isLessThanOrEqualTo(1);
        assertThat(committed && snapshots.isEmpty()).isFalse();
        for (SnapshotRecord snapshot : snapshots) {
          try (SnapshotView view = vault.open(snapshot, fixture.tenant())) {
            RoundTripTest.assertHolds(view, files);
          }
        }
        Committed next = fixture.night(fixture.open(), files);
        assertThat(next.durable()).isTrue();
        try (SnapshotView view = vault.open(next.snapshot(), fixture.tenant())) {
          RoundTripTest.assertHolds(view, files);
        }
        // Whatever both regions had was not uploaded again.
        long all = files.values().stream().mapToLong(bytes -> bytes.length).sum();
        assertThat(fixture.region(0).packBytes() - stored)
            .isLessThanOrEqualTo(Math.max(0, all - seenByBoth) + 40_000);
        if (!stoppedAtAll) {
          assertThat(committed).isTrue();
          return;
        }
      }
    }
  }

  private static long packBytesInBoth(VaultFixture fixture) {
    var second = fixture.objects(1).keySet();
    return fixture.objects(0).entrySet().stream()
        .filter(object -> object.getKey().value().startsWith(ObjectKey.PACKS))
        .filter(object -> second.contains(object.getKey()))
        .mapToLong(object -> object.getValue().length)
        .sum();
  }

  @Test
  void close_withoutCommit_leavesPacksThatTheNextSessionUses() throws IOException {
    Map<String, byte[]> files = files();
    try (VaultFixture fixture = VaultFixture.inMemory().with(SMALL)) {
      Vault vault = fixture.open();
      try (SnapshotWriter writer = fixture.begin(vault)) {
        for (byte[] file : files.values()) {
          writer.store(new ByteArrayInputStream(file));
        }
      }
      assertThat(vault.snapshots(fixture.tenant().write())).isEmpty();
      long orphans = fixture.region(0).packBytes();
      assertThat(orphans).isPositive();
      Committed committed = fixture.night(fixture.open(), files);
      assertThat(fixture.region(0).packBytes() - orphans)
          .isLessThanOrEqualTo(5 * 290_000L - orphans + 60_000);
      try (SnapshotView view = fixture.open().open(committed.snapshot(), fixture.tenant())) {
        RoundTripTest.assertHolds(view, files);
      }
    }
  }

  @Test
  void commit_oneRegionOfThreeDown_isDurableAndSaysWhoLacksIt() throws IOException {
    try (VaultFixture fixture = VaultFixture.inMemory(3, 2).with(SMALL)) {
      fixture.region(1).down();
      Committed committed = fixture.night(fixture.open(), files());

      assertThat(committed.durable()).isTrue();
      assertThat(committed.missing()).containsOnlyKeys(new RegionName("r1"));
      assertThat(fixture.objects(1)).isEmpty();

      // It lags behind from now on: nothing is uploaded again because of it.
      fixture.region(1).up();
      long before = fixture.region(0).packBytes();
      Committed next = fixture.night(fixture.open(), files());
      assertThat(fixture.region(0).packBytes()).isEqualTo(before);
      assertThat(next.missing()).containsOnlyKeys(new RegionName("r1"));
      assertThat(next.missing().values()).allMatch(why -> why.contains("lifeboat replicate"));
      assertThat(next.snapshot().regions())
          .containsExactlyInAnyOrder(new RegionName("r0"), new RegionName("r2"));
    }
  }

  @Test
  void commit_regionLostOnTheWay_goesOnWithTheOthers() throws IOException {
    Map<String, byte[]> files = files();
    try (VaultFixture fixture = VaultFixture.inMemory(3, 2).with(SMALL)) {
      AtomicInteger packs = new AtomicInteger();
      fixture
          .region(2)
          .hook((operation, what) -> {
            if (operation == HookedRegion.Operation.PUT
                && what.startsWith(ObjectKey.PACKS)
                && packs.incrementAndGet() > 2) {
              throw new RegionException.Permanent(new RegionName("r2"), "disk full", null);
            }
          });
      Committed committed = fixture.night(fixture.open(), files);
      assertThat(committed.durable()).isTrue();
      assertThat(committed.missing()).containsOnlyKeys(new RegionName("r2"));
      try (SnapshotView view = fixture.open().open(committed.snapshot(), fixture.tenant())) {
        RoundTripTest.assertHolds(view, files);
      }
    }
  }

  @Test
  void begin_fewerRegionsThanTheQuorum_isUnreachable() {
    try (VaultFixture fixture = VaultFixture.inMemory()) {
      fixture.region(0).down();
      assertThatThrownBy(() -> fixture.begin(fixture.open()))
          .isInstanceOf(VaultException.Unreachable.class);
    }
  }

  @Test
  void commit_quorumLostBeforeTheManifest_writesNoneAnywhere() {
    try (VaultFixture fixture = VaultFixture.inMemory().with(SMALL)) {
      fixture
          .region(1)
          .hook((operation, what) -> {
            if (operation == HookedRegion.Operation.PUT && what.startsWith("index/")) {
              throw new RegionException.Permanent(new RegionName("r1"), "gone", null);
            }
          });
      assertThatThrownBy(() -> fixture.night(fixture.open(), files()))
          .isInstanceOf(VaultException.Unreachable.class);
      List<ObjectKey> keys = new ArrayList<>(fixture.objects(0).keySet());
      keys.addAll(fixture.objects(1).keySet());
      assertThat(keys).noneMatch(key -> key.value().startsWith("snapshots/"));
    }
  }

  @Test
  void commit_afterAFailure_isRefused() {
    try (VaultFixture fixture = VaultFixture.inMemory().with(SMALL)) {
      Vault vault = fixture.open();
      try (SnapshotWriter writer = fixture.begin(vault)) {
        fixture.region(0).down();
        assertThatThrownBy(
                () -> {
                  for (int i = 0; i < 100; i++) {
                    writer.store(new ByteArrayInputStream(VaultFixture.bytes(i, 600_000)));
                  }
                })
            .isInstanceOf(VaultException.Unreachable.class);
        fixture.region(0).up();
        assertThatThrownBy(
                () -> writer.commit(fixture.captured(dev.lifeboat.vault.tree.Content.EMPTY, 0, 0)))
            .isInstanceOf(VaultException.Unreachable.class);
      }
      assertThat(vault.snapshots(fixture.tenant().write())).isEmpty();
    }
  }
}
