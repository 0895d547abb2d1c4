package dev.lifeboat.vault.reclaim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.FaultyRegion;
import dev.lifeboat.vault.region.FaultyRegion.Fault;
import dev.lifeboat.vault.region.FaultyRegion.Operation;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReclaimerTest {
  private static final Duration GRACE = Duration.ofDays(1);
  private static final RegionName R0 = new RegionName("r0");
  private static final RegionName R1 = new RegionName("r1");

  private final World world = new World(7, 2, 1);

  @AfterEach
  void close() {
    world.close();
  }

  private Reclamation.Done run() throws Exception {
    return (Reclamation.Done) reclaim(R0);
  }

  private Reclamation reclaim(RegionName name) throws Exception {
    return Objects.requireNonNull(world.reclaimer(GRACE).run(false).get(name));
  }

  @Test
  void run_unreferencedPack_isMarkedThenSweptAfterTheGrace() throws Exception {
    PackId live = world.storePack();
    PackId dead = world.storePack();
    ObjectKey deadIndex = world.storeIndex(List.of(dead));
    ObjectKey mixedIndex = world.storeIndex(List.of(dead, live));
    world.commit(List.of(live));

    Reclamation.Done first = run();
    assertThat(first.markedPacks()).isEqualTo(1);
    assertThat(first.markedBytes()).isEqualTo(144);
    assertThat(first.sweptPacks()).isZero();
    assertThat(Trash.marked(world.memory(0), world.records)).containsExactly(dead);

    world.time.pass(GRACE.minusSeconds(1));
    Reclamation.Done second = run();
    assertThat(second.sweptPacks()).isZero();
    assertThat(second.markedPacks()).isZero();
    assertThat(second.pendingPacks()).isEqualTo(1);
    assertThat(second.waiting()).singleElement().asString().contains("is due in PT1S");

    world.time.pass(Duration.ofSeconds(1));
    Reclamation.Done third = run();
    assertThat(third.sweptPacks()).isEqualTo(1);
    assertThat(third.sweptBytes()).isEqualTo(144);
    assertThat(third.sweptIndexes()).isEqualTo(1);
    for (int region = 0; region < 2; region++) {
      assertThat(world.has(region, live)).isTrue();
      assertThat(world.has(region, dead)).isFalse();
      assertThat(world.has(region, deadIndex)).isFalse();
      assertThat(world.has(region, mixedIndex)).isTrue();
      assertThat(world.list(region, Trash.PREFIX)).isEmpty();
    }
    assertThat(run().sweptPacks()).isZero();
  }

  @Test
  void run_dryRun_tellsTheBytesAndChangesNothing() throws Exception {
    world.storePack();
    world.commit(List.of(world.storePack()));
    List<ObjectKey> before = world.list(0, "");
    Reclamation.Done dry =
        (Reclamation.Done) Objects.requireNonNull(world.reclaimer(GRACE).run(true).get(R0));
    assertThat(dry.markedBytes()).isEqualTo(144);
    assertThat(world.list(0, "")).isEqualTo(before);
    assertThat(run().markedPacks()).isEqualTo(1);
    world.time.pass(GRACE);
    before = world.list(0, "");
    dry = (Reclamation.Done) Objects.requireNonNull(world.reclaimer(GRACE).run(true).get(R0));
    assertThat(dry.sweptBytes()).isEqualTo(144);
    assertThat(world.list(0, "")).isEqualTo(before);
  }

  @Test
  void run_packReferredToAgain_isSpared() throws Exception {
    PackId pack = world.storePack();
    assertThat(run().markedPacks()).isEqualTo(1);
    world.commit(List.of(pack));
    world.time.pass(GRACE);
    Reclamation.Done done = run();
    assertThat(done.spared()).isEqualTo(1);
    assertThat(done.sweptPacks()).isZero();
    assertThat(world.has(0, pack)).isTrue();
    assertThat(world.list(0, Trash.PREFIX)).isEmpty();
  }

  @Test
  void run_leaseOlderThanTheMark_holdsTheSweepUntilItEnds() throws Exception {
    PackId pack = world.storePack();
    Lease lease = Lease.acquire(world.regions, world.records, world.random, World.HOLDER);
    assertThat(lease.held()).containsExactlyInAnyOrder(R0, R1);
    run();
    for (int hour = 0; hour < 48; hour++) {
      world.time.pass(Duration.ofHours(1));
      assertThat(lease.renew()).containsExactlyInAnyOrder(R0, R1);
    }
    Reclamation.Done waiting = run();
    assertThat(waiting.sweptPacks()).isZero();
    assertThat(waiting.waiting())
        .singleElement()
        .asString()
        .contains("test on host", lease.session());
    world.commit(List.of(pack));
    lease.close();
    assertThat(run().spared()).isEqualTo(1);
    assertThat(world.has(0, pack)).isTrue();
  }

  @Test
  void run_leaseOfADeadWriter_expiresAndIsCleanedAway() throws Exception {
    PackId pack = world.storePack();
    Lease lease = Lease.acquire(world.regions, world.records, world.random, World.HOLDER);
    run();
    world.time.pass(GRACE);
    assertThat(run().sweptPacks()).isEqualTo(1);
    assertThat(world.has(0, pack)).isFalse();
    assertThat(lease.renew()).as("its holder learns that it was too late").isEmpty();
    assertThat(lease.held()).isEmpty();
    world.time.pass(Duration.ofDays(3));
    run();
    assertThat(world.list(0, Lease.PREFIX))
        .noneMatch(key -> key.value().startsWith(Lease.PREFIX + lease.session()))
        .as("of the runs, the last alone")
        .hasSizeLessThan(4);
  }

  @Test
  void run_leaseYoungerThanTheMark_doesNotHoldTheSweep() throws Exception {
    world.storePack();
    run();
    world.time.pass(GRACE.minusHours(1));
    try (Lease lease = Lease.acquire(world.regions, world.records, world.random, World.HOLDER)) {
      world.time.pass(Duration.ofHours(1));
      assertThat(lease.renew()).hasSize(2);
      assertThat(run().sweptPacks()).isEqualTo(1);
    }
  }

  @Test
  void run_strangersPacksAndManifests_areNeverTouched() throws Exception {
    PackId theirs = world.storePack(World.STRANGER);
    world.commit(World.STRANGER, List.of(theirs));
    PackId orphan = world.storePack(World.STRANGER);
    world.memory(0).put(new ObjectKey("packs/zz/strange"), ByteBuffer.allocate(3));
    Reclamation.Done done = run();
    assertThat(done.markedPacks()).isZero();
    assertThat(done.foreignPacks()).isEqualTo(2);
    world.time.pass(GRACE.multipliedBy(9));
    run();
    assertThat(world.has(0, theirs)).isTrue();
    assertThat(world.has(0, orphan)).isTrue();
  }

  @Test
  void run_unreadableManifest_isRefused() throws Exception {
    world.storePack();
    ObjectKey manifest = world.commit(List.of(world.storePack()));
    world.memory(0).tamper(manifest, "garbage".getBytes(StandardCharsets.UTF_8));
    assertThat(reclaim(R0))
        .isInstanceOfSatisfying(
            Reclamation.Refused.class, r -> assertThat(r.reason()).contains(manifest.value()));
    assertThat(reclaim(R1)).isInstanceOf(Reclamation.Done.class);
    assertThat(world.list(0, Trash.PREFIX)).isEmpty();
  }

  @Test
  void run_manifestMissingHereButElsewhere_isRefusedUnlessForgotten() throws Exception {
    PackId pack = world.storePack();
    ObjectKey manifest = world.commit(List.of(pack));
    world.memory(0).delete(manifest);
    assertThat(reclaim(R0))
        .isInstanceOfSatisfying(
            Reclamation.Refused.class,
            r -> assertThat(r.reason()).contains(manifest.value(), "r1", "lifeboat replicate"));
    assertThat(world.has(0, pack)).isTrue();
  }

  @Test
  void run_anyRegionOutOfReach_isRefusedEverywhere() throws Exception {
    world.storePack();
    world.faulty.get(1).always(Operation.LIST, new Fault.Broken("no route"));
    assertThat(reclaim(R0))
        .isInstanceOfSatisfying(
            Reclamation.Refused.class, r -> assertThat(r.reason()).contains("no route"));
    assertThat(world.list(0, Trash.PREFIX)).isEmpty();
  }

  @Test
  void run_shrunkListing_isRefusedUntilAccepted() throws Exception {
    PackId kept = world.storePack();
    PackId lost = world.storePack();
    world.commit(List.of(kept, lost));
    world.storePack();
    run();
    world.memory(0).delete(ObjectKey.of(lost));
    world.memory(0).delete(ObjectKey.of(kept));
    world.time.pass(GRACE);
    assertThat(reclaim(R0))
        .isInstanceOfSatisfying(
            Reclamation.Refused.class,
            r -> assertThat(r.reason()).contains("lists 1 packs").contains("had 3"));
    assertThat(world.list(0, ObjectKey.PACKS)).hasSize(1);
    Reclaimer accepting = world.reclaimer(new Reclaimer.Settings(GRACE, true));
    assertThat(
            ((Reclamation.Done) Objects.requireNonNull(accepting.run(false).get(R0))).sweptPacks())
        .isEqualTo(1);
    assertThat(run().sweptPacks()).isZero();
  }

  @Test
  void run_allManifestsGoneEverywhere_isRefused() throws Exception {
    PackId pack = world.storePack();
    ObjectKey manifest = world.commit(List.of(pack));
    run();
    world.memory(0).delete(manifest);
    world.memory(1).delete(manifest);
    assertThat(reclaim(R0)).isInstanceOf(Reclamation.Refused.class);
    assertThat(world.has(0, pack)).isTrue();
  }

  @Test
  void run_forgottenSnapshot_letsItsPacksGo() throws Exception {
    PackId shared = world.storePack();
    PackId only = world.storePack();
    ObjectKey old = world.commit(List.of(shared, only));
    world.commit(List.of(shared));
    assertThat(run().markedPacks()).isZero();
    Forgetting forgetting = new Forgetting(world.regions, world.records);
    assertThat(
            forgetting.forget(world.snapshot(old, 0), "no rule keeps it", Holds.NONE).remaining())
        .isEmpty();
    assertThat(run().markedPacks()).isEqualTo(1);
    world.time.pass(GRACE);
    assertThat(run().sweptPacks()).isEqualTo(1);
    assertThat(world.has(0, shared)).isTrue();
    assertThat(world.has(0, only)).isFalse();
  }

  @Test
  void run_forgedMark_removesNothingAndKeepsWritersOff() throws Exception {
    PackId pack = world.storePack();
    world.commit(List.of(pack));
    World other = new World(8, 1, 1);
    PackId dead = world.storePack();
    ObjectKey key = new ObjectKey(Trash.PREFIX + "20260101T000000000Z-0000000000000000");
    world
        .memory(0)
        .put(key, ByteBuffer.wrap(Trash.encode(other.records, Set.of(dead), List.of(), key)));
    world.time.pass(GRACE.multipliedBy(30));
    Reclamation.Done done = run();
    assertThat(done.sweptPacks()).isZero();
    assertThat(done.waiting()).singleElement().asString().contains("belongs to vault");
    other.close();
  }

  @Test
  void run_regionFailsInTheMidst_saysSoAndTheNextRunGoesOn() throws Exception {
    for (int i = 0; i < 5; i++) {
      world.storePack();
    }
    run();
    world.time.pass(GRACE);
    int[] deletes = new int[1];
    world
        .faulty
        .get(0)
        .follow((operation, _) ->
            operation == Operation.DELETE && ++deletes[0] > 2 ? new Fault.Broken("ro") : null);
    assertThat(reclaim(R0)).isInstanceOf(Reclamation.Failed.class);
    assertThat(world.list(0, ObjectKey.PACKS)).hasSize(3);
    world.faulty.get(0).follow((_, _) -> null);
    assertThat(run().sweptPacks()).isEqualTo(3);
    assertThat(world.list(0, ObjectKey.PACKS)).isEmpty();
    assertThat(world.list(0, Trash.PREFIX)).isEmpty();
  }

  private long reads() {
    return world.faulty.stream().mapToLong(region -> region.calls(Operation.READ)).sum();
  }

  @Test
  void run_nothingChanged_readsNoManifestAndNoIndexAgain() throws Exception {
    PackId live = world.storePack();
    for (int i = 0; i < 20; i++) {
      world.commit(List.of(live));
      ObjectKey _ = world.storeIndex(List.of(live, world.storePack()));
    }
    assertThat(run().markedPacks()).isEqualTo(20);
    long before = reads();
    assertThat(run().pendingPacks()).isEqualTo(20);
    // What is read is the mark, the count, and the prologue of nothing.
    assertThat(reads() - before).isLessThan(10);
    world.storePack();
    before = reads();
    assertThat(run().markedPacks()).isEqualTo(1);
    assertThat(reads() - before).isLessThan(16);
  }

  @Test
  void run_cacheDamaged_isAsGoodAsNone() throws Exception {
    PackId live = world.storePack();
    PackId dead = world.storePack();
    ObjectKey deadIndex = world.storeIndex(List.of(dead));
    world.commit(List.of(live));
    run();
    try (Stream<Path> files = Files.walk(world.scratch)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        byte[] bytes = Files.readAllBytes(file);
        if (bytes.length > 0) {
          bytes[bytes.length / 2] ^= 1;
          Files.write(file, bytes);
        }
      }
    }
    PackId second = world.storePack();
    assertThat(run().markedPacks()).isEqualTo(1);
    world.time.pass(GRACE);
    assertThat(run().sweptPacks()).isEqualTo(2);
    assertThat(world.has(0, live)).isTrue();
    assertThat(world.has(0, dead)).isFalse();
    assertThat(world.has(0, second)).isFalse();
    assertThat(world.has(0, deadIndex)).isFalse();
  }

  @Test
  void run_manifestKnownFromBefore_stillCountsWhereItWasDamagedInPlace() throws Exception {
    PackId live = world.storePack();
    ObjectKey manifest = world.commit(List.of(live));
    run();
    byte[] bytes = world.memory(0).read(manifest);
    bytes[bytes.length - 2] ^= 1;
    for (int region = 0; region < 2; region++) {
      world.memory(region).tamper(manifest, bytes);
    }
    world.time.pass(GRACE.multipliedBy(3));
    assertThat(run().markedPacks()).isZero();
    assertThat(world.has(0, live)).isTrue();
  }

  @Test
  void run_moreThanMayBeMarked_takesTurns() throws Exception {
    for (int i = 0; i < 10; i++) {
      world.storePack();
    }
    PackId live = world.storePack();
    world.commit(List.of(live));
    Reclaimer.Settings few = new Reclaimer.Settings(GRACE, false, 4);
    long swept = 0;
    for (int night = 0; night < 12; night++) {
      Reclamation.Done done =
          (Reclamation.Done) Objects.requireNonNull(world.reclaimer(few).run(false).get(R0));
      assertThat(done.markedPacks() + done.pendingPacks()).isLessThanOrEqualTo(4);
      swept += done.sweptPacks();
      world.time.pass(GRACE.dividedBy(2));
    }
    assertThat(swept).isEqualTo(10);
    assertThat(world.has(0, live)).isTrue();
  }

  @Test
  void run_whileAnotherUsesTheCache_findsTheSame() throws Exception {
    PackId live = world.storePack();
    world.storePack();
    world.commit(List.of(live));
    try (UpkeepCache.Use _ = world.cache().use()) {
      assertThat(run().markedPacks()).isEqualTo(1);
    }
    assertThat(Trash.marked(world.memory(0), world.records)).doesNotContain(live);
  }

  /** Somebody who may write to a region must not make reclamation forget what is needed. */
  @Test
  void run_strayObjectAmidTheManifestsOfADataset_costsNoPack() throws Exception {
    PackId first = world.storePack();
    PackId last = world.storePack();
    ObjectKey early = world.commit(List.of(first));
    world.time.pass(Duration.ofDays(1));
    world.commit(List.of(last));
    byte[] stray = world.lines(List.of());
    for (int region = 0; region < 2; region++) {
      world.memory(region).put(new ObjectKey(early + "/stray"), ByteBuffer.wrap(stray));
    }
    for (int run = 0; run < 4; run++) {
      assertThat(run().markedPacks()).isZero();
      world.time.pass(GRACE);
    }
    assertThat(world.has(0, first)).isTrue();
    assertThat(world.has(0, last)).isTrue();
  }

  /** Does something else when the first pack is looked at: all is learnt, nothing removed. */
  private void amid(Runnable other) {
    AtomicBoolean once = new AtomicBoolean();
    world
        .faulty
        .getFirst()
        .follow((asked, key) -> {
          if (asked == Operation.READ
              && key != null
              && key.value().startsWith(ObjectKey.PACKS)
              && once.compareAndSet(false, true)) {
            other.run();
          }
          return null;
        });
  }

  @Test
  void run_whileAnotherRuns_isAConflictThatNamesIt() throws Exception {
    AtomicBoolean refused = new AtomicBoolean();
    world.storePack();
    amid(() -> {
      assertThatThrownBy(() -> new Second().run(false))
          .isInstanceOf(VaultException.Conflict.class)
          .hasMessageContaining("being reclaimed by host");
      refused.set(true);
    });
    assertThat(run().markedPacks()).isEqualTo(1);
    assertThat(refused).isTrue();
    // Asking changes nothing, and so is in nobody's way.
    assertThat(world.reclaimer(GRACE).run(true)).hasSize(2);
  }

  /** A reclamation of another process: with regions and a cache of its own. */
  private final class Second {
    private SortedMap<RegionName, Reclamation> run(boolean dryRun) throws InterruptedException {
      return new Reclaimer(
              world.session(),
              world.records,
              Set.of(World.ACME),
              world::references,
              world::packs,
              world.random,
              world.time,
              new UpkeepCache(world.scratch.resolve("second"), new Digest(1, 2, 3, 4)),
              new Reclaimer.Settings(GRACE, false))
          .run(dryRun);
    }
  }

  @Test
  void run_suspendedForLongerThanItsLease_removesNothingMore() throws Exception {
    PackId pack = world.storePack();
    run();
    world.time.pass(GRACE.plusDays(1));
    amid(() -> world.time.pass(Lease.TTL.plusHours(1)));
    Reclamation suspended = reclaim(R0);
    assertThat(suspended).isInstanceOf(Reclamation.Failed.class);
    assertThat(((Reclamation.Failed) suspended).reason()).contains("its lease has ended");
    assertThat(world.has(0, pack)).isTrue();
    world.faulty.getFirst().follow((_, _) -> null);
    world.time.pass(Duration.ofDays(1));
    assertThat(run().sweptPacks()).isEqualTo(1);
  }

  @Test
  void run_againWithNothingNew_readsNoManifestAndNoIndexObject() throws Exception {
    for (int i = 0; i < 20; i++) {
      PackId pack = world.storePack();
      world.commit(List.of(pack));
      ObjectKey _ = world.storeIndex(List.of(pack));
    }
    run();
    AtomicInteger reads = new AtomicInteger();
    for (FaultyRegion region : world.faulty) {
      region.follow((asked, key) -> {
        if (asked == Operation.READ
            && key != null
            && (key.value().startsWith(Forgetting.SNAPSHOTS)
                || key.value().startsWith("index/")
                || key.value().startsWith(ObjectKey.PACKS))) {
          reads.incrementAndGet();
        }
        return null;
      });
    }
    run();
    assertThat(reads).hasValue(0);
    // One more snapshot costs one more manifest, in each region.
    world.commit(List.of(world.storePack()));
    run();
    assertThat(reads.get()).isBetween(1, 2);
  }
}
