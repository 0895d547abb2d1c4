package dev.lifeboat.vault.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RetryPolicy;
import dev.lifeboat.vault.send.SendSettings;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What one slow, hanging or dying region of three does to a session, and what it does not. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class SlowRegionTest {
  private static final RegionName SLOW = new RegionName("r2");
  private static final int PACK = 256 << 10;
  private static final EngineSettings SMALL =
      EngineSettings.DEFAULT.withPackBytes(PACK).withPackBuffers(2).withPacksPerIndex(4);
  private static final RetryPolicy POLICY =
      new RetryPolicy(2, Duration.ZERO, Duration.ZERO, Duration.ofMinutes(5));

  private static Map<String, byte[]> files(int count) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      files.put("f" + i, VaultFixture.bytes(i, PACK));
    }
    return files;
  }

  private static SendSettings sending(VaultFixture fixture, long spill, Duration deadline) {
    return new SendSettings(
        fixture.scratch().resolve("spill"),
        spill,
        Optional.of(fixture.clock().instant().plus(deadline)));
  }

  private static void hang(HookedRegion region) {
    region.hook((_, _) -> {
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new RegionException.Transient(region.name(), "interrupted", e);
      }
    });
  }

  /** Takes no pack before it is interrupted, and answers everything else. */
  private static void crawl(HookedRegion region) {
    region.hook((operation, what) -> {
      if (operation == HookedRegion.Operation.PUT && what.startsWith(ObjectKey.PACKS)) {
        try {
          new CountDownLatch(1).await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new RegionException.Transient(region.name(), "interrupted", e);
        }
      }
    });
  }

  private static void assertWhole(VaultFixture fixture, Committed committed, Map<String, byte[]> of)
      throws IOException {
    try (SnapshotView view = fixture.open().open(committed.snapshot(), fixture.tenant())) {
      RoundTripTest.assertHolds(view, of);
    }
  }

  @Test
  void commit_regionCrawlsFromMidSession_readingGoesOnAndTheDeadlineEndsTheWaiting()
      throws IOException {
    try (VaultFixture fixture = VaultFixture.inMemory(3, 2).with(SMALL)) {
      Vault vault =
          fixture.open(POLICY, sending(fixture, SendSettings.SPILL_BYTES, Duration.ofSeconds(2)));
      Map<String, byte[]> files = files(30);
      Committed committed;
      try (SnapshotWriter writer = fixture.begin(vault)) {
        writer.store(new ByteArrayInputStream(VaultFixture.bytes(99, 3 * PACK)));
        crawl(fixture.region(2));
        // Far more than fits into memory: this returns although the region takes nothing.
        var captured = fixture.captured(writer, files);
        committed = writer.commit(captured);
      }
      assertThat(committed.durable()).isTrue();
      assertThat(committed.missing()).containsOnlyKeys(SLOW);
      assertThat(committed.missing().get(SLOW)).contains("lifeboat replicate");
      assertThat(fixture.objects(2).keySet()).noneMatch(SlowRegionTest::isManifest);
      fixture.region(2).up();
      assertWhole(fixture, committed, files);
      assertNothingSpilled(fixture);
    }
  }

  private static boolean isManifest(ObjectKey key) {
    return key.value().startsWith("snapshots/");
  }

  private static void assertNothingSpilled(VaultFixture fixture) throws IOException {
    Path spill = fixture.scratch().resolve("spill");
    if (Files.exists(spill)) {
      try (var left = Files.list(spill)) {
        assertThat(left).isEmpty();
      }
    }
  }

  @Test
  void commit_hungRegionAndNoDeadline_isLeftOutAfterItsPatience() throws IOException {
    RetryPolicy impatient =
        new RetryPolicy(5, Duration.ZERO, Duration.ZERO, Duration.ofMillis(500));
    try (VaultFixture fixture = VaultFixture.inMemory(3, 2).with(SMALL)) {
      Vault vault =
          fixture.open(
              impatient,
              new SendSettings(fixture.scratch().resolve("spill"), 1 << 30, Optional.empty()));
      Map<String, byte[]> files = files(12);
      Committed committed;
      try (SnapshotWriter writer = fixture.begin(vault)) {
        hang(fixture.region(2));
        committed = writer.commit(fixture.captured(writer, files));
      }
      assertThat(committed.durable()).isTrue();
      assertThat(committed.missing()).containsOnlyKeys(SLOW);
      assertThat(committed.missing().get(SLOW)).contains("no answer");
      assertThat(vault.regions().outages()).containsOnlyKeys(SLOW);
      // The next session does not even ask it.
      Committed next = fixture.night(vault, files(13));
      assertThat(next.missing()).containsOnlyKeys(SLOW);
      fixture.region(2).up();
      assertWhole(fixture, committed, files);
    }
  }

  @Test
  void commit_regionSlowerThanTheOthers_getsEverythingInOrderAllTheSame() throws IOException {
    try (VaultFixture fixture = VaultFixture.inMemory(3, 2).with(SMALL)) {
      List<String> order = Collections.synchronizedList(new ArrayList<>());
      fixture
          .region(2)
          .hook((operation, what) -> {
            if (operation == HookedRegion.Operation.PUT) {
              sleep(what.startsWith(ObjectKey.PACKS) ? 400 : 0);
              order.add(what);
            }
          });
      Map<String, byte[]> files = files(20);
      Committed committed =
          fixture.night(
              fixture.open(
                  POLICY, sending(fixture, SendSettings.SPILL_BYTES, Duration.ofMinutes(4))),
              files);
      assertThat(committed.missing()).isEmpty();
      assertThat(committed.snapshot().regions()).contains(SLOW);
      assertThat(fixture.objects(2).keySet())
          .filteredOn(key -> !key.value().startsWith("leases/"))
          .containsExactlyElementsOf(
              fixture.objects(0).keySet().stream()
                  .filter(key -> !key.value().startsWith("leases/"))
                  .toList());
      List<String> stored = order.stream().filter(key -> !key.startsWith("leases/")).toList();
      assertThat(stored.getLast()).startsWith("snapshots/");
      assertThat(stored.get(stored.size() - 2)).startsWith("index/");
      assertThat(stored.indexOf(first(stored, "index/"))).isGreaterThanOrEqualTo(4);
      assertWhole(fixture, committed, files);
      assertNothingSpilled(fixture);
    }
  }

  private static String first(List<String> keys, String prefix) {
    return keys.stream().filter(key -> key.startsWith(prefix)).findFirst().orElseThrow();
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void store_spillIsFullOfOneRegion_thatRegionIsLeftOutForTheNight() throws IOException {
    try (VaultFixture fixture = VaultFixture.inMemory(3, 2).with(SMALL)) {
      Vault vault =
          fixture.open(
              POLICY,
              new SendSettings(fixture.scratch().resolve("spill"), 5 * PACK, Optional.empty()));
      Map<String, byte[]> files = files(30);
      Committed committed;
      try (SnapshotWriter writer = fixture.begin(vault)) {
        crawl(fixture.region(2));
        var captured = fixture.captured(writer, files);
        fixture.region(2).up();
        committed = writer.commit(captured);
      }
      assertThat(committed.durable()).isTrue();
      assertThat(committed.missing().get(SLOW)).contains("could not keep up").contains("replicate");
      long stored = fixture.region(2).packBytes();
      assertThat(fixture.night(vault, files(31)).missing()).containsOnlyKeys(SLOW);
      assertThat(fixture.region(2).packBytes()).isEqualTo(stored);
      assertWhole(fixture, committed, files);
      assertNothingSpilled(fixture);
    }
  }

  @Test
  void store_allRegionsSlowAlike_noneIsLeftOut() throws IOException {
    try (VaultFixture fixture = VaultFixture.inMemory(3, 2).with(SMALL)) {
      for (HookedRegion region : fixture.regions()) {
        region.hook((operation, what) -> {
          if (operation == HookedRegion.Operation.PUT && what.startsWith(ObjectKey.PACKS)) {
            sleep(700);
          }
        });
      }
      Map<String, byte[]> files = files(12);
      Committed committed =
          fixture.night(
              fixture.open(POLICY, sending(fixture, 4 * PACK, Duration.ofMinutes(4))), files);
      assertThat(committed.missing()).isEmpty();
      assertThat(committed.snapshot().regions()).hasSize(3);
      assertWhole(fixture, committed, files);
    }
  }

  @Test
  void store_noSpill_readingWaitsForTheSlowestAndNothingIsLost() throws IOException {
    try (VaultFixture fixture = VaultFixture.inMemory(3, 2).with(SMALL)) {
      fixture
          .region(2)
          .hook((operation, what) -> {
            if (operation == HookedRegion.Operation.PUT && what.startsWith(ObjectKey.PACKS)) {
              sleep(300);
            }
          });
      Map<String, byte[]> files = files(10);
      Committed committed =
          fixture.night(fixture.open(POLICY, sending(fixture, 0, Duration.ofMinutes(4))), files);
      assertThat(committed.missing()).isEmpty();
      assertThat(fixture.scratch().resolve("spill")).doesNotExist();
    }
  }

  @Test
  void store_spillCannotBeWritten_goesOnWithoutIt() throws IOException {
    try (VaultFixture fixture = VaultFixture.inMemory(3, 2).with(SMALL)) {
      Files.writeString(fixture.scratch().resolve("spill"), "in the way");
      fixture
          .region(2)
          .hook((operation, what) -> {
            if (operation == HookedRegion.Operation.PUT && what.startsWith(ObjectKey.PACKS)) {
              sleep(3000);
            }
          });
      Map<String, byte[]> files = files(6);
      Committed committed =
          fixture.night(
              fixture.open(POLICY, sending(fixture, 1 << 30, Duration.ofMinutes(4))), files);
      assertThat(committed.missing()).isEmpty();
      assertWhole(fixture, committed, files);
    }
  }

  @Test
  void commit_quorumIsLate_isWaitedForPastTheDeadline() throws IOException {
    try (VaultFixture fixture = VaultFixture.inMemory(2, 2).with(SMALL)) {
      fixture
          .region(1)
          .hook((operation, what) -> {
            if (operation == HookedRegion.Operation.PUT && what.startsWith(ObjectKey.PACKS)) {
              sleep(500);
            }
          });
      Map<String, byte[]> files = files(8);
      Committed committed =
          fixture.night(
              fixture.open(POLICY, sending(fixture, 1 << 30, Duration.ofMinutes(-1))), files);
      assertThat(committed.durable()).isTrue();
      assertThat(committed.missing()).isEmpty();
      assertThat(committed.snapshot().regions())
          .isEqualTo(Set.of(new RegionName("r0"), new RegionName("r1")));
    }
  }
}
