package dev.lifeboat.schedules.alert;

import dev.lifeboat.schedules.watch.Concern.Severity;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Something that somebody has to be told. But for the details, it holds no name of a customer's
 * file, no secret, and no text from outside this program.
 *
 * @param key the same as long as it is the same trouble
 * @param kind as the watch prints it, or {@code job-failed}, {@code job-partial}, {@code
 *     heartbeat-silent}, {@code test}
 * @param subject what it is about: a dataset, a region, a job
 * @param since when it became so; empty where nobody knows
 * @param what is wrong, in words
 * @param atRisk what would be lost if a disaster happened now, in words; may be empty
 * @param standings of the datasets it is about
 * @param remedy the command to run
 * @param details for channels that may have them: messages of regions and sources, names of objects
 *     and files
 */
public record Alert(
    String key,
    String kind,
    Severity severity,
    String subject,
    Optional<Instant> since,
    String what,
    String atRisk,
    List<Standing> standings,
    Optional<String> remedy,
    List<String> details) {
  private static final String JOB = "job:";

  public Alert {
    if (key.isBlank() || kind.isBlank() || what.isBlank()) {
      throw new IllegalArgumentException("an alert has a key, a kind and says what is wrong");
    }
    standings = List.copyOf(standings);
    details = List.copyOf(details);
  }

  /** The key of what is wrong with a job: the same for all its failures, until it succeeds. */
  public static String keyOf(String job) {
    return JOB + job;
  }

  /** The job that it is about. */
  Optional<String> job() {
    return key.startsWith(JOB) ? Optional.of(key.substring(JOB.length())) : Optional.empty();
  }
}
