package dev.lifeboat.schedules;

import java.util.Properties;
import java.util.TimeZone;
import java.util.concurrent.atomic.AtomicBoolean;
import org.quartz.CronScheduleBuilder;
import org.quartz.DisallowConcurrentExecution;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.JobExecutionContext;
import org.quartz.JobExecutionException;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.TriggerBuilder;
import org.quartz.impl.StdSchedulerFactory;
import org.quartz.simpl.RAMJobStore;
import org.quartz.simpl.SimpleThreadPool;
import org.quartz.spi.JobFactory;

/**
 * Starts a night whenever its schedule says, in this process and as long as this is open.
 *
 * <p>Two nights never overlap: one that comes due while another runs is not started, and neither is
 * one that came due while nothing was open; what is due next is. The schedule is kept in memory
 * alone: the configuration has it.
 */
public final class NightSchedule implements AutoCloseable {
  private final Scheduler scheduler;
  private final Runnable stop;
  private final AtomicBoolean closing = new AtomicBoolean();

  /**
   * Opens the schedule.
   *
   * @param name of this scheduler, unique in the process
   * @param night runs a night to its end, on a thread of the scheduler's; an exception of it is the
   *     caller's to report, and ends no schedule
   * @param stop makes a night that runs end early; called when this is closed
   */
  public NightSchedule(String name, CronSchedule schedule, Runnable night, Runnable stop) {
    this.stop = stop;
    try {
      Properties settings = new Properties();
      settings.setProperty(StdSchedulerFactory.PROP_SCHED_INSTANCE_NAME, name);
      settings.setProperty(StdSchedulerFactory.PROP_JOB_STORE_CLASS, RAMJobStore.class.getName());
      settings.setProperty(
          StdSchedulerFactory.PROP_THREAD_POOL_CLASS, SimpleThreadPool.class.getName());
      settings.setProperty("org.quartz.threadPool.threadCount", "1");
      scheduler = new StdSchedulerFactory(settings).getScheduler();
      // A night that Quartz had made ready already would begin when the one that is stopped ends.
      JobFactory factory =
          (_, _) ->
              new NightJob(() -> {
                if (!closing.get()) {
                  night.run();
                }
              });
      scheduler.setJobFactory(factory);
      JobDetail job = JobBuilder.newJob(NightJob.class).withIdentity("nightly").build();
      scheduler.scheduleJob(
          job,
          TriggerBuilder.newTrigger()
              .withIdentity("nightly")
              .withSchedule(
                  CronScheduleBuilder.cronSchedule(schedule.cron())
                      .inTimeZone(TimeZone.getTimeZone(schedule.zone()))
                      .withMisfireHandlingInstructionDoNothing())
              .build());
      scheduler.start();
    } catch (SchedulerException e) {
      throw new IllegalStateException("cannot schedule the night", e);
    }
  }

  /** Stops a night that runs, waits for its end, and starts no other. */
  @Override
  public void close() {
    closing.set(true);
    try {
      scheduler.standby();
      stop.run();
      scheduler.shutdown(true);
    } catch (SchedulerException e) {
      throw new IllegalStateException("cannot end the schedule of the night", e);
    }
  }

  /** What Quartz runs. */
  @DisallowConcurrentExecution
  static final class NightJob implements Job {
    private final Runnable night;

    NightJob(Runnable night) {
      this.night = night;
    }

    @Override
    public void execute(JobExecutionContext context) throws JobExecutionException {
      try {
        night.run();
      } catch (RuntimeException e) {
        throw new JobExecutionException(e);
      }
    }
  }
}
