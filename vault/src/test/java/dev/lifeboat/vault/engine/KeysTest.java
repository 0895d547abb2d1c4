package dev.lifeboat.vault.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.reclaim.Reclaimer;
import dev.lifeboat.vault.reclaim.Reclamation;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.TenantKeys;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Several generations of one tenant's keys, and several tenants, in the same regions. */
class KeysTest {
  private static final EngineSettings SMALL =
      EngineSettings.DEFAULT.withPackBytes(300_000).withPacksPerIndex(2);

  private static Map<String, byte[]> files(int from, int to) {
    Map<String, byte[]> files = new TreeMap<>();
    for (int i = from; i < to; i++) {
      files.put("f" + i, VaultFixture.bytes(i, 290_000));
    }
    return files;
  }

  @Test
  void commit_behindARotation_goesOnDeduplicatingAndReadsBoth() throws IOException {
    try (VaultFixture fixture = VaultFixture.inMemory().with(SMALL);
        TenantReadKeys rotated = TenantKeys.rotate(fixture.tenant().write(), fixture.random())) {
      Committed first = fixture.night(fixture.open(), files(0, 3));
      fixture.host().add(rotated.write().copy());
      long before = fixture.region(0).packBytes();
      Committed second = fixture.night(fixture.open(), files(0, 4));
      assertThat(fixture.region(0).packBytes() - before).isBetween(290_000L, 350_000L);
      assertThat(second.snapshot().header().previous()).isEqualTo(first.snapshot().digest());

      List<TenantReadKeys> both = List.of(fixture.tenant(), rotated);
      Vault vault = fixture.open();
      assertThat(vault.snapshots(List.of(fixture.tenant().write(), rotated.write())))
          .containsExactly(first.snapshot(), second.snapshot());
      try (SnapshotView view = vault.open(second.snapshot(), both)) {
        RoundTripTest.assertHolds(view, files(0, 4));
      }
      try (SnapshotView view = vault.open(first.snapshot(), both)) {
        RoundTripTest.assertHolds(view, files(0, 3));
      }
      // What the old keys wrote needs no others.
      try (SnapshotView view = fixture.open().open(first.snapshot(), fixture.tenant())) {
        RoundTripTest.assertHolds(view, files(0, 3));
      }
      assertThatThrownBy(() -> vault.open(second.snapshot(), fixture.tenant()))
          .isInstanceOf(VaultException.KeyUnavailable.class);
      // The new keys alone open the manifest, and not the packs of the old ones.
      try (SnapshotView view = fixture.open().open(second.snapshot(), rotated)) {
        assertThatThrownBy(() -> RoundTripTest.assertHolds(view, files(0, 4)))
            .isInstanceOf(VaultException.KeyUnavailable.class);
      }
      assertThatThrownBy(() -> fixture.open().snapshots(rotated.write()))
          .isInstanceOf(VaultException.KeyUnavailable.class);
    }
  }

  @Test
  void begin_orphansOfTwoTenants_eachUsesItsOwn() throws IOException {
    TenantName other = new TenantName("globex");
    try (VaultFixture fixture = VaultFixture.inMemory().with(SMALL);
        TenantReadKeys others = TenantKeys.create(other, fixture.random())) {
      fixture.host().add(others.write().copy());
      Map<String, byte[]> files = files(0, 5);
      abandon(fixture, fixture.begin(fixture.open()), files);
      long ofOne = fixture.region(0).packBytes();
      abandon(
          fixture,
          fixture.open().begin(fixture.host(), other, VaultFixture.DATASET, "test"),
          files);
      long ofBoth = fixture.region(0).packBytes();
      // The same bytes of another tenant are another tenant's: stored again.
      assertThat(ofBoth - ofOne).isGreaterThan(ofOne / 2);

      Committed own = fixture.night(fixture.open(), files);
      Committed theirs;
      try (SnapshotWriter writer =
          fixture.open().begin(fixture.host(), other, VaultFixture.DATASET, "test")) {
        theirs = writer.commit(fixture.captured(writer, files));
      }
      // Both sessions find what their tenant had: only what was not stored yet is new.
      assertThat(fixture.region(0).packBytes() - ofBoth)
          .isLessThanOrEqualTo(2 * 5 * 290_000L - ofBoth + 120_000);
      assertThat(fixture.references(own.snapshot()))
          .doesNotContainAnyElementsOf(fixture.references(theirs.snapshot()));
      Vault vault = fixture.open();
      try (SnapshotView view = vault.open(own.snapshot(), fixture.tenant())) {
        RoundTripTest.assertHolds(view, files);
      }
      try (SnapshotView view = vault.open(theirs.snapshot(), others)) {
        RoundTripTest.assertHolds(view, files);
      }
      assertThatThrownBy(() -> vault.open(theirs.snapshot(), fixture.tenant()))
          .isInstanceOf(VaultException.class);
      assertThat(vault.snapshots(others.write())).containsExactly(theirs.snapshot());
    }
  }

  /** A host that lacks a tenant's keys never takes its packs for garbage. */
  @Test
  void reclaim_packsOfATenantWhoseKeysAreElsewhere_stay() throws Exception {
    TenantName other = new TenantName("globex");
    try (VaultFixture fixture = VaultFixture.inMemory().with(SMALL);
        TenantReadKeys others = TenantKeys.create(other, fixture.random())) {
      fixture.host().add(others.write().copy());
      Committed theirs;
      try (SnapshotWriter writer =
          fixture.open().begin(fixture.host(), other, VaultFixture.DATASET, "test")) {
        theirs = writer.commit(fixture.captured(writer, files(0, 3)));
      }
      fixture.host().remove(other);
      abandon(fixture, fixture.begin(fixture.open()), files(3, 8));
      long swept = 0;
      for (int day = 0; day < 3; day++) {
        Map<RegionName, Reclamation> results =
            fixture
                .reclaimer(fixture.open(), new Reclaimer.Settings(Duration.ofHours(20), false))
                .run(false);
        for (Reclamation result : results.values()) {
          assertThat(result).isInstanceOf(Reclamation.Done.class);
          swept += ((Reclamation.Done) result).sweptPacks();
        }
        fixture.clock().advance(Duration.ofDays(1));
      }
      assertThat(swept).isPositive();
      try (SnapshotView view = fixture.open().open(theirs.snapshot(), others)) {
        RoundTripTest.assertHolds(view, files(0, 3));
      }
    }
  }

  /** Stores files and gives up when all of their packs but the open one are in the region. */
  private static void abandon(
      VaultFixture fixture, SnapshotWriter session, Map<String, byte[]> files) throws IOException {
    long before = fixture.region(0).packBytes();
    long bytes = 0;
    try (SnapshotWriter writer = session) {
      for (byte[] file : files.values()) {
        assertThat(writer.store(new ByteArrayInputStream(file)).bytes()).isEqualTo(file.length);
        bytes += file.length;
      }
      long stored = bytes - files.values().iterator().next().length;
      for (int i = 0; i < 6000 && fixture.region(0).packBytes() < before + stored; i++) {
        LockSupport.parkNanos(10_000_000);
      }
    }
    assertThat(fixture.region(0).packBytes()).isGreaterThan(before + bytes / 2);
  }
}
