package dev.lifeboat.schedules;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Decides what becomes of a job that is due. Asks no clock, remembers nothing and starts nothing:
 * whoever uses it keeps the {@link Appointment} of each job, asks {@link #decide} when its time has
 * come, and {@link #afterRun} or {@link #afterNone} when it is dealt with.
 */
public final class Planner {
  /** So many missed times are counted; more are as many. */
  private static final int COUNTED = 1000;

  /** How long to wait for a job that is due at the same time. */
  private static final Duration SHORTLY = Duration.ofSeconds(2);

  /** Timers run down a little early. */
  private static final Duration EARLY = Duration.ofMillis(20);

  private final RandomGenerator random;

  /**
   * @param random puts off what has a jitter
   */
  public Planner(RandomGenerator random) {
    this.random = random;
  }

  /**
   * When a job is to run next.
   *
   * @param due by its schedule; with the job it names the run, however late that is
   * @param begin not before this
   */
  public record Appointment(Instant due, Instant begin) {
    public Appointment {
      if (begin.isBefore(due)) {
        throw new IllegalArgumentException("%s is before it is due, %s".formatted(begin, due));
      }
    }
  }

  /** What is remembered of runs and plans. */
  public interface Memory {
    /** How it stands with the run of a job that was due then. */
    Standing standing(String job, Instant due);

    /** When the last run of a job that went well ended. */
    Optional<Instant> lastGood(String job);

    /** When the last run of a job began, whatever became of it. */
    Optional<Instant> lastBegan(String job);

    /** When a job is to run next, or is running now; nothing if it is not scheduled. */
    Optional<Appointment> planned(String job);
  }

  /** How it stands with one run. */
  public enum Standing {
    NEVER_BEGAN,
    /** It began, and was interrupted. */
    INTERRUPTED,
    OVER
  }

  /** What to do with a job whose time has come. */
  public sealed interface Verdict {
    /**
     * Run it.
     *
     * @param covers how many times that it was due it stands for
     */
    record Begin(int covers) implements Verdict {}

    /** Ask again then. */
    record Wait(Instant until, String why) implements Verdict {}

    /**
     * It is not run for this time.
     *
     * @param covers how many times that it was due are left out
     */
    record LeaveOut(int covers, String why) implements Verdict {}

    /** It is over already: its end was the last thing that was kept before a crash. */
    record Over() implements Verdict {}
  }

  /** The first appointment after a time; nothing if it is never due again. */
  public Optional<Appointment> next(JobSchedule job, Instant after) {
    return job.when().next(after).map(due -> new Appointment(due, putOff(job, due)));
  }

  private Instant putOff(JobSchedule job, Instant due) {
    return job.jitter().isZero()
        ? due
        : due.plusMillis(random.nextLong(job.jitter().toMillis() + 1));
  }

  /**
   * What to do now.
   *
   * @param opened since when jobs could be run
   */
  public Verdict decide(
      String name,
      JobSchedule job,
      Appointment appointment,
      Instant opened,
      Instant now,
      Memory memory) {
    Standing standing = memory.standing(name, appointment.due());
    if (standing == Standing.OVER) {
      return new Verdict.Over();
    }
    if (now.plus(EARLY).isBefore(appointment.begin())) {
      return new Verdict.Wait(appointment.begin(), "");
    }
    boolean goesOn = standing == Standing.INTERRUPTED;
    if (!goesOn && !job.catchUp() && appointment.begin().isBefore(opened)) {
      return new Verdict.LeaveOut(
          covers(job, appointment, now), "the service did not run when it was due");
    }
    Optional<Instant> until = job.blackedOutUntil(now);
    if (until.isPresent()) {
      return new Verdict.Wait(until.get(), "there is a blackout");
    }
    if (!goesOn && job.after().isPresent()) {
      String before = job.after().get();
      Optional<Appointment> first =
          memory.planned(before).filter(planned -> !planned.due().isAfter(now));
      if (first.isPresent()) {
        // Due at the same time, or before, and not dealt with.
        Instant begins = first.get().begin();
        return new Verdict.Wait(
            (begins.isAfter(now) ? begins : now).plus(SHORTLY), "it comes after " + before);
      }
      Optional<Instant> good = memory.lastGood(before);
      Optional<Instant> own = memory.lastBegan(name);
      if (good.isEmpty() || own.filter(began -> !good.get().isAfter(began)).isPresent()) {
        return new Verdict.LeaveOut(
            covers(job, appointment, now),
            good.isEmpty()
                ? "there was no good run of %s".formatted(before)
                : "there was no good run of %s since it ran last".formatted(before));
      }
    }
    return new Verdict.Begin(covers(job, appointment, now));
  }

  /** How many times a job was due, from its appointment on. */
  private static int covers(JobSchedule job, Appointment appointment, Instant now) {
    return 1 + dues(job, appointment.due(), now);
  }

  private static int dues(JobSchedule job, Instant after, Instant until) {
    int count = 0;
    Optional<Instant> due = job.when().next(after);
    while (count < COUNTED && due.filter(time -> !time.isAfter(until)).isPresent()) {
      count++;
      due = job.when().next(due.get());
    }
    return count;
  }

  /**
   * What comes after an appointment that was dealt with.
   *
   * @param next nothing if it is never due again
   * @param missed how many times it came due while it ran, and are left out
   * @param firstMissed the first of these
   */
  public record Following(Optional<Appointment> next, int missed, Optional<Instant> firstMissed) {}

  /** What comes after a run that began then and is over now. */
  public Following afterRun(JobSchedule job, Appointment appointment, Instant begun, Instant now) {
    Instant began = begun.isBefore(appointment.due()) ? appointment.due() : begun;
    if (job.catchUp()) {
      return new Following(next(job, began), 0, Optional.empty());
    }
    int missed = dues(job, began, now);
    return new Following(
        next(job, now), missed, missed == 0 ? Optional.empty() : job.when().next(began));
  }

  /** What comes after one that is over without a run of now. */
  public Optional<Appointment> afterNone(JobSchedule job, Appointment appointment, Instant now) {
    return next(job, appointment.due().isAfter(now) ? appointment.due() : now);
  }
}
