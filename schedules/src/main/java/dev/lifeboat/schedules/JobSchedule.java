package dev.lifeboat.schedules;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;

/**
 * What there is to know of a job to run it when it is due.
 *
 * @param command what runs, as words behind {@code lifeboat}
 * @param jitter by how much its begin is put off, at random, at the most
 * @param catchUp whether what came due while nothing could run it is made up for, once
 * @param blackouts in which it does not begin; it waits for their end
 * @param after the job of which there must have been a good run since this one ran last
 * @param maxDuration how long it may run; then it is ended
 * @param priority of those that wait for their turn, the highest goes first
 * @param alone whether it runs with nothing else beside it that is alone
 */
public record JobSchedule(
    List<String> command,
    CronSchedule when,
    Duration jitter,
    boolean catchUp,
    List<Blackout> blackouts,
    Optional<String> after,
    Optional<Duration> maxDuration,
    int priority,
    boolean alone) {
  public JobSchedule {
    command = List.copyOf(command);
    blackouts = List.copyOf(blackouts);
    if (jitter.isNegative()) {
      throw new IllegalArgumentException("jitter: nothing begins before it is due");
    }
    if (maxDuration.filter(time -> !time.isPositive()).isPresent()) {
      throw new IllegalArgumentException("max-duration: nothing is done in no time");
    }
    if (!blackouts.isEmpty() && leavesNothing(blackouts)) {
      throw new IllegalArgumentException("blackout: its windows leave no time to run");
    }
  }

  /** Simply when it is due; what it is called is what it runs. */
  public static JobSchedule of(String job, CronSchedule when) {
    return new JobSchedule(
        List.of(job),
        when,
        Duration.ZERO,
        true,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        0,
        true);
  }

  /** The same with another command. */
  public JobSchedule running(List<String> words) {
    return new JobSchedule(
        words, when, jitter, catchUp, blackouts, after, maxDuration, priority, alone);
  }

  private static boolean leavesNothing(List<Blackout> blackouts) {
    Instant start = LocalDate.EPOCH.atStartOfDay().toInstant(ZoneOffset.UTC);
    for (int minute = 0; minute < DayOfWeek.values().length * 24 * 60; minute++) {
      Instant at = start.plus(Duration.ofMinutes(minute));
      if (blackouts.stream().noneMatch(window -> window.contains(at, ZoneOffset.UTC))) {
        return false;
      }
    }
    return true;
  }

  /** Until when no run begins; nothing if one may now. */
  Optional<Instant> blackedOutUntil(Instant now) {
    Instant at = now;
    boolean moved = true;
    while (moved) {
      moved = false;
      for (Blackout window : blackouts) {
        if (window.contains(at, when.zone())) {
          at = window.end(at, when.zone());
          moved = true;
        }
      }
    }
    return at.equals(now) ? Optional.empty() : Optional.of(at);
  }
}
