package dev.lifeboat.schedules;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Collections;
import java.util.Date;
import java.util.Optional;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.quartz.DisallowConcurrentExecution;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobDataMap;
import org.quartz.JobExecutionContext;
import org.quartz.JobKey;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.SimpleScheduleBuilder;
import org.quartz.Trigger;
import org.quartz.TriggerBuilder;
import org.quartz.TriggerKey;
import org.quartz.impl.SchedulerRepository;
import org.quartz.impl.StdSchedulerFactory;
import org.quartz.impl.jdbcjobstore.JobStoreTX;
import org.quartz.impl.jdbcjobstore.StdJDBCDelegate;
import org.quartz.impl.matchers.GroupMatcher;
import org.quartz.simpl.SimpleThreadPool;
import org.quartz.utils.DBConnectionManager;

/**
 * Runs jobs when they are due, one at a time, as long as it is open, and remembers what is due in a
 * database, so that nothing is forgotten while it is not.
 *
 * <ul>
 *   <li>What came due while nothing ran, once or many times, runs once at the next start.
 *   <li>What was running when the process was killed, or was stopped, runs again at the next start.
 *   <li>What comes due while another job runs begins behind it; what comes due while the same job
 *       runs is left out.
 *   <li>A schedule that changed begins anew: nothing is made up for that only the old one knew.
 * </ul>
 */
public final class Timetable implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Timetable.class.getName());
  private static final String NAME = "lifeboat";
  private static final String GROUP = "lifeboat";
  private static final String WHEN = "when";

  private final SortedMap<String, CronSchedule> schedules;
  private final Work work;
  private final Clock clock;
  private final TimetableStore store;
  private final Scheduler scheduler;
  private volatile boolean closing;
  private volatile @Nullable Thread running;

  /** Does a job. */
  @FunctionalInterface
  public interface Work {
    /**
     * Runs a job to its end, on a thread of the timetable's.
     *
     * @throws InterruptedException if it was told to stop and has not come to its end: it runs
     *     again at the next start
     */
    void run(String job) throws InterruptedException;
  }

  /**
   * Opens it, and begins with what is due already.
   *
   * @param directory for the database; one process at a time
   * @param schedules by name of the job
   * @param work its exceptions are its own to report, and end no schedule
   * @param clock tells what is due next; the system's tells when that time has come
   * @throws dev.lifeboat.vault.VaultException.Conflict if another process has the database open
   */
  public Timetable(
      Path directory, SortedMap<String, CronSchedule> schedules, Work work, Clock clock) {
    this.schedules = Collections.unmodifiableSortedMap(new TreeMap<>(schedules));
    this.work = work;
    this.clock = clock;
    if (SchedulerRepository.getInstance().lookup(NAME) != null) {
      throw new IllegalStateException("this process has a timetable open already");
    }
    this.store = TimetableStore.open(directory);
    String name = "lifeboat " + directory.toAbsolutePath();
    DBConnectionManager.getInstance().addConnectionProvider(name, store);
    try {
      scheduler = new StdSchedulerFactory(settings(name)).getScheduler();
      scheduler.setJobFactory((_, _) -> new Run());
      for (JobKey known : scheduler.getJobKeys(GroupMatcher.jobGroupEquals(GROUP))) {
        if (!this.schedules.containsKey(known.getName())) {
          boolean _ = scheduler.deleteJob(known);
        }
      }
      for (String job : this.schedules.keySet()) {
        prepare(job);
      }
      scheduler.start();
    } catch (SchedulerException e) {
      store.shutdown();
      throw new IllegalStateException("cannot open the timetable of " + directory, e);
    }
  }

  private static Properties settings(String name) {
    Properties settings = new Properties();
    settings.setProperty(StdSchedulerFactory.PROP_SCHED_INSTANCE_NAME, NAME);
    settings.setProperty(StdSchedulerFactory.PROP_JOB_STORE_CLASS, JobStoreTX.class.getName());
    settings.setProperty(
        "org.quartz.jobStore.driverDelegateClass", StdJDBCDelegate.class.getName());
    settings.setProperty("org.quartz.jobStore.dataSource", name);
    settings.setProperty("org.quartz.jobStore.useProperties", "true");
    settings.setProperty(
        StdSchedulerFactory.PROP_THREAD_POOL_CLASS, SimpleThreadPool.class.getName());
    settings.setProperty("org.quartz.threadPool.threadCount", "1");
    return settings;
  }

  /** A job as it is configured, and when it is due: as remembered, unless that has changed. */
  private void prepare(String job) throws SchedulerException {
    scheduler.addJob(
        JobBuilder.newJob(Run.class)
            .withIdentity(key(job))
            .storeDurably()
            .requestRecovery(true)
            .build(),
        true);
    Trigger due = scheduler.getTrigger(trigger(job));
    if (due == null || !when(job).equals(due.getJobDataMap().getString(WHEN))) {
      plan(job, next(job));
    }
  }

  private String when(String job) {
    return String.valueOf(schedules.get(job));
  }

  private Optional<Instant> next(String job) {
    CronSchedule schedule = schedules.get(job);
    return schedule == null ? Optional.empty() : schedule.next(clock.instant());
  }

  /** When a job is due next; nothing if it never is again. While it runs, nobody knows. */
  public Optional<Instant> due(String job) {
    try {
      return Optional.ofNullable(scheduler.getTrigger(trigger(job)))
          .map(Trigger::getNextFireTime)
          .map(Date::toInstant);
    } catch (SchedulerException e) {
      throw new IllegalStateException("cannot tell when %s is due".formatted(job), e);
    }
  }

  private void plan(String job, Optional<Instant> at) throws SchedulerException {
    if (at.isEmpty()) {
      boolean _ = scheduler.unscheduleJob(trigger(job));
      return;
    }
    JobDataMap data = new JobDataMap();
    data.put(WHEN, when(job));
    // Quartz's interface is older than java.time.
    @SuppressWarnings("JavaUtilDate")
    Date date = Date.from(at.get());
    Trigger trigger =
        TriggerBuilder.newTrigger()
            .withIdentity(trigger(job))
            .forJob(key(job))
            .usingJobData(data)
            .startAt(date)
            // Once, however long ago: each run decides on the next.
            .withSchedule(
                SimpleScheduleBuilder.simpleSchedule().withMisfireHandlingInstructionFireNow())
            .build();
    if (scheduler.checkExists(trigger(job))) {
      Date _ = scheduler.rescheduleJob(trigger(job), trigger);
    } else {
      Date _ = scheduler.scheduleJob(trigger);
    }
  }

  private static JobKey key(String job) {
    return JobKey.jobKey(job, GROUP);
  }

  private static TriggerKey trigger(String job) {
    return TriggerKey.triggerKey(job, GROUP);
  }

  /** Stops a job that runs, waits for its end, and starts no other. */
  @Override
  public void close() {
    closing = true;
    try {
      scheduler.standby();
      Thread worker = running;
      if (worker != null) {
        worker.interrupt();
      }
      scheduler.shutdown(true);
    } catch (SchedulerException e) {
      throw new IllegalStateException("cannot close the timetable", e);
    } finally {
      store.shutdown();
    }
  }

  /** What Quartz runs. */
  @DisallowConcurrentExecution
  private final class Run implements Job {
    @Override
    public void execute(JobExecutionContext context) {
      String job = context.getJobDetail().getKey().getName();
      boolean done;
      running = Thread.currentThread();
      try {
        done = finished(job);
      } finally {
        running = null;
        // The interrupt was for the work: what is left to do is to write down what is due.
        boolean _ = Thread.interrupted();
      }
      try {
        plan(job, done ? next(job) : Optional.of(clock.instant()));
      } catch (SchedulerException e) {
        throw new IllegalStateException("cannot plan " + job, e);
      }
    }

    private boolean finished(String job) {
      if (closing) {
        return false;
      }
      try {
        work.run(job);
        return true;
      } catch (InterruptedException e) {
        // Due at once, at the next start.
        return false;
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "the job " + job + " ended with an error", e);
        return true;
      }
    }
  }
}
