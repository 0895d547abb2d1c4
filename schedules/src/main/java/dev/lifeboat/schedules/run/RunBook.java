package dev.lifeboat.schedules.run;

import dev.lifeboat.schedules.store.SharedStore;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Serial;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Runs as they are kept, each with the end of what it printed. Any process can look while a service
 * works, and no crash leaves half of anything.
 *
 * <p>A run has one writer, the process that does its newest attempt; others only ask for its end.
 */
public sealed interface RunBook permits FileRunBook, SharedRunBook {
  /** Those that began last first. */
  Comparator<Run> NEWEST_FIRST = Comparator.comparing(Run::began).thenComparing(Run::id).reversed();

  /** The book of one host, in files of its home; made when the first run is kept. */
  static RunBook ofHome(Path home) {
    return new FileRunBook(home);
  }

  /** The book of several hosts. The store stays the caller's, open as long as this is used. */
  static RunBook shared(SharedStore store) {
    return new SharedRunBook(store);
  }

  /** Another process goes on with a run: what this one has to say of it does not count any more. */
  final class Superseded extends RuntimeException {
    @Serial private static final long serialVersionUID = 1;

    Superseded(Run run) {
      super(
          "another process goes on with the run %s; attempt %d of %s has ended, and its result is not kept"
              .formatted(run.id(), run.attempt(), run.owner()));
    }
  }

  /** A run, if it is kept. */
  Optional<Run> find(String id);

  /** Keeps that somebody begins a run by hand now, under an id of its own. */
  default Run typed(String job, List<String> command, Instant now) {
    // Never that of a run that the service would do.
    String base = Run.idOf(job, now) + "-typed";
    String id = base;
    for (int i = 2; ; i++) {
      if (find(id).isEmpty()) {
        try {
          return save(Runner.fresh(id, job, command, Run.Cause.TYPED, now, 1, now));
        } catch (Superseded e) {
          // Another host took it just now.
        }
      }
      id = base + "." + i;
    }
  }

  /** All runs that are kept, those that began last first. One that cannot be read is left out. */
  List<Run> list();

  /** The same, of one job or all, and not more than so many. */
  List<Run> list(Optional<String> job, int limit);

  /** The last run of a job that went well. */
  Optional<Run> lastGood(String job);

  /** The last run of a job that began, whatever became of it. */
  Optional<Run> lastBegun(String job);

  /**
   * Keeps a run, all or nothing, instead of what was kept of it.
   *
   * @throws Superseded if several hosts share the book, and another process began this attempt or a
   *     later one
   */
  Run save(Run run);

  /**
   * Where an attempt prints to; what earlier ones printed stays before it. Closed by the caller.
   */
  OutputStream log(Run run) throws IOException;

  /** The last lines of what a run printed. */
  List<String> tail(String id, int lines) throws IOException;

  /** Whether the process that runs it is there, as far as this one can know. */
  boolean isAlive(Run run);

  /** Whether its process is gone before it came to an end. */
  default boolean isCutShort(Run run) {
    return !run.over() && (run.state() != Run.State.RUNNING || !isAlive(run));
  }

  /** Asks the process that runs it to end a run. */
  void askToStop(String id);

  /** Whether somebody asked for its end. Cheap. */
  boolean isAskedToStop(String id);

  /** Forgets that somebody asked. */
  void answered(String id);

  /** Removes runs that ended before a time, or died before it, with their logs. */
  void prune(Instant before);

  /** Whether nothing will be written about it any more, and what was is older than that. */
  default boolean isOld(Run run, Instant before) {
    return run.ended().orElse(run.began()).isBefore(before) && (run.over() || !isAlive(run));
  }

  /** The last lines of a text. */
  static List<String> last(byte[] text, int lines) {
    List<String> all = new String(text, StandardCharsets.UTF_8).lines().toList();
    return all.subList(Math.max(0, all.size() - lines), all.size());
  }
}
