package dev.lifeboat.schedules;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * A window of the day in which no run begins.
 *
 * @param from when it begins; it ends before {@code to}, on the next day if that is not later
 * @param days on which it begins; none: on all
 */
public record Blackout(LocalTime from, LocalTime to, Set<DayOfWeek> days) {
  public Blackout {
    if (from.equals(to)) {
      throw new IllegalArgumentException(
          "a blackout from %s to %s has no end; write another time".formatted(from, to));
    }
    days =
        Collections.unmodifiableSet(
            days.isEmpty() ? EnumSet.allOf(DayOfWeek.class) : EnumSet.copyOf(days));
  }

  /** Whether it is on, by the clock on the wall. */
  public boolean contains(Instant time, ZoneId zone) {
    return contains(time.atZone(zone));
  }

  private boolean contains(ZonedDateTime local) {
    LocalTime time = local.toLocalTime();
    DayOfWeek day = local.getDayOfWeek();
    if (from.isBefore(to)) {
      return days.contains(day) && !time.isBefore(from) && time.isBefore(to);
    }
    return (days.contains(day) && !time.isBefore(from))
        || (days.contains(day.minus(1)) && time.isBefore(to));
  }

  /** The next time at which it ends, of one that is on. */
  Instant end(Instant time, ZoneId zone) {
    ZonedDateTime local = time.atZone(zone);
    ZonedDateTime end = local.toLocalDate().atTime(to).atZone(zone).withEarlierOffsetAtOverlap();
    if (!end.toInstant().isAfter(time)) {
      // Clocks were put back over its end, and it comes again.
      end = end.withLaterOffsetAtOverlap();
    }
    if (!end.toInstant().isAfter(time)) {
      end = local.toLocalDate().plusDays(1).atTime(to).atZone(zone);
    }
    return end.toInstant();
  }

  @Override
  public String toString() {
    return "%s-%s".formatted(from, to);
  }
}
