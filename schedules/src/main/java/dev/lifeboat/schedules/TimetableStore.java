package dev.lifeboat.schedules;

import dev.lifeboat.schedules.store.Hold;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.quartz.utils.ConnectionProvider;

/**
 * The database in which Quartz remembers what is due: what was due while nothing ran is found in
 * it. Losing it loses that memory alone. And who deals with what is due, where several hosts can.
 */
interface TimetableStore extends ConnectionProvider {
  /** Tells it from others in this process. */
  String name();

  /** What Quartz needs to know of the database. */
  Map<String, String> quartz();

  /** Its database, with the tables of Spring Batch. */
  DataSource dataSource();

  /** What Spring Batch calls it. */
  String type();

  /** Whether other hosts work with it too. */
  boolean isShared();

  /** Where jobs that run alone pass. */
  Lane lane();

  /** Takes a job, to deal with it; nothing if another host does. */
  Optional<Hold> take(String job);

  /** Jobs that nobody deals with and that Quartz would not wake anybody up for. */
  List<String> stranded();

  @Override
  void shutdown();

  /** Whether it did answer, some seconds ago at the most. */
  boolean answers();
}
