package dev.lifeboat.schedules.alert;

import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;

/**
 * Hours in which warnings wait. What is critical never does.
 *
 * @param from when they begin; included
 * @param to when they are over; before {@code from} if that is on the next day
 * @param zone in which both are told
 */
public record QuietHours(LocalTime from, LocalTime to, ZoneId zone) {
  public QuietHours {
    if (from.equals(to)) {
      throw new IllegalArgumentException("quiet hours that never end would hold warnings for ever");
    }
  }

  /** The end of the quiet hours in which the instant is; the instant itself if it is in none. */
  public Instant end(Instant instant) {
    ZonedDateTime here = instant.atZone(zone);
    LocalTime time = here.toLocalTime();
    boolean overMidnight = to.isBefore(from);
    boolean quiet =
        overMidnight
            ? !time.isBefore(from) || time.isBefore(to)
            : !time.isBefore(from) && time.isBefore(to);
    if (!quiet) {
      return instant;
    }
    boolean tomorrow = overMidnight && !time.isBefore(from);
    // A time that the day does not have, because clocks are put forward, comes when they are.
    Instant end = here.toLocalDate().plusDays(tomorrow ? 1 : 0).atTime(to).atZone(zone).toInstant();
    // Of a time that comes twice the first is over already in the second.
    return end.isBefore(instant) ? instant : end;
  }
}
