package dev.lifeboat.schedules;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronScheduleTest {
  private static List<String> following(CronSchedule schedule, String from, int count) {
    List<String> times = new ArrayList<>();
    Instant time = LocalDateTime.parse(from).atZone(schedule.zone()).toInstant();
    for (int i = 0; i < count; i++) {
      time = schedule.next(time).orElseThrow();
      times.add(time.atZone(schedule.zone()).toOffsetDateTime().toString());
    }
    return times;
  }

  private static CronSchedule of(String cron, String zone) {
    return new CronSchedule(cron, ZoneId.of(zone));
  }

  @Test
  void next_clocksArePutForwardOverIt_comesAsMuchLater() {
    assertThat(following(of("0 30 1 * * ?", "Europe/London"), "2026-03-28T00:00", 3))
        .containsExactly("2026-03-28T01:30Z", "2026-03-29T02:30+01:00", "2026-03-30T01:30+01:00");
    assertThat(following(of("0 30 2 * * ?", "America/New_York"), "2026-03-07T00:00", 3))
        .containsExactly(
            "2026-03-07T02:30-05:00", "2026-03-08T03:30-04:00", "2026-03-09T02:30-04:00");
    // Half an hour only, there.
    assertThat(following(of("0 15 2 * * ?", "Australia/Lord_Howe"), "2026-10-03T00:00", 3))
        .containsExactly(
            "2026-10-03T02:15+10:30", "2026-10-04T02:45+11:00", "2026-10-05T02:15+11:00");
  }

  @Test
  void next_clocksArePutBackOverIt_comesOnce() {
    assertThat(following(of("0 30 1 * * ?", "Europe/London"), "2026-10-24T00:00", 3))
        .containsExactly("2026-10-24T01:30+01:00", "2026-10-25T01:30+01:00", "2026-10-26T01:30Z");
    assertThat(following(of("0 30 1 * * ?", "America/New_York"), "2026-10-31T00:00", 3))
        .containsExactly(
            "2026-10-31T01:30-04:00", "2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00");
    assertThat(following(of("0 45 1 * * ?", "Australia/Lord_Howe"), "2026-04-04T00:00", 3))
        .containsExactly(
            "2026-04-04T01:45+11:00", "2026-04-05T01:45+11:00", "2026-04-06T01:45+10:30");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Europe/London", "America/New_York", "Australia/Lord_Howe", "UTC"})
  void next_everyNightOfYears_oneNightADayAndNoneTwice(String zone) {
    for (String time : List.of("0 30 1 * * ?", "0 30 2 * * ?", "0 15 2 * * ?", "0 0 0 * * ?")) {
      CronSchedule schedule = of(time, zone);
      Instant at = LocalDate.parse("2026-01-01").atStartOfDay(schedule.zone()).toInstant();
      at = at.minusSeconds(1);
      for (LocalDate day = LocalDate.parse("2026-01-01");
          day.isBefore(LocalDate.parse("2029-01-01"));
          day = day.plusDays(1)) {
        at = schedule.next(at).orElseThrow();
        assertThat(at.atZone(schedule.zone()).toLocalDate()).as(time).isEqualTo(day);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Europe/London, 2026-03-29T00:00, 2026-10-25T00:00",
    "America/New_York, 2026-03-08T00:00, 2026-11-01T00:00"
  })
  void next_everyHour_everyHourThatPasses(String zone, String spring, String autumn) {
    for (String cron : List.of("0 0 * * * ?", "0 0 0/1 * * ?")) {
      CronSchedule schedule = of(cron, zone);
      for (String day : List.of(spring, autumn)) {
        Instant at = LocalDateTime.parse(day).atZone(schedule.zone()).toInstant();
        for (int i = 0; i < 30; i++) {
          Instant next = schedule.next(at).orElseThrow();
          assertThat(Duration.between(at, next)).as("%s behind %s", cron, at).hasHours(1);
          at = next;
        }
      }
    }
  }

  @Test
  void next_behindTheMomentItself_isTheNextOne() {
    CronSchedule schedule = of("0 30 1 * * ?", "Europe/London");
    Instant putOff = Instant.parse("2026-03-29T01:30:00Z");

    assertThat(schedule.next(putOff.minusMillis(1))).contains(putOff);
    assertThat(schedule.next(putOff)).contains(Instant.parse("2026-03-30T00:30:00Z"));
    assertThat(schedule.next(putOff.plusNanos(1))).contains(Instant.parse("2026-03-30T00:30:00Z"));
  }

  @Test
  void next_onceAYearOrNeverAgain_ends() {
    assertThat(
            new CronSchedule("0 0 * * * ? 2026", ZoneOffset.UTC)
                .next(Instant.parse("2026-12-31T23:30:00Z")))
        .isEmpty();
    assertThat(of("0 0 2 29 2 ?", "Europe/London").next(Instant.parse("2026-11-22T00:00:00Z")))
        .contains(Instant.parse("2028-02-29T02:00:00Z"));
  }
}
