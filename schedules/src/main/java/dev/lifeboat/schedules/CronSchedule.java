package dev.lifeboat.schedules;

import java.text.ParseException;
import java.time.Instant;
import java.time.ZoneId;
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

  /** The first time after {@code instant}; nothing if there is none any more. */
  public Optional<Instant> next(Instant instant) {
    // Quartz's interface is older than java.time.
    @SuppressWarnings("JavaUtilDate")
    Optional<Instant> next =
        Optional.ofNullable(expression().getNextValidTimeAfter(Date.from(instant)))
            .map(Date::toInstant);
    return next;
  }

  private CronExpression expression() {
    try {
      CronExpression expression = new CronExpression(cron);
      expression.setTimeZone(TimeZone.getTimeZone(zone));
      return expression;
    } catch (ParseException e) {
      throw new IllegalStateException(e);
    }
  }
}
