package dev.lifeboat.schedules;

import java.text.ParseException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.util.Date;
import java.util.Optional;
import java.util.TimeZone;
import org.quartz.CronExpression;

/**
 * When something happens: {@code schedules: {nightly: {cron, zone}}} of the configuration.
 *
 * @param cron as Quartz reads it: seconds, minutes, hours, day of month, month, day of week and,
 *     optionally, year
 * @param zone in which these are told
 */
public record CronSchedule(String cron, ZoneId zone) {
  public CronSchedule {
    try {
      CronExpression _ = new CronExpression(cron);
    } catch (ParseException e) {
      throw new IllegalArgumentException(
          "cron '%s': %s; for half past one every night write \"0 30 1 * * ?\""
              .formatted(cron, e.getMessage()),
          e);
    }
  }

  /**
   * The first time after {@code instant}; nothing if there is none any more.
   *
   * <p>Whatever the clocks do: a time of day that a day does not have, because clocks are put
   * forward over it, comes as much later as they are put forward; one that a day has twice comes
   * the first time. Where hours are left open ({@code *} or every so many), every hour that passes
   * counts, also the one that comes twice.
   */
  public Optional<Instant> next(Instant instant) {
    return isByTheHour() ? nextByTheHour(instant) : nextByTheDay(instant);
  }

  private boolean isByTheHour() {
    String hours = cron.trim().split("\\s+", -1)[2];
    return hours.contains("*") || hours.contains("/");
  }

  private Optional<Instant> nextByTheDay(Instant instant) {
    // A time that is put off may lie ahead although what it is called lies behind.
    LocalDateTime from = local(instant).minusDays(1);
    while (true) {
      Optional<LocalDateTime> named = nextNamed(from);
      if (named.isEmpty()) {
        return Optional.empty();
      }
      Instant due = named.get().atZone(zone).toInstant();
      if (due.isAfter(instant)) {
        return Optional.of(due);
      }
      from = named.get();
    }
  }

  private Optional<Instant> nextByTheHour(Instant instant) {
    Instant from = instant;
    LocalDateTime behind = local(instant);
    while (true) {
      ZoneOffset offset = zone.getRules().getOffset(from);
      Optional<Instant> due = nextNamed(behind).map(named -> named.toInstant(offset));
      ZoneOffsetTransition change = zone.getRules().nextTransition(from);
      if (due.isEmpty() || change == null || due.get().isBefore(change.getInstant())) {
        return due;
      }
      // The clock is put to another time before that: from then on the new one counts.
      from = change.getInstant();
      behind = change.getDateTimeAfter().minusSeconds(1);
    }
  }

  private LocalDateTime local(Instant instant) {
    return LocalDateTime.ofInstant(instant, zone);
  }

  /** The next time after another by a clock that is never put forward or back. */
  private Optional<LocalDateTime> nextNamed(LocalDateTime after) {
    // Quartz's interface is older than java.time, and where clocks are put forward it leaves out
    // what is due in between: so it is asked of a zone where they never are.
    @SuppressWarnings("JavaUtilDate")
    Optional<Instant> next =
        Optional.ofNullable(
                expression().getNextValidTimeAfter(Date.from(after.toInstant(ZoneOffset.UTC))))
            .map(Date::toInstant);
    return next.map(time -> LocalDateTime.ofInstant(time, ZoneOffset.UTC));
  }

  private CronExpression expression() {
    try {
      CronExpression expression = new CronExpression(cron);
      expression.setTimeZone(TimeZone.getTimeZone(ZoneOffset.UTC));
      return expression;
    } catch (ParseException e) {
      throw new IllegalStateException(e);
    }
  }
}
