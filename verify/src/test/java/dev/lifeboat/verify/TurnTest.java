package dev.lifeboat.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.reclaim.Proof;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TurnTest {
  private static final RegionName R0 = new RegionName("r0");
  private static final Instant NOW = Instant.parse("2026-03-01T02:00:00Z");
  private static final Instant OLD = NOW.minus(Duration.ofDays(100));
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration WEEK = Duration.ofDays(7);

  @Test
  void objects_withoutALedger_beginAtTheFirst() {
    assertThat(keys(turn(List.of(), ReadBudget.of(250)).objects()))
        .containsExactly("o0", "o1", "o2");
  }

  @Test
  void objects_leastRecentlyProven_comeFirst() {
    List<Proof> proofs =
        List.of(
            proof("", "o2", NOW.minus(DAY)),
            proof("o2", "o5", NOW.minus(Duration.ofDays(3))),
            proof("o5", "o7", NOW.minus(Duration.ofDays(2))));

    assertThat(keys(turn(proofs, ReadBudget.of(700)).objects()))
        .containsExactly("o8", "o9", "o3", "o4", "o5", "o6", "o7");
  }

  @Test
  void objects_storedSinceTheirRangeWasProven_comeBeforeThoseThatWereProven() {
    Turn turn = new Turn(ranges(List.of(proof("", "", NOW.minus(DAY)))), ReadBudget.of(150), NOW);
    turn.offer(object("o1", OLD));
    turn.offer(object("o2", NOW.minus(Duration.ofHours(5))));
    turn.offer(object("o3", OLD));

    assertThat(keys(turn.objects())).containsExactly("o2", "o1");
  }

  @Test
  void objects_storedWithinTheLastHour_comeLastAndAreNotCounted() {
    Turn turn = new Turn(ranges(List.of()), ReadBudget.of(1 << 20), NOW);
    turn.offer(object("o1", NOW.minus(Duration.ofMinutes(20))));
    turn.offer(object("o2", OLD));

    assertThat(keys(turn.objects())).containsExactly("o2", "o1");
    Proof proof = read(turn, NOW, 2).getFirst();
    assertThat(proof.covers(object("o2", OLD))).isTrue();
    assertThat(proof.covers(object("o1", NOW.minus(Duration.ofMinutes(20))))).isFalse();
    assertThat(proof.covers(object("o3", NOW.minus(Duration.ofMinutes(20)))))
        .as("appeared while others were read")
        .isFalse();
  }

  @Test
  void objects_ofTheMoment_haveNoTurn() {
    Turn turn = new Turn(ranges(List.of()), ReadBudget.of(1 << 20), NOW);
    turn.offer(object("leases/0/0", OLD));
    turn.offer(object("ledger/proofs/h/x", OLD));
    turn.offer(object("packs/aa/aa", OLD));

    assertThat(keys(turn.objects())).containsExactly("packs/aa/aa");
  }

  @Test
  void objects_everythingWithinAWeek_areAShareOfTheTimeThatPassed() {
    ReadBudget week = new ReadBudget(1 << 20, Optional.of(WEEK));

    assertThat(turn(after(Duration.ZERO), week).objects()).hasSize(1);
    assertThat(turn(after(DAY), week).objects()).hasSize(2);
    assertThat(turn(after(Duration.ofDays(3)), week).objects()).hasSize(5);
    assertThat(turn(after(Duration.ofDays(30)), week).objects()).hasSize(10);
  }

  @Test
  void objects_dueBeforeTheNextTime_areReadWhateverTheShare() {
    List<Proof> proofs =
        List.of(
            proof("", "o4", NOW.minus(Duration.ofDays(6).plusHours(2))),
            proof("o4", "", NOW.minus(DAY)));

    assertThat(keys(turn(proofs, new ReadBudget(1 << 20, Optional.of(WEEK))).objects()))
        .containsExactly("o0", "o1", "o2", "o3", "o4");
  }

  @Test
  void objects_proofOfTheFuture_countsForNothing() {
    List<Proof> proofs = List.of(proof("", "", NOW.plus(DAY)));

    assertThat(ranges(proofs).lastProven(object("o1", OLD))).isEmpty();
  }

  @Test
  void tooSlow_budgetBelowTheShare_tellsHowLongARoundTakes() {
    assertThat(turn(List.of(), new ReadBudget(100, Optional.of(WEEK))).tooSlow())
        .contains(Duration.ofDays(10));
    assertThat(turn(List.of(), new ReadBudget(200, Optional.of(WEEK))).tooSlow()).isEmpty();
    assertThat(turn(List.of(), ReadBudget.of(1)).tooSlow()).isEmpty();
  }

  @Test
  void ranges_badObject_isLeftOut() {
    Turn turn = turn(List.of(), ReadBudget.of(1 << 20));
    Reading reading = new Reading(R0, NOW, _ -> {});
    List<ObjectInfo> objects = turn.objects();
    for (ObjectInfo object : objects) {
      if (object.key().value().equals("o4")) {
        reading.bad(object);
      } else {
        reading.good(object, object.bytes());
      }
    }
    ProvenRanges after =
        ranges(reading.proofs(Proof.Depth.CIPHERTEXT, turn.ranges(objects.size())));

    for (ObjectInfo object : objects) {
      assertThat(after.lastProven(object).isPresent())
          .as("%s", object.key())
          .isEqualTo(!object.key().value().equals("o4"));
    }
  }

  /** Whatever is added, removed and left unread: nothing counts as proven that was not. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void nights_ofAnyKind_claimNoMoreThanWasReadAndReadAllInTime(long seed) {
    Random random = new Random(seed);
    Map<String, ObjectInfo> region = new TreeMap<>();
    Map<String, Instant> truth = new HashMap<>();
    Map<Boolean, List<Proof>> ledgers = new HashMap<>(Map.of(true, List.of(), false, List.of()));
    ReadBudget week = new ReadBudget(1 << 20, Optional.of(WEEK));
    for (int i = 0; i < 200; i++) {
      put(region, random, NOW.minus(Duration.ofDays(random.nextInt(100))));
    }
    for (int night = 0; night < 40; night++) {
      Instant now = NOW.plus(Duration.ofDays(night)).plusSeconds(random.nextInt(600));
      for (int i = random.nextInt(20); i > 0; i--) {
        put(region, random, now.minusSeconds(random.nextInt(70_000)));
      }
      region.keySet().removeIf(_ -> random.nextInt(60) == 0);
      List<Proof> all = new ArrayList<>(ledgers.get(true));
      all.addAll(ledgers.get(false));
      ProvenRanges known = ranges(all, now);
      Turn turn = new Turn(known, week, now);
      for (ObjectInfo object : region.values()) {
        Optional<Instant> claimed = known.lastProven(object);
        Instant really = truth.get(mark(object));
        if (claimed.isPresent()) {
          assertThat(really).as("night %d, %s", night, object).isNotNull();
          assertThat(claimed.get()).isBeforeOrEqualTo(really);
        }
        if (night > 8) {
          Instant since = claimed.orElse(object.modified());
          assertThat(Duration.between(since, now))
              .as("night %d, %s", night, object)
              .isLessThanOrEqualTo(WEEK);
        }
        turn.offer(object);
      }
      List<ObjectInfo> objects = turn.objects();
      boolean host = random.nextBoolean();
      int count = night > 8 || random.nextInt(4) > 0 ? objects.size() : objects.size() / 2;
      for (ObjectInfo object : objects.subList(0, count)) {
        truth.put(mark(object), now);
      }
      List<Proof> added = read(turn, now, count);
      List<Proof> own = new ArrayList<>(ledgers.get(host));
      own.addAll(added);
      ledgers.put(host, own);
    }
  }

  @Test
  void readBudget_withoutSense_isRefused() {
    assertThatThrownBy(() -> new ReadBudget(1, Optional.of(Duration.ZERO)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> new ReadBudget(1, Optional.empty(), Optional.empty(), Optional.of(-1.0)))
        .isInstanceOf(IllegalArgumentException.class);
    ReadBudget twoUnits =
        new ReadBudget(Long.MAX_VALUE, Optional.empty(), Optional.empty(), Optional.of(2.0));
    assertThat(twoUnits.at(0.5).bytes()).isEqualTo(4_000_000_000L);
    assertThat(twoUnits.at(0).bytes()).isEqualTo(Long.MAX_VALUE);
  }

  private static void put(Map<String, ObjectInfo> region, Random random, Instant modified) {
    String key = "packs/%06x".formatted(random.nextInt(1 << 24));
    region.put(key, object(key, modified));
  }

  private static String mark(ObjectInfo object) {
    return object.key() + " " + object.modified();
  }

  private static List<Proof> read(Turn turn, Instant now, int count) {
    Reading reading = new Reading(R0, now, _ -> {});
    turn.objects().subList(0, count).forEach(object -> reading.good(object, object.bytes()));
    return reading.proofs(Proof.Depth.CIPHERTEXT, turn.ranges(count));
  }

  private static ProvenRanges ranges(List<Proof> proofs) {
    return ranges(proofs, NOW);
  }

  private static ProvenRanges ranges(List<Proof> proofs, Instant now) {
    return new ProvenRanges(proofs, R0, Proof.Depth.CIPHERTEXT, now);
  }

  private static List<Proof> after(Duration pause) {
    return List.of(proof("", "", NOW.minus(pause)));
  }

  private static Proof proof(String after, String upTo, Instant time) {
    return new Proof(
        R0,
        Proof.Depth.CIPHERTEXT,
        after,
        upTo,
        Proof.EVER,
        time.minus(Duration.ofHours(1)),
        time,
        1,
        1,
        new TreeSet<>());
  }

  /** Ten objects of 100 bytes. */
  private static Turn turn(List<Proof> proofs, ReadBudget budget) {
    Turn turn = new Turn(ranges(proofs), budget, NOW);
    for (int i = 0; i < 10; i++) {
      turn.offer(object("o" + i, OLD));
    }
    return turn;
  }

  private static ObjectInfo object(String key, Instant modified) {
    return new ObjectInfo(new ObjectKey(key), 100, modified);
  }

  private static List<String> keys(List<ObjectInfo> objects) {
    List<String> keys = new ArrayList<>();
    objects.forEach(object -> keys.add(object.key().value()));
    return keys;
  }
}
