package dev.lifeboat.schedules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.schedules.Planner.Appointment;
import dev.lifeboat.schedules.Planner.Standing;
import dev.lifeboat.schedules.Planner.Verdict;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PlannerTest {
  private static final ZoneId LONDON = ZoneId.of("Europe/London");
  private static final Instant DUE = Instant.parse("2026-11-22T01:30:00Z");
  private static final Appointment APPOINTMENT = new Appointment(DUE, DUE);
  private static final Instant LONG_BEFORE = DUE.minus(Duration.ofDays(9));

  private final Planner planner = new Planner(new Random(7));
  private Duration jitter = Duration.ZERO;
  private boolean catchUp = true;
  private List<Blackout> blackouts = List.of();
  private Optional<String> after = Optional.empty();
  private Standing standing = Standing.NEVER_BEGAN;
  private final Map<String, Instant> good = new TreeMap<>();
  private final Map<String, Instant> began = new TreeMap<>();
  private final Map<String, Appointment> planned = new TreeMap<>();

  private JobSchedule job() {
    return new JobSchedule(
        List.of("nightly"),
        new CronSchedule("0 30 1 * * ?", LONDON),
        jitter,
        catchUp,
        blackouts,
        after,
        Optional.empty(),
        0,
        true);
  }

  private Verdict decide(Instant opened, Instant now) {
    return planner.decide("job", job(), APPOINTMENT, opened, now, memory());
  }

  private Planner.Memory memory() {
    return new Planner.Memory() {
      @Override
      public Standing standing(String job, Instant due) {
        return standing;
      }

      @Override
      public Optional<Instant> lastGood(String job) {
        return Optional.ofNullable(good.get(job));
      }

      @Override
      public Optional<Instant> lastBegan(String job) {
        return Optional.ofNullable(began.get(job));
      }

      @Override
      public Optional<Appointment> planned(String job) {
        return Optional.ofNullable(planned.get(job));
      }
    };
  }

  @Test
  void next_withJitter_isNeverBeforeItIsDueNorAfterTheLimit_andDiffers() {
    jitter = Duration.ofMinutes(30);
    Set<Instant> begins = new HashSet<>();
    for (int i = 0; i < 500; i++) {
      Appointment next = planner.next(job(), DUE.minusSeconds(1)).orElseThrow();
      assertThat(next.due()).isEqualTo(DUE);
      assertThat(next.begin()).isBetween(DUE, DUE.plus(jitter));
      begins.add(next.begin());
    }
    assertThat(begins).hasSizeGreaterThan(400);
  }

  @Test
  void decide_inTime_begins() {
    assertThat(decide(LONG_BEFORE, DUE)).isEqualTo(new Verdict.Begin(1));
    assertThat(decide(LONG_BEFORE, DUE.minusMillis(3))).isEqualTo(new Verdict.Begin(1));
    assertThat(decide(LONG_BEFORE, DUE.minusSeconds(3))).isInstanceOf(Verdict.Wait.class);
  }

  @Test
  void decide_afterDowntime_standsForAllThatWasMissed() {
    Instant late = DUE.plus(Duration.ofDays(3)).plusSeconds(60);

    assertThat(decide(late, late)).isEqualTo(new Verdict.Begin(4));
    catchUp = false;
    assertThat(decide(late, late))
        .isEqualTo(new Verdict.LeaveOut(4, "the service did not run when it was due"));
  }

  @Test
  void decide_skipping_butOnlyLateBehindAnotherJob_begins() {
    catchUp = false;

    assertThat(decide(LONG_BEFORE, DUE.plus(Duration.ofHours(2)))).isEqualTo(new Verdict.Begin(1));
  }

  @Test
  void decide_keptAsOver_isNotRunAgain() {
    standing = Standing.OVER;

    assertThat(decide(LONG_BEFORE, DUE)).isEqualTo(new Verdict.Over());
  }

  @Test
  void decide_interrupted_goesOnWhateverItIsAfterOrSkips() {
    standing = Standing.INTERRUPTED;
    catchUp = false;
    after = Optional.of("other");
    Instant later = DUE.plusSeconds(600);

    assertThat(decide(later, later)).isEqualTo(new Verdict.Begin(1));
  }

  @Test
  void decide_inABlackout_waitsForTheEndOfAllThatFollowOneAnother() {
    blackouts =
        List.of(
            new Blackout(LocalTime.of(23, 0), LocalTime.of(2, 0), Set.of(DayOfWeek.SATURDAY)),
            new Blackout(LocalTime.of(2, 0), LocalTime.of(3, 30), Set.of()));

    assertThat(decide(LONG_BEFORE, DUE))
        .isEqualTo(new Verdict.Wait(Instant.parse("2026-11-22T03:30:00Z"), "there is a blackout"));
  }

  @Test
  void blackout_whereClocksChange_endsByTheClockOnTheWall() {
    blackouts = List.of(new Blackout(LocalTime.of(0, 30), LocalTime.of(1, 30), Set.of()));
    // 01:30 comes at once behind 00:59:59, as 02:30 would; and twice.
    assertThat(job().blackedOutUntil(Instant.parse("2026-03-29T00:45:00Z")))
        .contains(Instant.parse("2026-03-29T01:30:00Z"));
    assertThat(job().blackedOutUntil(Instant.parse("2026-10-25T00:10:00Z")))
        .contains(Instant.parse("2026-10-25T00:30:00Z"));
    assertThat(job().blackedOutUntil(Instant.parse("2026-10-25T01:10:00Z")))
        .contains(Instant.parse("2026-10-25T01:30:00Z"));
    assertThat(job().blackedOutUntil(Instant.parse("2026-10-25T00:40:00Z"))).isEmpty();
  }

  @Test
  void schedule_withBlackoutsThatLeaveNothing_isRefused() {
    blackouts =
        List.of(
            new Blackout(LocalTime.of(0, 0), LocalTime.of(12, 0), Set.of()),
            new Blackout(LocalTime.of(12, 0), LocalTime.of(0, 0), Set.of()));

    assertThatThrownBy(this::job).hasMessageContaining("leave no time");
  }

  @Test
  void decide_afterAnotherJob_needsAGoodRunSinceItsOwnLast() {
    after = Optional.of("nightly");
    planned.put("nightly", new Appointment(DUE.plusSeconds(600), DUE.plusSeconds(600)));

    assertThat(decide(LONG_BEFORE, DUE))
        .isEqualTo(new Verdict.LeaveOut(1, "there was no good run of nightly"));
    good.put("nightly", DUE.minusSeconds(500));
    assertThat(decide(LONG_BEFORE, DUE)).isEqualTo(new Verdict.Begin(1));
    began.put("job", DUE.minusSeconds(400));
    assertThat(decide(LONG_BEFORE, DUE))
        .isEqualTo(new Verdict.LeaveOut(1, "there was no good run of nightly since it ran last"));
    good.put("nightly", DUE.minusSeconds(300));
    assertThat(decide(LONG_BEFORE, DUE)).isEqualTo(new Verdict.Begin(1));
  }

  @Test
  void decide_afterAnotherJobThatIsDueToo_waitsForIt() {
    after = Optional.of("nightly");
    good.put("nightly", DUE.minusSeconds(300));
    planned.put("nightly", new Appointment(DUE.minusSeconds(10), DUE.plusSeconds(90)));

    assertThat(decide(LONG_BEFORE, DUE))
        .isEqualTo(new Verdict.Wait(DUE.plusSeconds(92), "it comes after nightly"));
  }

  @Test
  void afterRun_thatTookOverTheNextTime_catchesUpOrTellsWhatIsLeftOut() {
    Instant ended = DUE.plus(Duration.ofHours(30));

    Planner.Following following = planner.afterRun(job(), APPOINTMENT, DUE, ended);
    assertThat(following.next().map(Appointment::due)).contains(DUE.plus(Duration.ofDays(1)));
    assertThat(following.missed()).isZero();
    catchUp = false;
    following = planner.afterRun(job(), APPOINTMENT, DUE, ended);
    assertThat(following.next().map(Appointment::due)).contains(DUE.plus(Duration.ofDays(2)));
    assertThat(following.missed()).isEqualTo(1);
    assertThat(following.firstMissed()).contains(DUE.plus(Duration.ofDays(1)));
  }
}
