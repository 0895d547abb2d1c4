package dev.lifeboat.schedules;

import dev.lifeboat.schedules.store.Hold;
import dev.lifeboat.schedules.store.Membership;
import dev.lifeboat.schedules.store.SharedStore;
import dev.lifeboat.vault.VaultException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Filter;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.quartz.impl.jdbcjobstore.PostgreSQLDelegate;

/** The memory of several hosts. One service works with it for a home. */
final class SharedTimetableStore implements TimetableStore {
  /**
   * What Quartz has to say of a database that does not answer, with stack traces, every few
   * seconds; the member says it once.
   */
  private static final Filter NOT_OF_THE_DATABASE = record -> !isOfDatabase(record.getThrown());

  private static final List<Logger> QUARTZ =
      List.of(
          Logger.getLogger("org.quartz.core.ErrorLogger"),
          Logger.getLogger("org.quartz.core.QuartzSchedulerThread"),
          Logger.getLogger("org.quartz.impl.jdbcjobstore.JobStoreTX"),
          Logger.getLogger("org.quartz.impl.jdbcjobstore.JobStoreSupport"),
          Logger.getLogger("org.quartz.impl.jdbcjobstore.StdRowLockSemaphore"));

  private final SharedStore store;
  private final FileChannel home;
  private final Lane lane;

  private SharedTimetableStore(SharedStore store, FileChannel home) {
    this.store = store;
    this.home = home;
    this.lane = new SharedLane(store.membership());
    QUARTZ.forEach(logger -> logger.setFilter(NOT_OF_THE_DATABASE));
  }

  static boolean isOfDatabase(@Nullable Throwable thrown) {
    for (Throwable at = thrown; at != null; at = at.getCause()) {
      if (at instanceof SQLException) {
        return true;
      }
    }
    return false;
  }

  /**
   * Opens it. The store stays the caller's.
   *
   * @param directory of the home's state
   * @throws VaultException.Conflict if another service of this home runs
   */
  static SharedTimetableStore open(SharedStore store, Path directory) {
    Path file = directory.resolve("service.lock");
    try {
      Files.createDirectories(directory);
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        if (channel.tryLock() != null) {
          return new SharedTimetableStore(store, channel);
        }
      } catch (OverlappingFileLockException e) {
        // Another service in this process.
      }
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot lock " + file, e);
    }
    throw new VaultException.Conflict(
        "%s is locked by another process: one service runs for a home".formatted(file));
  }

  Membership membership() {
    return store.membership();
  }

  @Override
  public String name() {
    return store + " " + store.membership().instance();
  }

  @Override
  public Map<String, String> quartz() {
    return Map.of(
        "org.quartz.jobStore.driverDelegateClass",
        PostgreSQLDelegate.class.getName(),
        "org.quartz.jobStore.isClustered",
        "true",
        "org.quartz.jobStore.clusterCheckinInterval",
        "7500",
        "org.quartz.scheduler.instanceId",
        store.membership().instance(),
        "org.quartz.jobStore.dbRetryInterval",
        "5000",
        "org.quartz.scheduler.dbFailureRetryInterval",
        "5000");
  }

  @Override
  public DataSource dataSource() {
    return store.dataSource();
  }

  @Override
  public String type() {
    return "POSTGRES";
  }

  @Override
  public boolean isShared() {
    return true;
  }

  @Override
  public Lane lane() {
    return lane;
  }

  private static String held(String job) {
    return "job " + job;
  }

  @Override
  public Optional<Hold> take(String job) {
    return store.membership().take(held(job));
  }

  /**
   * A host that died left a trigger that has fired, or that it had set out to fire; or it died
   * between the plan and the trigger.
   */
  @Override
  public List<String> stranded() {
    return store.transact(connection -> {
      try (Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery(
                  """
                  SELECT j.job_name FROM qrtz_job_details j
                    LEFT JOIN qrtz_triggers t
                      ON t.sched_name = j.sched_name AND t.job_group = j.job_group
                      AND t.job_name = j.job_name
                    WHERE (t.job_name IS NULL OR t.trigger_state = 'COMPLETE'
                        OR t.next_fire_time <
                          extract(epoch FROM clock_timestamp()) * 1000 - 15000)
                      AND NOT EXISTS (SELECT 1 FROM held WHERE name = 'job ' || j.job_name)
                  """)) {
        List<String> jobs = new ArrayList<>();
        while (row.next()) {
          jobs.add(row.getString(1));
        }
        return jobs;
      }
    });
  }

  @Override
  public boolean answers() {
    return store.membership().answers();
  }

  @Override
  public Connection getConnection() throws SQLException {
    return store.dataSource().getConnection();
  }

  @Override
  public void initialize() {}

  @Override
  public void shutdown() {
    store.membership().retire();
    try {
      home.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot unlock the home", e);
    }
  }
}
