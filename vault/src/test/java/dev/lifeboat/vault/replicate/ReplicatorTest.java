package dev.lifeboat.vault.replicate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.Forgetting;
import dev.lifeboat.vault.reclaim.Holds;
import dev.lifeboat.vault.reclaim.Reclamation;
import dev.lifeboat.vault.reclaim.World;
import dev.lifeboat.vault.region.FaultyRegion.Fault;
import dev.lifeboat.vault.region.FaultyRegion.Operation;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplicatorTest {
  private static final RegionName R0 = new RegionName("r0");
  private static final RegionName R1 = new RegionName("r1");
  private static final RegionName R2 = new RegionName("r2");

  private final World world = new World(5, 3, 1);

  @AfterEach
  void close() {
    world.close();
  }

  private ReplicationResult replicate(ReplicationProgress progress) throws Exception {
    RegionSet fresh = world.session();
    return new Replicator(fresh, world.records, world::references, world.random, world.scratch)
        .run(World.HOLDER, progress);
  }

  private ReplicationResult replicate() throws Exception {
    return replicate(ReplicationProgress.SILENT);
  }

  private static ReplicationResult.PerRegion in(ReplicationResult result, RegionName region) {
    return Objects.requireNonNull(result.regions().get(region));
  }

  private void without(int region) {
    world.faulty.get(region).always(new Fault.Broken("down"));
    world.regions = world.session();
  }

  private void all() {
    world.faulty.forEach(region -> region.follow((_, _) -> null));
    world.regions = world.session();
  }

  private List<String> content(int region) throws Exception {
    return world.list(region, "").stream()
        .map(ObjectKey::value)
        .filter(key -> !key.startsWith("leases/"))
        .toList();
  }

  @Test
  void run_regionThatWasDown_becomesACompleteCopyInCommitOrder() throws Exception {
    without(1);
    world.regions.put(new ObjectKey("vault/00000001.json"), bytes("{}"));
    world.regions.put(new ObjectKey("keys/t/00000001-kit"), bytes("key"));
    PackId one = world.storePack();
    PackId two = world.storePack();
    ObjectKey index = world.storeIndex(List.of(one, two));
    ObjectKey manifest = world.commit(List.of(one, two));
    all();
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    ReplicationResult result = replicate((to, key, _) -> order.add(to + " " + key));
    assertThat(result.complete()).isTrue();
    assertThat(in(result, R1).copied()).isEqualTo(6);
    assertThat(in(result, R0).copied()).isZero();
    assertThat(order).hasSize(6);
    assertThat(order.getFirst()).isEqualTo("r1 vault/00000001.json");
    assertThat(order.get(1)).startsWith("r1 keys/");
    assertThat(order.subList(2, 4)).allMatch(line -> line.startsWith("r1 packs/"));
    assertThat(order.get(4)).isEqualTo("r1 " + index);
    assertThat(order.getLast()).isEqualTo("r1 " + manifest);
    assertThat(content(1)).isEqualTo(content(0));
    assertThat(in(replicate(), R1).copied()).isZero();
  }

  @Test
  void run_packThatNobodyHas_keepsTheManifestAway() throws Exception {
    PackId pack = world.storePack();
    without(1);
    ObjectKey manifest = world.commit(List.of(pack));
    all();
    for (int region = 0; region < 3; region++) {
      world.memory(region).delete(ObjectKey.of(pack));
    }
    ReplicationResult result = replicate();
    assertThat(result.complete()).isFalse();
    assertThat(world.has(1, manifest)).isFalse();
    assertThat(in(result, R1).reasons())
        .singleElement()
        .satisfies(reason -> {
          assertThat(reason.key()).isEqualTo(manifest);
          assertThat(reason.reason()).contains(pack.toString());
        });
  }

  @Test
  void run_copyOfAServiceThatNobodyVouchesFor_isNotTakenForThePack() throws Exception {
    without(2);
    PackId pack = world.storePack();
    ObjectKey manifest = world.commit(List.of(pack));
    all();
    byte[] wrong = world.memory(0).read(ObjectKey.of(pack));
    wrong[60] ^= 1;
    world
        .faulty
        .get(2)
        .copy((_, key) -> {
          if (!key.equals(ObjectKey.of(pack))) {
            return false;
          }
          boolean _ = world.memory(2).put(key, ByteBuffer.wrap(wrong));
          throw new RegionException.Doubtful(
              R2, key, new RegionException.Permanent(R2, "not permitted", null));
        });
    ReplicationResult result = replicate();
    assertThat(result.complete()).isFalse();
    assertThat(in(result, R2).reasons())
        .anySatisfy(reason -> {
          assertThat(reason.key()).isEqualTo(ObjectKey.of(pack));
          assertThat(reason.reason()).contains("does not vouch", "verify --ciphertext --heal");
        });
    assertThat(world.has(2, manifest)).isFalse();
  }

  @Test
  void run_damagedPackInOneRegion_isTakenFromAnother() throws Exception {
    without(2);
    PackId pack = world.storePack();
    all();
    byte[] damaged = world.memory(0).read(ObjectKey.of(pack));
    damaged[60] ^= 1;
    world.memory(0).tamper(ObjectKey.of(pack), damaged);
    assertThat(replicate().complete()).isTrue();
    assertThat(world.memory(2).read(ObjectKey.of(pack)))
        .isEqualTo(world.memory(1).read(ObjectKey.of(pack)));
    assertThat(world.memory(0).read(ObjectKey.of(pack))).isEqualTo(damaged);
  }

  @Test
  void run_packDamagedEverywhere_isNotCopied() throws Exception {
    without(2);
    PackId pack = world.storePack();
    all();
    for (int region = 0; region < 2; region++) {
      world.memory(region).tamper(ObjectKey.of(pack), new byte[144]);
    }
    ReplicationResult result = replicate();
    assertThat(world.has(2, pack)).isFalse();
    assertThat(in(result, R2).reasons().getFirst().reason()).contains("wrong bytes in r0");
  }

  @Test
  void run_copiesThatDiffer_areAConflictAndStayAsTheyAre() throws Exception {
    ObjectKey key = new ObjectKey("keys/t/00000001-kit");
    world.memory(0).put(key, bytes("one"));
    world.memory(1).put(key, bytes("two"));
    ObjectKey longer = new ObjectKey("audit/1");
    world.memory(0).put(longer, bytes("short"));
    world.memory(1).put(longer, bytes("much longer"));
    ReplicationResult result = replicate();
    assertThat(result.conflicts()).containsOnlyKeys(key, longer);
    assertThat(result.conflicts().get(longer)).contains("5 bytes in r0, 11 in r1");
    assertThat(world.memory(1).read(key)).isEqualTo("two".getBytes(StandardCharsets.UTF_8));
    assertThat(world.has(2, key)).isFalse();
    assertThat(result.complete()).isFalse();
  }

  @Test
  void run_foreignManifest_goesOnlyWhereEverythingCouldBeCopied() throws Exception {
    without(1);
    PackId theirs = world.storePack(World.STRANGER);
    ObjectKey manifest = world.commit(World.STRANGER, List.of(theirs));
    PackId bad = world.storePack();
    all();
    world.memory(0).tamper(ObjectKey.of(bad), new byte[144]);
    world.memory(2).tamper(ObjectKey.of(bad), new byte[144]);
    assertThat(replicate().complete()).isFalse();
    assertThat(world.has(1, theirs)).isTrue();
    assertThat(world.has(1, manifest)).isFalse();
    world.memory(0).delete(ObjectKey.of(bad));
    world.memory(2).delete(ObjectKey.of(bad));
    assertThat(replicate().complete()).isTrue();
    assertThat(world.has(1, manifest)).isTrue();
  }

  @Test
  void run_forgottenManifestInARegionThatWasDown_isNotBroughtBack() throws Exception {
    PackId pack = world.storePack();
    ObjectKey manifest = world.commit(List.of(pack));
    without(2);
    new Forgetting(world.regions, world.records)
        .forget(world.snapshot(manifest, 0), "old", Holds.NONE);
    all();
    assertThat(world.has(0, manifest)).isFalse();
    assertThat(world.has(2, manifest)).isTrue();
    assertThat(replicate().complete()).isTrue();
    assertThat(world.has(0, manifest)).isFalse();
    Forgetting.Report report = new Forgetting(world.regions, world.records).resume(Holds.NONE);
    assertThat(report.removed()).containsExactly(manifest);
    assertThat(report.remaining()).isEmpty();
    assertThat(world.has(2, manifest)).isFalse();
    assertThat(world.has(2, Forgetting.recordKey(manifest))).isTrue();
  }

  @Test
  void run_packMarkedForRemovalThere_keepsTheManifestAwayUntilTheMarkIsGone() throws Exception {
    PackId pack = world.storePack();
    assertThat(world.reclaimer(Duration.ofDays(1)).run(false)).hasSize(3);
    without(1);
    ObjectKey manifest = world.commit(List.of(pack));
    all();
    ReplicationResult result = replicate();
    assertThat(world.has(1, manifest)).isFalse();
    assertThat(in(result, R1).reasons().getFirst().reason()).contains("marked for removal");
  }

  /** A sweep that looked before the manifest was there, and ends before any listing of the run. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void run_packSweptWhileItRuns_neverShowsTheManifestWithoutIt(int listing) throws Exception {
    PackId pack = world.storePack();
    assertThat(world.reclaimer(Duration.ofDays(1)).run(false)).hasSize(3);
    without(1);
    ObjectKey manifest = world.commit(List.of(pack));
    all();
    AtomicInteger listings = new AtomicInteger();
    world
        .faulty
        .get(1)
        .follow((operation, _) -> {
          if (operation == Operation.LIST && listings.incrementAndGet() == listing) {
            try {
              world.memory(1).delete(ObjectKey.of(pack));
              for (ObjectKey mark : world.list(1, "trash/")) {
                world.memory(1).delete(mark);
              }
            } catch (RegionException e) {
              throw new AssertionError(e);
            }
          }
          return null;
        });
    ReplicationResult result = replicate();
    assertThat(result.conflicts()).isEmpty();
    assertThat(world.has(1, pack) || !world.has(1, manifest)).isTrue();
    world.time.pass(Duration.ofDays(2));
    assertThat(world.reclaimer(Duration.ofDays(1)).run(false)).hasSize(3);
    all();
    assertThat(replicate().complete()).isTrue();
    assertThat(world.has(1, pack)).isTrue();
    assertThat(world.has(1, manifest)).isTrue();
  }

  /** The manifest waits for the mark, and reclamation refuses the region that lacks it. */
  @Test
  void run_packMarkedThereAndTheManifestLacking_isResolvedByReclamation() throws Exception {
    PackId pack = world.storePack();
    assertThat(world.reclaimer(Duration.ofDays(1)).run(false)).hasSize(3);
    without(1);
    ObjectKey manifest = world.commit(List.of(pack));
    all();
    assertThat(replicate().complete()).isFalse();
    assertThat(world.reclaimer(Duration.ofDays(1)).run(true).get(R1))
        .isInstanceOf(Reclamation.Refused.class);
    assertThat(world.list(1, "trash/")).isNotEmpty();
    assertThat(world.reclaimer(Duration.ofDays(1)).run(false).get(R1))
        .isInstanceOf(Reclamation.Refused.class);
    assertThat(world.list(1, "trash/")).isEmpty();
    assertThat(replicate().complete()).isTrue();
    assertThat(world.has(1, manifest)).isTrue();
  }

  @Test
  void run_regionOutOfReach_isSaidAndTheOthersAreServed() throws Exception {
    without(1);
    PackId pack = world.storePack();
    world.memory(2).delete(ObjectKey.of(pack));
    ReplicationResult result = replicate();
    assertThat(result.unreachable()).containsOnlyKeys(R1);
    assertThat(result.regions()).containsOnlyKeys(R0, R2);
    assertThat(world.has(2, pack)).isTrue();
    assertThat(result.complete()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void run_stoppedAgainAndAgain_noRegionEverShowsWhatItDoesNotHold(long seed) throws Exception {
    without(1);
    List<List<PackId>> snapshots = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      List<PackId> packs = new ArrayList<>();
      for (int p = 0; p < 4; p++) {
        packs.add(world.storePack());
      }
      snapshots.add(packs);
      world.commit(packs);
    }
    all();
    for (int round = 0; round < 30; round++) {
      world.faulty.get(1).flaky(seed * 100 + round, 0.4);
      world.faulty.get(0).flaky(seed * 200 + round, 0.2);
      try {
        replicate();
      } catch (VaultException.Unreachable e) {
        // Not even a lease this time.
      }
      for (ObjectKey manifest : world.list(1, "snapshots/")) {
        for (PackId pack : world.packs(manifest, world.memory(1).read(manifest))) {
          assertThat(world.has(1, pack)).as("seed %d round %d", seed, round).isTrue();
        }
      }
    }
    all();
    assertThat(replicate().complete()).isTrue();
    assertThat(content(1)).isEqualTo(content(0));
    assertThat(snapshots).hasSize(5);
    assertThat(world.faulty.get(1).calls(Operation.PUT)).isPositive();
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }
}
