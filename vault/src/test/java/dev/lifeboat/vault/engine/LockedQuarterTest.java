package dev.lifeboat.vault.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.reclaim.Forgetting;
import dev.lifeboat.vault.reclaim.Holds;
import dev.lifeboat.vault.reclaim.LockUpkeep;
import dev.lifeboat.vault.reclaim.Locks;
import dev.lifeboat.vault.reclaim.Reclaimer;
import dev.lifeboat.vault.reclaim.Reclamation;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.Retention;
import dev.lifeboat.vault.reclaim.RetentionPolicy;
import dev.lifeboat.vault.region.MemoryRegion;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.snapshot.PackReference;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A quarter of nights in compliance-locked regions: what is locked is never asked to go. */
class LockedQuarterTest {
  private static final int NIGHTS = 92;
  private static final RetentionPolicy KEEP = new RetentionPolicy(0, 0, 3, 2, 2, 0, ZoneOffset.UTC);
  private static final ObjectLock LOCK =
      new ObjectLock(ObjectLock.Mode.COMPLIANCE, Duration.ofDays(30));

  private long forgotten;
  private long swept;
  private long keptByLock;
  private long extended;

  /** Files that stay for ever, for weeks, for days, and one that is new each night. */
  private static Map<String, byte[]> files(int night) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    int[] lives = {1000, 40, 11, 3, 1};
    for (int i = 0; i < lives.length; i++) {
      files.put("f" + i, VaultFixture.bytes(1000L * i + night / lives[i], 40_000));
    }
    return files;
  }

  @Test
  void quarter_inALockedBucket_runsWithoutAnErrorOrAnEarlyDeletion() throws Exception {
    EngineSettings small = EngineSettings.DEFAULT.withPackBytes(60_000).withPacksPerIndex(2);
    try (VaultFixture fixture = VaultFixture.inMemory(2, 2, LOCK).with(small)) {
      for (int night = 0; night < NIGHTS; night++) {
        Vault vault = fixture.open();
        assertThat(fixture.night(vault, files(night)).missing()).isEmpty();
        upkeep(fixture, vault);
        if (night % 4 == 3) {
          assertLocked(fixture, vault);
        }
        fixture.clock().advance(Duration.ofDays(1));
      }
      assertThat(forgotten).isGreaterThan(40);
      assertThat(swept).isGreaterThan(40);
      assertThat(keptByLock).isPositive();
      // Nothing is extended every night: the slack is a week.
      long everyNight = (long) NIGHTS * fixture.objects(0).size() * 2;
      assertThat(extended).isPositive().isLessThan(everyNight / 4);

      // No new snapshots, and all locks end: what nothing refers to goes in the end.
      for (int night = 0; night < 45; night++) {
        upkeep(fixture, fixture.open());
        fixture.clock().advance(Duration.ofDays(1));
      }
      Vault vault = fixture.open();
      List<SnapshotRecord> left = vault.snapshots(fixture.tenant().write());
      assertThat(left).hasSizeBetween(3, 8);
      for (int region = 0; region < 2; region++) {
        assertThat(
                fixture.objects(region).keySet().stream()
                    .filter(key -> key.value().startsWith(ObjectKey.PACKS)))
            .containsExactlyInAnyOrderElementsOf(packs(fixture, left));
        assertThat(fixture.memory(region).refusedDeletes()).isZero();
      }
    }
  }

  private void upkeep(VaultFixture fixture, Vault vault) throws Exception {
    for (LockUpkeep.Result locked : fixture.lockUpkeep(vault).run().values()) {
      assertThat(locked.problems()).isEmpty();
      extended += locked.extended();
    }
    Locks locks = fixture.upkeepCache().locks(vault.regions());
    Forgetting forgetting =
        new Forgetting(vault.regions(), Records.of(fixture.host(), fixture.document()));
    assertThat(forgetting.resume(Holds.NONE).remaining()).isEmpty();
    for (Retention.Decision decision :
        locks.keepLocked(Retention.decide(vault.snapshots(fixture.tenant().write()), KEEP))) {
      if (decision.reason().startsWith("kept by lock until")) {
        keptByLock++;
      } else if (!decision.keep()) {
        assertThat(
                forgetting.forget(decision.snapshot(), decision.reason(), Holds.NONE).remaining())
            .isEmpty();
        forgotten++;
      }
    }
    for (Reclamation reclamation :
        fixture
            .reclaimer(vault, new Reclaimer.Settings(Duration.ofHours(20), false))
            .run(false)
            .values()) {
      assertThat(reclamation).isInstanceOf(Reclamation.Done.class);
      swept += ((Reclamation.Done) reclamation).sweptPacks();
    }
  }

  /** Everything that a snapshot needs is locked for a period from the snapshot's time. */
  private static void assertLocked(VaultFixture fixture, Vault vault) throws Exception {
    for (SnapshotRecord snapshot : vault.snapshots(fixture.tenant().write())) {
      Instant until = LOCK.until(snapshot.header().time());
      if (!until.isAfter(fixture.clock().instant())) {
        continue;
      }
      List<ObjectKey> needed = new ArrayList<>(packs(fixture, List.of(snapshot)));
      needed.add(snapshot.key());
      for (int region = 0; region < 2; region++) {
        MemoryRegion memory = fixture.memory(region);
        memory.list("keys/", info -> needed.add(info.key()));
        memory.list("vault/", info -> needed.add(info.key()));
        for (ObjectKey key : needed) {
          assertThat(memory.lockedUntil(key).orElse(Instant.MIN))
              .as("%s of %s", key, snapshot.header().time())
              .isAfterOrEqualTo(until);
        }
      }
    }
  }

  private static Set<ObjectKey> packs(VaultFixture fixture, List<SnapshotRecord> snapshots) {
    return snapshots.stream()
        .flatMap(snapshot -> fixture.references(snapshot).stream())
        .map(PackReference::pack)
        .map(ObjectKey::of)
        .collect(Collectors.toSet());
  }
}
