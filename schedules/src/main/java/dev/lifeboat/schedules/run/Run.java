package dev.lifeboat.schedules.run;

import dev.lifeboat.jobs.ProcessOwner;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One run of a job.
 *
 * @param id names it for good, also in file names: the job and when it was due
 * @param job as the configuration calls it
 * @param command what was run, as words behind {@code lifeboat}
 * @param due when it should have begun
 * @param covers how many times that the job was due it stands for: more than one if it makes up for
 *     some that were missed
 * @param attempt 1, and one more each time that it was interrupted and went on
 * @param began when this attempt began; for a run that did not happen, when that was decided
 * @param exitCode as the command ended, if it did
 * @param what there is to say in words; why it did not run, or was ended; else empty
 * @param night the id of the night that it did or continued
 * @param owner the process that ran it
 */
public record Run(
    String id,
    String job,
    List<String> command,
    Cause cause,
    Instant due,
    int covers,
    int attempt,
    Instant began,
    Optional<Instant> ended,
    State state,
    Optional<Integer> exitCode,
    String what,
    Optional<String> night,
    ProcessOwner owner) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,199}");

  public Run {
    command = List.copyOf(command);
    if (!ID.matcher(id).matches()) {
      throw new IllegalArgumentException("'%s' cannot be the id of a run".formatted(id));
    }
    if (covers < 1 || attempt < 1) {
      throw new IllegalArgumentException("run %s counts nothing".formatted(id));
    }
  }

  /** Why there is a run. */
  public enum Cause {
    /** It was due. */
    SCHEDULE,
    /** Somebody started it. */
    TYPED
  }

  /** How it stands with a run. */
  public enum State {
    /** It has begun. If its process is gone, it was interrupted. */
    RUNNING,
    /** It ended with exit code 0. */
    DONE,
    /** It ended with another. */
    FAILED,
    /** It took longer than it may, and was ended: that counts as failed. */
    OVERRAN,
    /** Somebody stopped it; it does not go on by itself. */
    STOPPED,
    /** The service was stopped or died; it goes on at the next start. */
    INTERRUPTED,
    /** It was due and did not run; nothing makes up for it. */
    NOT_RUN
  }

  /** Whether a text can be the id of a run, or how one begins. */
  public static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

  /** The id of a run of a job that is due. */
  public static String idOf(String job, Instant due) {
    return name(job) + "-" + TIME.format(due);
  }

  /** What stands for a job in the ids of its runs. */
  public static String name(String job) {
    return job.replaceAll("[^A-Za-z0-9._-]", "-");
  }

  /** Whether it is over, for good or bad, and will not go on by itself. */
  public boolean over() {
    return switch (state) {
      case RUNNING, INTERRUPTED -> false;
      case DONE, FAILED, OVERRAN, STOPPED, NOT_RUN -> true;
    };
  }

  /** The same with how it stands now. */
  public Run with(State now, Optional<Instant> end, Optional<Integer> code, String words) {
    return new Run(
        id, job, command, cause, due, covers, attempt, began, end, now, code, words, night, owner);
  }

  /** The same with the night that it does. */
  public Run of(String nightId) {
    return new Run(
        id,
        job,
        command,
        cause,
        due,
        covers,
        attempt,
        began,
        ended,
        state,
        exitCode,
        what,
        Optional.of(nightId),
        owner);
  }

  /** The next attempt at it, by this process. */
  public Run again(Instant now, int coversNow) {
    return new Run(
        id,
        job,
        command,
        cause,
        due,
        coversNow,
        attempt + 1,
        now,
        Optional.empty(),
        State.RUNNING,
        Optional.empty(),
        "",
        night,
        ProcessOwner.self());
  }
}
