package dev.lifeboat.vault.reclaim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetentionTest {
  private static final ZoneId LONDON = ZoneId.of("Europe/London");
  private final SecureRandom random = new SecureRandom();
  private long sequence;

  private SnapshotRecord at(String time) {
    return at(Instant.parse(time), true);
  }

  private SnapshotRecord at(Instant time, boolean complete) {
    var header = World.header(time, ++sequence, complete, random);
    return new SnapshotRecord(
        new ObjectKey("snapshots/a/b/" + RecordNames.next(time, random)),
        new Digest(0, 0, 0, sequence),
        header,
        new TreeSet<>(Set.of(new RegionName("r"))));
  }

  /** A snapshot with tags; the same time and number make the same. */
  static SnapshotRecord tagged(String time, Set<String> tags) {
    Instant at = Instant.parse(time);
    SecureRandom random = new SecureRandom();
    var plain = World.header(at, 1, true, random);
    var header =
        new SnapshotHeader(
            plain.id(),
            at,
            plain.tenant(),
            plain.dataset(),
            plain.source(),
            plain.writer(),
            1,
            null,
            true,
            plain.counts(),
            plain.tools(),
            new TreeSet<>(tags),
            0);
    return new SnapshotRecord(
        new ObjectKey("snapshots/a/b/" + RecordNames.next(at, random)),
        new Digest(0, 0, 0, at.getEpochSecond()),
        header,
        new TreeSet<>(Set.of(new RegionName("r"))));
  }

  private static RetentionPolicy policy(
      int last, int hourly, int daily, int weekly, int monthly, int yearly) {
    return new RetentionPolicy(last, hourly, daily, weekly, monthly, yearly, ZoneOffset.UTC);
  }

  private static List<Instant> kept(List<SnapshotRecord> snapshots, RetentionPolicy policy) {
    return Retention.decide(snapshots, policy).stream()
        .filter(Retention.Decision::keep)
        .map(d -> d.snapshot().header().time())
        .toList();
  }

  private static List<Instant> times(String... times) {
    return List.of(times).stream().map(Instant::parse).toList();
  }

  @Test
  void policy_nothingOrNegative_isRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> policy(0, 0, 0, 0, 0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> policy(1, 0, -1, 0, 0, 0));
  }

  @Test
  void decide_nothing_isNothing() {
    assertThat(Retention.decide(List.of(), policy(1, 0, 0, 0, 0, 0))).isEmpty();
  }

  @Test
  void decide_last_keepsTheNewestInWhateverOrderTheyCome() {
    List<SnapshotRecord> all =
        new ArrayList<>(
            List.of(
                at("2026-11-01T00:00:00Z"),
                at("2026-11-02T00:00:00Z"),
                at("2026-11-03T00:00:00Z"),
                at("2026-11-04T00:00:00Z")));
    Collections.shuffle(all, new Random(1));
    assertThat(kept(all, policy(2, 0, 0, 0, 0, 0)))
        .isEqualTo(times("2026-11-04T00:00:00Z", "2026-11-03T00:00:00Z"));
    assertThat(Retention.decide(all, policy(2, 0, 0, 0, 0, 0)))
        .extracting(Retention.Decision::reason)
        .containsExactly(
            "the newest, the newest complete one, one of the last 2",
            "one of the last 2",
            "no rule of the retention policy keeps it, not one of the last 2",
            "no rule of the retention policy keeps it, not one of the last 2");
  }

  @Test
  void decide_daily_keepsTheNewestOfEachDayThatHasOne() {
    List<SnapshotRecord> all =
        List.of(
            at("2026-11-10T01:00:00Z"),
            at("2026-11-10T23:59:59Z"),
            at("2026-11-07T12:00:00Z"),
            at("2026-11-06T12:00:00Z"),
            at("2026-11-06T13:00:00Z"));
    assertThat(kept(all, policy(0, 0, 3, 0, 0, 0)))
        .isEqualTo(times("2026-11-10T23:59:59Z", "2026-11-07T12:00:00Z", "2026-11-06T13:00:00Z"));
    assertThat(kept(all, policy(0, 0, 2, 0, 0, 0)))
        .isEqualTo(times("2026-11-10T23:59:59Z", "2026-11-07T12:00:00Z"));
  }

  @Test
  void decide_daily_followsTheZoneNotUtc() {
    // 23:30 UTC on 30 June is 1 July in London.
    List<SnapshotRecord> all = List.of(at("2026-06-30T22:00:00Z"), at("2026-06-30T23:30:00Z"));
    assertThat(kept(all, policy(0, 0, 5, 0, 0, 0))).hasSize(1);
    assertThat(kept(all, new RetentionPolicy(0, 0, 5, 0, 0, 0, LONDON))).hasSize(2);
    assertThat(kept(all, new RetentionPolicy(0, 0, 0, 0, 5, 0, LONDON))).hasSize(2);
  }

  @Test
  void decide_hourlyWhenClocksGoBack_theRepeatedHourIsTwo() {
    // 01:30 BST and 01:30 GMT on 25 October 2026.
    List<SnapshotRecord> all = List.of(at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"));
    assertThat(kept(all, new RetentionPolicy(0, 5, 0, 0, 0, 0, LONDON))).hasSize(2);
  }

  @Test
  void decide_hourlyWhenClocksGoForward_noHourIsLost() {
    // 00:30 GMT, then 02:30 BST, on 29 March 2026; the day has 23 hours.
    List<SnapshotRecord> all = new ArrayList<>();
    Instant start = LocalDate.of(2026, 3, 29).atStartOfDay(LONDON).toInstant();
    for (int hour = 0; hour < 23; hour++) {
      all.add(at(start.plus(Duration.ofHours(hour)), true));
    }
    assertThat(kept(all, new RetentionPolicy(0, 100, 0, 0, 0, 0, LONDON))).hasSize(23);
    assertThat(kept(all, new RetentionPolicy(0, 0, 100, 0, 0, 0, LONDON))).hasSize(1);
  }

  @Test
  void decide_weekly_isIsoWeeksAlsoAcrossNewYear() {
    // Thursday 31 December 2026 and Sunday 3 January 2027 are both in 2026-W53.
    List<SnapshotRecord> all =
        List.of(
            at("2026-12-28T01:00:00Z"),
            at("2026-12-31T01:00:00Z"),
            at("2027-01-03T01:00:00Z"),
            at("2027-01-04T01:00:00Z"));
    List<Retention.Decision> decisions =
        Retention.decide(all, policy(0, 0, 0, 9, 0, 0)).stream()
            .filter(Retention.Decision::keep)
            .toList();
    assertThat(decisions)
        .extracting(d -> d.snapshot().header().time())
        .isEqualTo(times("2027-01-04T01:00:00Z", "2027-01-03T01:00:00Z"));
    assertThat(decisions.getLast().reason()).isEqualTo("weekly for 2026-W53");
  }

  @Test
  void decide_monthlyAndYearly_addUp() {
    List<SnapshotRecord> all = new ArrayList<>();
    for (LocalDate day = LocalDate.of(2024, 1, 1);
        day.isBefore(LocalDate.of(2026, 11, 22));
        day = day.plusDays(1)) {
      all.add(at(day.atTime(1, 30).toInstant(ZoneOffset.UTC), true));
    }
    Set<LocalDate> days =
        kept(all, policy(0, 0, 7, 5, 12, 3)).stream()
            .map(t -> t.atZone(ZoneOffset.UTC).toLocalDate())
            .collect(Collectors.toSet());
    assertThat(days)
        .contains(
            LocalDate.of(2026, 11, 21), // daily, weekly, monthly and yearly
            LocalDate.of(2026, 11, 15), // daily and weekly
            LocalDate.of(2026, 10, 25), // weekly
            LocalDate.of(2026, 10, 31),
            LocalDate.of(2025, 12, 31),
            LocalDate.of(2024, 12, 31))
        .doesNotContain(LocalDate.of(2025, 11, 30), LocalDate.of(2026, 11, 14))
        // Counted independently, with Python's datetime.
        .hasSize(22);
  }

  @Test
  void decide_equalTimes_theHigherSequenceIsTheNewer() {
    SnapshotRecord first = at("2026-11-10T01:00:00Z");
    SnapshotRecord second = at("2026-11-10T01:00:00Z");
    for (List<SnapshotRecord> order : List.of(List.of(first, second), List.of(second, first))) {
      List<Retention.Decision> decisions = Retention.decide(order, policy(1, 0, 0, 0, 0, 0));
      assertThat(decisions.getFirst().snapshot()).isEqualTo(second);
      assertThat(decisions.getFirst().keep()).isTrue();
      assertThat(decisions.getLast().keep()).isFalse();
    }
  }

  @Test
  void decide_newestPartial_keepsItAndTheNewestCompleteOne() {
    SnapshotRecord complete = at("2026-11-01T00:00:00Z");
    SnapshotRecord partial = at(Instant.parse("2026-11-05T00:00:00Z"), false);
    SnapshotRecord later = at(Instant.parse("2026-11-06T00:00:00Z"), false);
    List<Retention.Decision> decisions =
        Retention.decide(List.of(complete, partial, later), policy(1, 0, 0, 0, 0, 0));
    assertThat(decisions).extracting(Retention.Decision::keep).containsExactly(true, false, true);
    assertThat(decisions.get(1).reason()).startsWith("partial");
    assertThat(decisions.get(2).reason()).isEqualTo("the newest complete one");
  }

  @Test
  void decide_partialBesideComplete_theCompleteOneStandsForThePeriod() {
    SnapshotRecord complete = at("2026-11-05T01:00:00Z");
    SnapshotRecord partial = at(Instant.parse("2026-11-05T09:00:00Z"), false);
    SnapshotRecord alone = at(Instant.parse("2026-11-04T09:00:00Z"), false);
    SnapshotRecord newest = at("2026-11-06T01:00:00Z");
    assertThat(kept(List.of(complete, partial, alone, newest), policy(0, 0, 9, 0, 0, 0)))
        .containsExactly(newest.header().time(), complete.header().time(), alone.header().time());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void decide_random_neverDropsTheNewestAndIsStable(long seed) {
    Random dice = new Random(seed);
    List<SnapshotRecord> all = new ArrayList<>();
    Instant time = Instant.parse("2026-01-01T00:00:00Z");
    for (int i = 0; i < 200; i++) {
      time = time.plus(Duration.ofMinutes(dice.nextInt(3000)));
      all.add(at(time, dice.nextInt(3) > 0));
    }
    RetentionPolicy policy =
        new RetentionPolicy(
            dice.nextInt(4),
            dice.nextInt(10),
            1 + dice.nextInt(10),
            dice.nextInt(6),
            dice.nextInt(12),
            dice.nextInt(3),
            LONDON);
    List<Retention.Decision> decisions = Retention.decide(all, policy);
    assertThat(decisions).hasSize(200);
    assertThat(decisions.getFirst().keep()).isTrue();
    assertThat(
            decisions.stream()
                .filter(d -> d.snapshot().header().complete())
                .findFirst()
                .orElseThrow()
                .keep())
        .isTrue();
    // Deciding again about what was kept keeps all of it: nothing erodes night by night.
    List<SnapshotRecord> left =
        decisions.stream()
            .filter(Retention.Decision::keep)
            .map(Retention.Decision::snapshot)
            .toList();
    assertThat(Retention.decide(left, policy)).allMatch(Retention.Decision::keep);
  }
}
