package dev.lifeboat.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.vault.engine.SnapshotWriter;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.engine.VaultFixture;
import dev.lifeboat.vault.reclaim.Reclaimer;
import dev.lifeboat.vault.reclaim.RetentionPolicy;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Node;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Replication, retention and reclamation of a real vault in memory, as a night asks for them. */
final class RegionUpkeepTest {
  private VaultFixture fixture;
  private Vault vault;
  private RegionUpkeep upkeep;

  @BeforeEach
  void open() {
    fixture = VaultFixture.inMemory();
    vault = fixture.open();
    upkeep =
        new RegionUpkeep(
            vault,
            fixture.host(),
            (_, _) -> new RetentionPolicy(1, 0, 0, 0, 0, 0, ZoneOffset.UTC),
            new Reclaimer.Settings(Duration.ofDays(1), false),
            Optional.empty(),
            fixture.random());
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void retain_afterASuspiciousChange_keepsAndPinsTheLastSnapshotBefore() throws Exception {
    for (int i = 0; i < 8; i++) {
      night(2, VaultFixture.bytes(i, 2_000));
    }
    night(97, VaultFixture.bytes(99, 300_000));
    List<SnapshotRecord> all = vault.snapshots(fixture.tenant().write());
    SnapshotRecord encrypted = all.getLast();
    SnapshotRecord before = all.get(all.size() - 2);

    assertThat(upkeep.retain().kept()).isEqualTo(2);
    assertThat(vault.snapshots(fixture.tenant().write())).contains(before, encrypted);
    assertThat(upkeep.explainRetention().decisions())
        .filteredOn(decision -> decision.snapshot().equals(before))
        .singleElement()
        .satisfies(
            decision -> assertThat(decision.reason()).contains("before a suspicious change"));

    for (int i = 0; i < 8; i++) {
      night(2, VaultFixture.bytes(200 + i, 2_000));
      assertThat(upkeep.retain().failed()).isEmpty();
    }
    assertThat(vault.snapshots(fixture.tenant().write()))
        .contains(before)
        .doesNotContain(encrypted);
  }

  /** A night of a hundred files, so many of them with other bytes. */
  private void night(int changed, byte[] bytes) throws Exception {
    try (SnapshotWriter writer = fixture.begin(vault)) {
      Content content = writer.store(new ByteArrayInputStream(bytes));
      Captured made =
          fixture.captured(
              writer.storeDirectory(List.of(VaultFixture.file("a", content))), 100, bytes.length);
      SnapshotRecord _ =
          writer
              .commit(
                  new Captured(
                      made.time(),
                      made.rootAttributes(),
                      made.root(),
                      new Captured.Counts(
                          100, 1, 0, 1_000_000, 0, changed, 100 - changed, bytes.length),
                      made.expectations(),
                      made.problems(),
                      made.tools()))
              .snapshot();
    } finally {
      fixture.clock().advance(Duration.ofDays(1));
    }
  }

  private void loseEverything(int region) throws Exception {
    List<ObjectInfo> objects = new ArrayList<>();
    fixture.memory(region).list("", objects::add);
    for (ObjectInfo object : objects) {
      fixture.memory(region).delete(object.key());
    }
  }

  private void readBack(byte[] expected) throws Exception {
    SnapshotRecord newest = vault.snapshots(fixture.tenant().write()).getLast();
    try (SnapshotView view = vault.open(newest, fixture.tenant());
        InputStream in = view.open(((Node.File) view.list(view.root()).getFirst()).content())) {
      assertThat(in.readAllBytes()).isEqualTo(expected);
    }
  }

  @Test
  void replicate_emptyRegion_getsEverything() throws Exception {
    byte[] bytes = VaultFixture.bytes(5, 300_000);
    fixture.night(vault, Map.of("a", bytes));
    long packs = count(0, ObjectKey.PACKS);
    loseEverything(1);

    NightReport.Replication first = upkeep.replicate();

    assertThat(first.failed()).isEmpty();
    assertThat(first.snapshots()).isEqualTo(1);
    assertThat(first.bytes()).isGreaterThan(300_000);
    assertThat(count(1, ObjectKey.PACKS)).isEqualTo(packs);
    assertThat(upkeep.replicate().snapshots()).isZero();
    loseEverything(0);
    readBack(bytes);
  }

  @Test
  void retainAndReclaim_overNights_forgetFirstAndDeleteAfterTheGrace() throws Exception {
    fixture.night(vault, Map.of("a", VaultFixture.bytes(1, 200_000)));
    byte[] kept = VaultFixture.bytes(2, 200_000);
    fixture.night(vault, Map.of("a", kept));
    long packs = count(0, ObjectKey.PACKS);

    assertThat(upkeep.retain()).isEqualTo(retention(1, 1));
    assertThat(upkeep.retain()).isEqualTo(retention(1, 0));
    NightReport.Reclamation marking = upkeep.reclaim();
    assertThat(marking.failed()).isEmpty();
    assertThat(marking.marked()).isPositive();
    assertThat(marking.deleted()).isZero();
    assertThat(count(0, ObjectKey.PACKS)).isEqualTo(packs);
    fixture.clock().advance(Duration.ofDays(2));
    NightReport.Reclamation sweeping = upkeep.reclaim();
    assertThat(sweeping.failed()).isEmpty();
    assertThat(sweeping.deleted()).isPositive();
    assertThat(sweeping.bytes()).isGreaterThan(400_000);
    assertThat(count(0, ObjectKey.PACKS)).isLessThan(packs);
    readBack(kept);
  }

  private static NightReport.Retention retention(long kept, long forgotten) {
    return new NightReport.Retention(kept, forgotten, new TreeMap<>(Map.of()));
  }

  private long count(int region, String prefix) throws Exception {
    List<ObjectInfo> objects = new ArrayList<>();
    fixture.memory(region).list(prefix, objects::add);
    return objects.size();
  }
}
