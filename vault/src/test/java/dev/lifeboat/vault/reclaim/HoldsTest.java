package dev.lifeboat.vault.reclaim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.FaultyRegion.Fault;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.nio.ByteBuffer;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pins and holds: who obeys them, and what happens when they cannot be read. */
final class HoldsTest {
  private World world;

  @BeforeEach
  void open() {
    world = new World(1, 3, 2);
  }

  @AfterEach
  void close() {
    world.close();
  }

  private Holds read() throws InterruptedException {
    return Holds.read(world.session(), world.records);
  }

  private Holds.Hold place(String scope) {
    return Holds.place(
        world.session(), world.records, world.random, world.time.instant(), scope, "because");
  }

  private ObjectKey commit() {
    return world.commit(List.of(world.storePack()));
  }

  @Test
  void pin_untilReleased_keepsItsSnapshotAlone() throws Exception {
    ObjectKey one = commit();
    ObjectKey other = commit();
    Holds.Hold pin = place(Holds.scope(one));
    assertThat(read().reasons(one)).containsExactly("pinned by host: because");
    assertThat(read().reasons(other)).isEmpty();
    Forgetting forgetting = new Forgetting(world.session(), world.records);
    SnapshotRecord pinned = world.snapshot(one, 0);
    assertThatThrownBy(() -> forgetting.forget(pinned, "old", read()))
        .isInstanceOf(VaultException.Conflict.class)
        .hasMessageContaining("pinned by host");
    assertThat(world.has(0, one)).isTrue();
    Holds.release(world.session(), world.records, pin, "done");
    assertThat(read().active()).isEmpty();
    assertThat(forgetting.forget(pinned, "old", read()).remaining()).isEmpty();
    assertThat(world.has(0, one)).isFalse();
  }

  @Test
  void hold_onATenant_coversAllItsSnapshotsAndThoseToCome() throws Exception {
    ObjectKey before = commit();
    Holds.Hold hold = place(Holds.scope(World.ACME));
    ObjectKey after = commit();
    ObjectKey theirs = world.commit(World.STRANGER, List.of());
    assertThat(read().reason(before)).isPresent();
    assertThat(read().reason(after)).contains("legal hold by host: because");
    assertThat(read().reason(theirs)).isEmpty();
    // A second one is not ended by the release of the first.
    Holds.Hold second = place(Holds.scope(World.ACME));
    Holds.release(world.session(), world.records, hold, "done");
    assertThat(read().active()).containsExactly(second);
  }

  @Test
  void read_fewerRegionsThanAQuorumOut_seesAllAndOtherwiseKeepsEverything() throws Exception {
    ObjectKey one = commit();
    world.faulty.get(0).follow((_, _) -> new Fault.Broken("down"));
    Holds.Hold _ = place(Holds.scope(one));
    world.faulty.get(0).follow((_, _) -> null);
    // One of those that took it is out of reach.
    world.faulty.get(1).follow((_, _) -> new Fault.Broken("down"));
    assertThat(read().unknown()).isEmpty();
    assertThat(read().reason(one)).isPresent();
    world.faulty.get(2).follow((_, _) -> new Fault.Broken("down"));
    Holds holds = read();
    assertThat(holds.unknown()).hasSize(2).allMatch(why -> why.contains("cannot be listed"));
    assertThat(holds.reason(commit())).isPresent();
  }

  @Test
  void place_belowTheQuorum_saysSo() {
    world.faulty.get(0).follow((_, _) -> new Fault.Broken("down"));
    world.faulty.get(1).follow((_, _) -> new Fault.Broken("down"));
    assertThatThrownBy(() -> place(Holds.scope(World.ACME)))
        .isInstanceOf(VaultException.Unreachable.class)
        .hasMessageContaining("1 of 3 regions");
  }

  @Test
  void read_damagedHoldEverywhere_keepsEverythingAndNamesIt() throws Exception {
    Holds.Hold hold = place(Holds.scope(World.STRANGER));
    ObjectKey key = new ObjectKey(Holds.PREFIX + hold.id() + "/hold");
    damage(key, 0, 2);
    assertThat(read().unknown()).isEmpty();
    damage(key, 2, 3);
    Holds holds = read();
    ObjectKey any = commit();
    assertThat(holds.reasons(any)).hasSize(1).allMatch(why -> why.contains(key.value()));
    assertThat(
            Retention.decide(
                List.of(world.snapshot(any, 0)),
                (_, _) -> new RetentionPolicy(1, 0, 0, 0, 0, 0, ZoneOffset.UTC),
                holds))
        .allMatch(Retention.Decision::keep);
    // Nothing that was forgotten before goes on being removed either.
    ObjectKey gone = commit();
    assertThatThrownBy(() ->
            new Forgetting(world.session(), world.records)
                .forget(world.snapshot(gone, 0), "old", holds))
        .isInstanceOf(VaultException.Conflict.class);
    // Whoever releases it by its name ends that.
    Holds.release(world.session(), world.records, hold, "unreadable");
    assertThat(read().unknown()).isEmpty();
  }

  @Test
  void read_forgedRelease_countsForNothing() throws Exception {
    Holds.Hold hold = place(Holds.scope(World.ACME));
    ObjectKey key = new ObjectKey(Holds.PREFIX + hold.id() + "/release");
    for (int region = 0; region < 3; region++) {
      world.memory(region).put(key, ByteBuffer.wrap(new byte[300]));
    }
    assertThat(read().active()).containsExactly(hold);
    assertThat(read().notes()).hasSize(1);
    assertThat(read().unknown()).isEmpty();
  }

  @Test
  void read_strangeObject_keepsEverything() throws Exception {
    world.memory(0).put(new ObjectKey(Holds.PREFIX + "what"), ByteBuffer.wrap(new byte[3]));
    assertThat(read().unknown()).hasSize(1);
    assertThat(read().reason(commit())).isPresent();
  }

  @Test
  void resume_manifestPinnedSince_staysUntilReleased() throws Exception {
    ObjectKey one = commit();
    // The record of the removal got into a quorum, and the removal into no region.
    for (int region = 0; region < 3; region++) {
      world
          .faulty
          .get(region)
          .follow((operation, _) ->
              operation.name().equals("DELETE") ? new Fault.Broken("down") : null);
    }
    Forgetting forgetting = new Forgetting(world.session(), world.records);
    assertThat(forgetting.forget(world.snapshot(one, 0), "old", Holds.NONE).remaining())
        .isNotEmpty();
    world.faulty.forEach(region -> region.follow((_, _) -> null));
    Holds.Hold pin = place(Holds.scope(one));
    assertThat(new Forgetting(world.session(), world.records).resume(read()).removed()).isEmpty();
    assertThat(world.has(0, one)).isTrue();
    Holds.release(world.session(), world.records, pin, "done");
    assertThat(new Forgetting(world.session(), world.records).resume(read()).removed())
        .containsExactly(one);
  }

  private void damage(ObjectKey key, int from, int to) throws Exception {
    for (int region = from; region < to; region++) {
      byte[] bytes = world.memory(region).read(key);
      bytes[30] ^= 1;
      world.memory(region).delete(key);
      world.memory(region).put(key, ByteBuffer.wrap(bytes));
    }
  }

  @Test
  void decide_policiesTagsAndPins_giveEveryReason() throws Exception {
    List<SnapshotRecord> snapshots = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      snapshots.add(
          RetentionTest.tagged(
              "2026-11-0%dT01:00:00Z".formatted(i + 1), i == 0 ? Set.of("release") : Set.of()));
    }
    Holds.Hold _ = place(Holds.scope(snapshots.get(1).key()));
    RetentionPolicy policy =
        new RetentionPolicy(1, 0, 0, 0, 1, 0, Set.of("release"), ZoneOffset.UTC);
    List<Retention.Decision> decisions = Retention.decide(snapshots, (_, _) -> policy, read());
    assertThat(decisions)
        .extracting(Retention.Decision::keep)
        .containsExactly(true, false, true, true);
    assertThat(decisions.get(0).reasons())
        .containsExactly(
            "the newest", "the newest complete one", "one of the last 1", "monthly for 2026-11");
    assertThat(decisions.get(1).reasons())
        .containsExactly(
            "no rule of the retention policy keeps it",
            "not one of the last 1",
            "monthly: 2026-11 has " + snapshots.get(3).header().id());
    assertThat(decisions.get(2).reasons()).containsExactly("pinned by host: because");
    assertThat(decisions.get(3).reasons()).containsExactly("tagged release");
  }
}
