package dev.lifeboat.schedules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.schedules.SimulatedHost.Kept;
import dev.lifeboat.schedules.SimulatedHost.Look;
import dev.lifeboat.schedules.SimulatedHost.Span;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A year of a host, in seconds: what the {@link Planner} decides and what the {@link
 * dev.lifeboat.schedules.watch.Watch} tells, through both changes of the clocks, downtimes, nights
 * that take too long, a full disk and regions that fail, all drawn from a seed.
 *
 * <p>What must have come of it is worked out here a second time, from the calendar and from what
 * was done to the host, without a line of what is tested: no cron expression, no planner, no watch.
 */
class SimulatedYearTest {
  private static final LocalDate FIRST = LocalDate.of(2026, 1, 1);
  private static final LocalDate LAST = LocalDate.of(2026, 12, 31);

  /** A night at this time of day, by the calendar: late where there is none, once where two are. */
  private static Instant night(LocalDate day, LocalTime time, ZoneId zone) {
    LocalDateTime local = day.atTime(time);
    ZoneOffsetTransition change = zone.getRules().getTransition(local);
    return change == null
        ? local.toInstant(zone.getRules().getValidOffsets(local).getFirst())
        // Both ways the offset of before says when it is: in a gap that is as much later.
        : local.toInstant(change.getOffsetBefore());
  }

  @ParameterizedTest
  @CsvSource({
    "Europe/London, 01:30, 1",
    "America/New_York, 02:30, 4",
    "America/New_York, 01:30, 5",
    "Australia/Lord_Howe, 02:15, 7"
  })
  void year_everyNightIsRunCaughtUpOrAlerted_andNoAlertIsFalseOrMissing(
      ZoneId zone, LocalTime time, long seed) {
    Instant begin = FIRST.atStartOfDay(zone).toInstant();
    Instant end = LAST.plusDays(1).atStartOfDay(zone).toInstant();
    SimulatedHost host = new SimulatedHost(zone, time, seed, begin, end);
    host.live();

    nights(host, zone, time);
    neverTwoAtOnce(host);
    blackouts(host, zone);
    limits(host);
    order(host);
    looks(host);
    // Everything that is to be told apart did happen.
    assertThat(host.kept).extracting(Kept::state).contains("DONE", "FAILED", "OVERRAN", "NOT_RUN");
    assertThat(host.kept).anyMatch(run -> run.attempts() > 1).anyMatch(run -> run.covers() > 1);
    assertThat(host.looks)
        .anyMatch(look -> look.told().stream().anyMatch(key -> key.startsWith("snapshot-late")));
  }

  /** Each night that there is by the calendar has one run that stands for it, and soon enough. */
  private static void nights(SimulatedHost host, ZoneId zone, LocalTime time) {
    List<Kept> runs =
        new ArrayList<>(host.kept.stream().filter(run -> run.job().equals("nightly")).toList());
    runs.sort(Comparator.comparing(Kept::due));
    List<Instant> expected = new ArrayList<>();
    for (LocalDate day = FIRST; !day.isAfter(LAST); day = day.plusDays(1)) {
      expected.add(night(day, time, zone));
    }
    int at = 0;
    int inTime = 0;
    int caughtUp = 0;
    int alerted = 0;
    for (Kept run : runs) {
      assertThat(run.due())
          .as("a run for a night that is in the calendar")
          .isEqualTo(expected.get(at));
      for (int i = 0; i < run.covers(); i++) {
        Instant due = expected.get(at++);
        // What came due while it was interrupted, it stands for since it went on.
        Instant began = i == 0 ? run.began() : run.beginnings().getLast();
        assertThat(began).as("a night does not begin before it is due").isAfterOrEqualTo(due);
        boolean prompt = !began.isAfter(due.plus(SimulatedHost.JITTER));
        if (run.state().equals("DONE") && prompt && run.attempts() == 1) {
          inTime++;
        } else if (run.state().equals("DONE")) {
          caughtUp++;
        } else {
          assertThat(host.alerted).as("night of %s: %s", due, run).contains(run.id());
          alerted++;
        }
        if (!prompt) {
          assertThat(excused(host, zone, due.plus(SimulatedHost.JITTER), began))
              .as("why the night of %s began at %s", due, began)
              .isTrue();
        }
      }
    }
    // What is due at the very end may be left.
    assertThat(expected.size() - at)
        .as("nights of which nothing is kept")
        .isBetween(0, host.leftAtTheEnd);
    assertThat(inTime).isGreaterThan(250);
    assertThat(caughtUp).isGreaterThan(3);
    assertThat(alerted).isGreaterThan(3);
  }

  /** Whether in all that time the host was down, busy, or not allowed to begin. */
  private static boolean excused(SimulatedHost host, ZoneId zone, Instant from, Instant to) {
    List<Span> hindered = new ArrayList<>(host.down);
    hindered.addAll(host.busy);
    hindered.removeIf(span -> !span.to().isAfter(from) || !span.from().isBefore(to));
    for (Instant at = from; at.isBefore(to); at = at.plusSeconds(60)) {
      Instant now = at;
      if (!SimulatedHost.isOffice(now.atZone(zone))
          && hindered.stream().noneMatch(span -> span.contains(now))) {
        return false;
      }
    }
    return true;
  }

  private static void neverTwoAtOnce(SimulatedHost host) {
    List<Span> busy = new ArrayList<>(host.busy);
    busy.sort(Comparator.comparing(Span::from));
    for (int i = 1; i < busy.size(); i++) {
      assertThat(busy.get(i).from()).isAfterOrEqualTo(busy.get(i - 1).to());
    }
    assertThat(host.kept).extracting(Kept::id).doesNotHaveDuplicates();
  }

  private static void blackouts(SimulatedHost host, ZoneId zone) {
    assertThat(host.kept)
        .filteredOn(run -> run.job().equals("nightly") && !run.state().equals("NOT_RUN"))
        .allSatisfy(run ->
            assertThat(run.beginnings())
                .noneMatch(began -> SimulatedHost.isOffice(began.atZone(zone))));
  }

  private static void limits(SimulatedHost host) {
    assertThat(host.kept)
        .allSatisfy(
            run -> assertThat(run.longest()).isLessThanOrEqualTo(SimulatedHost.NIGHT_AT_MOST));
    assertThat(host.kept)
        .filteredOn(run -> run.state().equals("OVERRAN") && run.job().equals("nightly"))
        .allSatisfy(run -> assertThat(run.longest()).isEqualTo(SimulatedHost.NIGHT_AT_MOST));
  }

  /** A drill runs if and only if a night went well since the drill before it began. */
  private static void order(SimulatedHost host) {
    List<Kept> drills =
        new ArrayList<>(host.kept.stream().filter(run -> run.job().equals("drill")).toList());
    drills.sort(Comparator.comparing(Kept::began));
    Optional<Instant> last = Optional.empty();
    int ran = 0;
    int leftOut = 0;
    for (Kept drill : drills) {
      Optional<Instant> before = last;
      boolean good =
          host.kept.stream()
              .filter(run -> run.job().equals("nightly") && run.state().equals("DONE"))
              .map(Kept::ended)
              .anyMatch(ended ->
                  !ended.isAfter(drill.began()) && before.map(ended::isAfter).orElse(true));
      if (drill.state().equals("NOT_RUN")) {
        // Or it was due while the host was down, which a drill is not made up for.
        boolean missed =
            host.down.stream()
                .anyMatch(
                    span -> span.to().isAfter(drill.due()) && span.from().isBefore(drill.began()));
        boolean busyItself = drill.what().contains("running still");
        assertThat(good && !missed && !busyItself).as("left out: %s", drill).isFalse();
        leftOut++;
      } else {
        assertThat(good).as("ran: %s", drill).isTrue();
        last = Optional.of(drill.beginnings().getFirst());
        ran++;
      }
    }
    assertThat(ran).isGreaterThan(200);
    assertThat(leftOut).isGreaterThan(5);
  }

  /** At each look the watch tells what is so, and nothing else. */
  private static void looks(SimulatedHost host) {
    int falsely = 0;
    int missing = 0;
    for (Look look : host.looks) {
      Set<String> truth = host.truth(look.at());
      Set<String> told = new TreeSet<>(look.told());
      for (String key : told) {
        if (!truth.contains(key)) {
          falsely++;
        }
      }
      for (String key : truth) {
        if (!told.contains(key)) {
          missing++;
        }
      }
      assertThat(told).as("at %s", look.at()).isEqualTo(truth);
    }
    assertThat(falsely).isZero();
    assertThat(missing).isZero();
    assertThat(host.looks).hasSizeGreaterThan(17_000);
  }

  @Test
  void calendar_ofTheOracle_isRightWhereClocksChange() {
    assertThat(night(LocalDate.of(2026, 3, 29), LocalTime.of(1, 30), ZoneId.of("Europe/London")))
        .isEqualTo("2026-03-29T01:30:00Z");
    assertThat(night(LocalDate.of(2026, 10, 25), LocalTime.of(1, 30), ZoneId.of("Europe/London")))
        .isEqualTo("2026-10-25T00:30:00Z");
    assertThat(night(LocalDate.of(2026, 3, 8), LocalTime.of(2, 30), ZoneId.of("America/New_York")))
        .isEqualTo("2026-03-08T07:30:00Z");
  }
}
