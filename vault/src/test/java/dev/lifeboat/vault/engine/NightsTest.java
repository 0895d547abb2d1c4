package dev.lifeboat.vault.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.Forgetting;
import dev.lifeboat.vault.reclaim.Holds;
import dev.lifeboat.vault.reclaim.Reclaimer;
import dev.lifeboat.vault.reclaim.Reclamation;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.Retention;
import dev.lifeboat.vault.reclaim.RetentionPolicy;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.snapshot.PackReference;
import dev.lifeboat.vault.snapshot.SnapshotId;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Three weeks of backing up, forgetting, marking and sweeping, everything that is left read. */
class NightsTest {
  private static final RetentionPolicy KEEP = new RetentionPolicy(0, 0, 3, 2, 0, 0, ZoneOffset.UTC);

  /** Some files stay for ever, some for days, one is new each night. */
  private static Map<String, byte[]> files(int night) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int i = 0; i < 6; i++) {
      int version = i == 0 ? 0 : night / i;
      files.put("f" + i, VaultFixture.bytes(100L * i + version, 150_000));
    }
    return files;
  }

  private static Set<PackId> packs(VaultFixture fixture, int region) {
    return fixture.objects(region).keySet().stream()
        .filter(key -> key.value().startsWith(ObjectKey.PACKS))
        .map(key -> PackId.parse(key.lastSegment()))
        .collect(Collectors.toSet());
  }

  private static Set<PackId> referenced(VaultFixture fixture, List<SnapshotRecord> snapshots) {
    return snapshots.stream()
        .flatMap(snapshot -> fixture.references(snapshot).stream())
        .map(PackReference::pack)
        .collect(Collectors.toSet());
  }

  @Test
  void nights_withRetentionAndReclamation_keepWhatIsReferredToAndNothingElse() throws Exception {
    EngineSettings small = EngineSettings.DEFAULT.withPackBytes(200_000).withPacksPerIndex(2);
    try (VaultFixture fixture = VaultFixture.inMemory().with(small)) {
      Map<SnapshotId, Map<String, byte[]>> expected = new HashMap<>();
      long swept = 0;
      long forgotten = 0;
      for (int night = 0; night < 21; night++) {
        Vault vault = fixture.open();
        if (night % 5 == 3) {
          abandon(fixture, vault, night);
        }
        if (night < 18) {
          try (SnapshotWriter writer = fixture.begin(vault)) {
            Committed committed = writer.commit(fixture.captured(writer, files(night)));
            assertThat(committed.missing()).isEmpty();
            expected.put(committed.snapshot().header().id(), files(night));
          }
        }
        forgotten += forget(fixture, vault);
        for (Map.Entry<RegionName, Reclamation> region :
            fixture
                .reclaimer(vault, new Reclaimer.Settings(Duration.ofHours(20), false))
                .run(false)
                .entrySet()) {
          assertThat(region.getValue()).isInstanceOf(Reclamation.Done.class);
          Reclamation.Done done = (Reclamation.Done) region.getValue();
          assertThat(done.foreignPacks()).isZero();
          swept += done.sweptPacks();
        }
        readAll(fixture, expected);
        fixture.clock().advance(Duration.ofDays(1));
      }
      assertThat(forgotten).isGreaterThan(10);
      assertThat(swept).isGreaterThan(20);
      List<SnapshotRecord> left = fixture.open().snapshots(fixture.tenant().write());
      assertThat(left).hasSizeBetween(3, 5);
      for (int region = 0; region < 2; region++) {
        assertThat(packs(fixture, region)).isEqualTo(referenced(fixture, left));
        assertThat(fixture.objects(region).keySet())
            .noneMatch(key -> key.value().startsWith("trash/"));
      }
    }
  }

  /** A session that was killed before its commit. */
  private static void abandon(VaultFixture fixture, Vault vault, int night) throws IOException {
    try (SnapshotWriter writer = fixture.begin(vault)) {
      byte[] never = VaultFixture.bytes(1_000_000L + night, 500_000);
      assertThat(writer.store(new ByteArrayInputStream(never)).bytes()).isEqualTo(never.length);
    }
  }

  private static long forget(VaultFixture fixture, Vault vault) {
    Forgetting forgetting =
        new Forgetting(vault.regions(), Records.of(fixture.host(), fixture.document()));
    long forgotten = 0;
    for (Retention.Decision decision :
        Retention.decide(vault.snapshots(fixture.tenant().write()), KEEP)) {
      if (!decision.keep()) {
        Forgetting.Report report =
            forgetting.forget(decision.snapshot(), decision.reason(), Holds.NONE);
        assertThat(report.remaining()).isEmpty();
        forgotten++;
      }
    }
    return forgotten;
  }

  private static void readAll(VaultFixture fixture, Map<SnapshotId, Map<String, byte[]>> expected)
      throws IOException {
    // An empty cache: what is read comes from the regions.
    Vault vault = fixture.open();
    List<SnapshotRecord> snapshots = vault.snapshots(fixture.tenant().write());
    for (int region = 0; region < 2; region++) {
      assertThat(packs(fixture, region)).containsAll(referenced(fixture, snapshots));
    }
    for (SnapshotRecord snapshot : snapshots) {
      Map<String, byte[]> files = expected.getOrDefault(snapshot.header().id(), Map.of());
      assertThat(files).isNotEmpty();
      try (SnapshotView view = vault.open(snapshot, fixture.tenant())) {
        RoundTripTest.assertHolds(view, files);
      }
    }
  }
}
