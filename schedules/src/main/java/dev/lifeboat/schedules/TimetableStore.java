package dev.lifeboat.schedules;

import java.util.List;
import java.util.Map;
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

  /** Takes a job, to deal with it; false if another host does. */
  boolean take(String job);

  /** Whether this host still has the job that it took: not if the others took it for dead. */
  boolean holds(String job);

  /** Lets others have it. */
  void giveBack(String job);

  /** Jobs that nobody deals with and that Quartz would not wake anybody up for. */
  List<String> stranded();

  @Override
  void shutdown();

  /** Whether it did answer, some seconds ago at the most. */
  boolean answers();
}
