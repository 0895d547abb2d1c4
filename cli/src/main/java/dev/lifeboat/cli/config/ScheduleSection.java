package dev.lifeboat.cli.config;

import dev.lifeboat.schedules.Blackout;
import dev.lifeboat.schedules.CronSchedule;
import dev.lifeboat.schedules.JobSchedule;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** When a job runs. */
public record ScheduleSection(
    Place at,
    @Doc("Quartz cron expression with seconds, for example \"0 30 1 * * ?\".") String cron,
    @Doc(value = "Time zone of the expression.", fallback = "UTC") ZoneId zone,
    @Doc("What runs; without it, the job that the entry is called after.") Optional<Job> job,
    @Doc("For backup and drill: which datasets, by name or tenant/name; without it all.")
        List<String> datasets,
    @Doc(
            "For evidence: which period is packed when it has ended: month, quarter or year; month when absent.")
        Optional<Period> period,
    @Doc(
            value =
                "By how long the begin is put off at the most, each time by another random time.",
            fallback = "0s")
        Duration jitter,
    @Doc(
            value =
                "What becomes of a run that came due while the service did not run or the job itself still did: it is made up for, once, or skipped and told.",
            fallback = "catch-up")
        Misfire misfire,
    @Doc("Times of the day in which no run begins: it waits for their end.") List<Window> blackout,
    @Doc(
            "Name of another entry, or \"drill NAME\": runs only after a good run of that since its own last; otherwise it is skipped and told.")
        Optional<String> after,
    @Doc("How long a run may take; then it is stopped, and counts as failed.")
        Optional<Duration> maxDuration,
    @Doc(
            value =
                "Of several that wait for their turn, the one with the highest number goes first.",
            fallback = "0")
        int priority) {
  public ScheduleSection {
    datasets = List.copyOf(datasets);
    blackout = List.copyOf(blackout);
  }

  /** What can be scheduled. */
  public enum Job {
    NIGHTLY,
    BACKUP,
    REPLICATE,
    VERIFY,
    DRILL,
    EVIDENCE,
    RETENTION,
    RECLAIM,
    WATCH
  }

  /** What becomes of a run that could not begin when it was due. */
  public enum Misfire {
    CATCH_UP,
    SKIP
  }

  /** What evidence is packed of. */
  public enum Period {
    MONTH,
    QUARTER,
    YEAR
  }

  /** A window of the day. */
  public record Window(
      Place at,
      @Doc("When it begins, for example \"08:00\".") LocalTime from,
      @Doc("When it ends; on the next day, if that is not later.") LocalTime to,
      @Doc("On which days it begins, for example [monday, friday]; without it on all.")
          List<DayOfWeek> days) {
    public Window {
      days = List.copyOf(days);
      // Says what it does not take.
      Blackout _ = new Blackout(from, to, Set.copyOf(days));
    }
  }

  /** The job that an entry of {@code schedules} runs. */
  Optional<Job> job(String name) {
    return job.or(() -> {
      for (Job known : Job.values()) {
        if (Scalars.show(known).equals(name)) {
          return Optional.of(known);
        }
      }
      return Optional.empty();
    });
  }

  /**
   * What the service does with an entry of {@code schedules}.
   *
   * @throws IllegalArgumentException if it cannot be done, saying why
   */
  public JobSchedule schedule(String name) {
    Job what =
        job(name)
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "is no job; there are %s. Or say with job: which one it runs"
                        .formatted(Scalars.names(Job.class))));
    if (!datasets.isEmpty() && what != Job.BACKUP && what != Job.DRILL) {
      throw new IllegalArgumentException("datasets goes with the jobs backup and drill");
    }
    if (period.isPresent() && what != Job.EVIDENCE) {
      throw new IllegalArgumentException("period goes with the job evidence");
    }
    List<String> command = new ArrayList<>();
    if (what == Job.EVIDENCE) {
      command.addAll(
          List.of("evidence", "pack", "--period", Scalars.show(period.orElse(Period.MONTH))));
    } else {
      command.add(Scalars.show(what));
      for (String dataset : datasets) {
        if (what == Job.DRILL) {
          command.add("--dataset");
        }
        command.add(dataset);
      }
    }
    // It only looks, and must not wait behind a night to see that the night takes too long.
    return schedule(command, what != Job.WATCH);
  }

  /**
   * What the service does with the drill that has this schedule.
   *
   * @throws IllegalArgumentException if it cannot be done, saying why
   */
  public JobSchedule ofDrill(String drill) {
    if (job.isPresent() || !datasets.isEmpty() || period.isPresent()) {
      throw new IllegalArgumentException(
          "job, datasets and period belong under schedules: a drill says itself what it does");
    }
    return schedule(List.of("drill", drill), true);
  }

  private JobSchedule schedule(List<String> command, boolean alone) {
    CronSchedule when = new CronSchedule(cron, zone);
    checkJitter(when);
    return new JobSchedule(
        command,
        when,
        jitter,
        misfire == Misfire.CATCH_UP,
        blackout.stream()
            .map(window -> new Blackout(window.from(), window.to(), Set.copyOf(window.days())))
            .toList(),
        after,
        maxDuration,
        priority,
        alone);
  }

  /** What is put off beyond the next time would swallow that. */
  private void checkJitter(CronSchedule when) {
    Optional<Instant> time = when.next(Instant.EPOCH);
    for (int i = 0; i < 400 && time.isPresent(); i++) {
      Optional<Instant> next = when.next(time.get());
      if (next.isPresent()
          && !jitter.isZero()
          && jitter.compareTo(Duration.between(time.get(), next.get())) >= 0) {
        throw new IllegalArgumentException(
            "jitter: %s is not shorter than the time between two runs, %s"
                .formatted(
                    Durations.format(jitter),
                    Durations.format(Duration.between(time.get(), next.get()))));
      }
      time = next;
    }
  }
}
