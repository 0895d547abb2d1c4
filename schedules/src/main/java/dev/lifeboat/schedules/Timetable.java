package dev.lifeboat.schedules;

import dev.lifeboat.schedules.Planner.Appointment;
import dev.lifeboat.schedules.run.BatchExecutions;
import dev.lifeboat.schedules.run.Run;
import dev.lifeboat.schedules.run.RunBook;
import dev.lifeboat.schedules.run.Runner;
import dev.lifeboat.schedules.store.Hold;
import dev.lifeboat.schedules.store.Membership;
import dev.lifeboat.schedules.store.SharedStore;
import dev.lifeboat.schedules.store.SharedStoreException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Date;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.quartz.DisallowConcurrentExecution;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobDataMap;
import org.quartz.JobDetail;
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
import org.quartz.impl.matchers.GroupMatcher;
import org.quartz.simpl.SimpleThreadPool;
import org.quartz.utils.DBConnectionManager;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Runs jobs when they are due, as long as it is open, and remembers what is due in a database, so
 * that nothing is forgotten while it is not. What is done with a job that is due the {@link
 * Planner} decides; of jobs that run alone, one runs at a time.
 *
 * <ul>
 *   <li>What came due while nothing ran, once or many times, runs once at the next start.
 *   <li>What was running when the process was killed, or was stopped, goes on at the next start.
 *   <li>What comes due while another job runs begins behind it; what comes due while the same job
 *       runs, once or many times, runs once behind it.
 *   <li>A schedule that changed begins anew: nothing is made up for that only the old one knew.
 * </ul>
 */
public final class Timetable implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Timetable.class.getName());
  private static final String NAME = "lifeboat";
  private static final String GROUP = "lifeboat";
  private static final String WHEN = "when";
  private static final String DUE = "due";
  private static final String BEGIN = "begin";

  /** How often to ask for a job that another host has. */
  private static final int PATIENCE = 10;

  private static final Duration SHORTLY = Duration.ofMillis(200);

  private final SortedMap<String, JobSchedule> jobs;
  private final Runner runner;
  private final Clock clock;
  private final Planner planner;
  private final Instant opened;
  private final TimetableStore store;
  private final Scheduler scheduler;
  private final BatchExecutions executions;
  private final Planner.Memory memory = new Remembered();

  private final CountDownLatch closed = new CountDownLatch(1);
  private final Duration again;
  private volatile boolean closing;

  /**
   * Opens it, and begins with what is due already.
   *
   * @param directory for the database; one process at a time
   * @param jobs by their names
   * @param runner does them; stopped when this is closed
   * @param clock tells what is due next; the system's tells when that time has come
   * @param random puts off what has a jitter
   * @throws dev.lifeboat.vault.VaultException.Conflict if another process has the database open
   */
  public Timetable(
      Path directory,
      SortedMap<String, JobSchedule> jobs,
      Runner runner,
      Clock clock,
      RandomGenerator random) {
    this(directory, jobs, runner, clock, random, Duration.ofMinutes(1));
  }

  /**
   * Opens that of several hosts, and begins with what is due already. Each job that is due is dealt
   * with by one of them, and of jobs that run alone one runs at a time on all of them together.
   *
   * @param shared stays the caller's, open as long as this is
   * @param directory of the home's state; one service at a time
   * @throws dev.lifeboat.vault.VaultException.Conflict if another service of this home runs, or one
   *     of another host schedules something else
   */
  public static Timetable shared(
      SharedStore shared,
      Path directory,
      SortedMap<String, JobSchedule> jobs,
      Runner runner,
      Clock clock,
      RandomGenerator random)
      throws InterruptedException {
    SharedTimetableStore store = SharedTimetableStore.open(shared, directory);
    Together together = new Together(plan(jobs), runner);
    try {
      store.membership().serve(together);
    } catch (InterruptedException | RuntimeException e) {
      store.shutdown();
      throw e;
    }
    Timetable table = new Timetable(store, jobs, runner, clock, random, Duration.ofSeconds(5));
    together.table = table;
    return table;
  }

  /** What is compared between hosts: a line for each job. */
  private static String plan(SortedMap<String, JobSchedule> jobs) {
    return jobs.entrySet().stream()
        .map(job -> job.getKey() + "\t" + job.getValue().toString().replace('\n', ' '))
        .collect(Collectors.joining("\n"));
  }

  /** This service among those of other hosts. */
  private static final class Together implements Membership.Service {
    private final String plan;
    private final Runner runner;

    /** As soon as it is open. */
    private volatile @Nullable Timetable table;

    Together(String plan, Runner runner) {
      this.plan = plan;
      this.runner = runner;
    }

    @Override
    public String plan() {
      return plan;
    }

    @Override
    public void lost() {
      runner.abandon();
    }

    @Override
    public void beat() {
      Timetable open = table;
      if (open != null) {
        open.mend();
      }
    }
  }

  /**
   * As the other.
   *
   * @param again how long to wait after a failure of our own
   */
  Timetable(
      Path directory,
      SortedMap<String, JobSchedule> jobs,
      Runner runner,
      Clock clock,
      RandomGenerator random,
      Duration again) {
    this(LocalTimetableStore.open(directory), jobs, runner, clock, random, again);
  }

  private Timetable(
      TimetableStore store,
      SortedMap<String, JobSchedule> jobs,
      Runner runner,
      Clock clock,
      RandomGenerator random,
      Duration again) {
    this.again = again;
    this.jobs = Collections.unmodifiableSortedMap(new TreeMap<>(jobs));
    this.runner = runner;
    this.clock = clock;
    this.planner = new Planner(random);
    this.opened = clock.instant();
    this.store = store;
    if (SchedulerRepository.getInstance().lookup(NAME) != null) {
      store.shutdown();
      throw new IllegalStateException("this process has a timetable open already");
    }
    String name = "lifeboat " + store.name();
    DBConnectionManager.getInstance().addConnectionProvider(name, store);
    try {
      scheduler = new StdSchedulerFactory(settings(name)).getScheduler();
    } catch (SchedulerException e) {
      store.shutdown();
      throw cannotOpen(e);
    }
    if (store.isShared()) {
      // It is told from those of other hosts by the instance, not by the name.
      var _ = SchedulerRepository.getInstance().remove(NAME);
    }
    try {
      scheduler.setJobFactory((_, _) -> new Due());
      for (JobKey known : scheduler.getJobKeys(GroupMatcher.jobGroupEquals(GROUP))) {
        if (!this.jobs.containsKey(known.getName())) {
          boolean _ = scheduler.deleteJob(known);
        }
      }
      for (String job : this.jobs.keySet()) {
        prepare(job);
      }
      giveUpWhatNothingGoesOnWith();
      executions = new BatchExecutions(store.dataSource(), store.type());
      runner.keepIn(executions);
      scheduler.start();
    } catch (SchedulerException e) {
      abandon();
      throw cannotOpen(e);
    } catch (RuntimeException e) {
      abandon();
      throw e;
    }
  }

  private IllegalStateException cannotOpen(SchedulerException e) {
    return new IllegalStateException("cannot open the timetable of " + store.name(), e);
  }

  private void abandon() {
    try {
      scheduler.shutdown();
    } catch (SchedulerException e) {
      LOG.log(Level.WARNING, "the timetable that could not be opened was not closed", e);
    } finally {
      store.shutdown();
    }
  }

  private Properties settings(String name) {
    Properties settings = new Properties();
    settings.setProperty(StdSchedulerFactory.PROP_SCHED_INSTANCE_NAME, NAME);
    settings.setProperty(StdSchedulerFactory.PROP_JOB_STORE_CLASS, JobStoreTX.class.getName());
    store.quartz().forEach(settings::setProperty);
    settings.setProperty("org.quartz.jobStore.dataSource", name);
    settings.setProperty("org.quartz.jobStore.useProperties", "true");
    // Nothing is ever a misfire to Quartz, which looks for those once a minute: what is past is
    // due.
    settings.setProperty(
        "org.quartz.jobStore.misfireThreshold",
        Long.toString(Duration.ofDays(365 * 100).toMillis()));
    settings.setProperty(
        StdSchedulerFactory.PROP_THREAD_POOL_CLASS, SimpleThreadPool.class.getName());
    settings.setProperty(
        "org.quartz.threadPool.threadCount", Integer.toString(Math.max(1, jobs.size())));
    return settings;
  }

  /** A job as it is configured, and when it is due: as remembered, unless that has changed. */
  private void prepare(String job) throws SchedulerException {
    Optional<Hold> held = store.take(job);
    if (held.isEmpty()) {
      // Another host runs it now, and plans on.
      return;
    }
    try (Hold _ = held.get()) {
      JobDetail before = scheduler.getJobDetail(key(job));
      plan(
          job,
          before != null && when(job).equals(before.getJobDataMap().getString(WHEN))
              ? appointment(before.getJobDataMap())
              : planner.next(configured(job), clock.instant()));
    }
  }

  /** Has somebody wake up for what a host that died would have dealt with. */
  private void mend() {
    for (String job : store.stranded()) {
      if (closing || !jobs.containsKey(job)) {
        continue;
      }
      Optional<Hold> held = store.take(job);
      if (held.isEmpty()) {
        continue;
      }
      try (Hold _ = held.get()) {
        Optional<Appointment> at = planned(job);
        if (at.isPresent()) {
          plan(job, at);
        }
      } catch (SchedulerException e) {
        LOG.log(Level.FINE, "tried again with the next beat", e);
      }
    }
  }

  /** Runs that were cut short, and whose schedule has changed since or is gone. */
  private void giveUpWhatNothingGoesOnWith() throws SchedulerException {
    RunBook book = runner.book();
    for (Run run : book.list()) {
      if (!run.over()
          && (store.isShared() || run.owner().isOfThisHost())
          && !book.isAlive(run)
          && (run.cause() != Run.Cause.SCHEDULE
              || planned(run.job()).filter(at -> at.due().equals(run.due())).isEmpty())) {
        runner.giveUp(run);
      }
    }
  }

  /**
   * Whether it does what it should: looks for what is due, and ends what is to be ended. A database
   * of several hosts that is away does not make it ill: it is not mended by a new start.
   */
  public boolean isWell() {
    try {
      return scheduler.isStarted()
          && !runner.isStuck()
          && (store.isShared() || jobs.isEmpty() || scheduler.checkExists(key(jobs.firstKey())));
    } catch (SchedulerException e) {
      LOG.log(Level.WARNING, "the timetable does not answer", e);
      return false;
    }
  }

  /** Removes executions of runs that began before a time. */
  public void prune(Instant before) {
    try {
      executions.prune(before);
    } catch (DataAccessException | TransactionException e) {
      LOG.log(Level.FINE, "after the next run", e);
    }
  }

  /** Whether it is well, and can do what comes due now. */
  public boolean isReady() {
    return isWell() && store.answers();
  }

  private JobSchedule configured(String job) {
    return Objects.requireNonNull(jobs.get(job), job);
  }

  private String when(String job) {
    return configured(job).when().toString();
  }

  /**
   * When a job begins next; nothing if it never does again. While it runs, when it was to begin.
   */
  public Optional<Instant> begins(String job) {
    return memory.planned(job).map(Appointment::begin);
  }

  /** As remembered in the database. */
  private Optional<Appointment> planned(String job) throws SchedulerException {
    JobDetail detail = scheduler.getJobDetail(key(job));
    return detail == null ? Optional.empty() : appointment(detail.getJobDataMap());
  }

  private static Optional<Appointment> appointment(JobDataMap data) {
    String due = data.getString(DUE);
    String begin = data.getString(BEGIN);
    return due == null || begin == null
        ? Optional.empty()
        : Optional.of(new Appointment(Instant.parse(due), Instant.parse(begin)));
  }

  /**
   * Remembers when a job is due, and has Quartz wake up for it. What counts is with the job: a
   * trigger that has fired is gone after a crash, and made anew from that.
   */
  private void plan(String job, Optional<Appointment> at) throws SchedulerException {
    JobDataMap data = new JobDataMap();
    data.put(WHEN, when(job));
    at.ifPresent(appointment -> {
      data.put(DUE, appointment.due().toString());
      data.put(BEGIN, appointment.begin().toString());
    });
    scheduler.addJob(
        JobBuilder.newJob(store.isShared() ? DueSomewhere.class : Due.class)
            .withIdentity(key(job))
            .storeDurably()
            .usingJobData(data)
            .build(),
        true);
    if (at.isEmpty()) {
      boolean _ = scheduler.unscheduleJob(trigger(job));
      return;
    }
    // Quartz's interface is older than java.time.
    @SuppressWarnings("JavaUtilDate")
    Date date = Date.from(at.get().begin());
    Trigger trigger =
        TriggerBuilder.newTrigger()
            .withIdentity(trigger(job))
            .forJob(key(job))
            .startAt(date)
            // Once, however long ago: what is done about that is decided then.
            .withSchedule(SimpleScheduleBuilder.simpleSchedule())
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

  /** Stops what runs, waits for its end, and starts nothing else. */
  @Override
  public void close() {
    closing = true;
    closed.countDown();
    try {
      scheduler.standby();
      store.lane().close();
      runner.stop();
      scheduler.shutdown(true);
    } catch (SchedulerException e) {
      throw new IllegalStateException("cannot close the timetable", e);
    } finally {
      store.shutdown();
    }
  }

  /** What Quartz runs. */
  @DisallowConcurrentExecution
  private final class Due implements Job {
    @Override
    public void execute(JobExecutionContext context) {
      due(context.getJobDetail().getKey().getName());
    }
  }

  /**
   * What Quartz runs where there are other hosts: which of them deals with it the store says, also
   * if Quartz wakes up two, or believes that one still runs it that is dead.
   */
  private final class DueSomewhere implements Job {
    @Override
    public void execute(JobExecutionContext context) {
      due(context.getJobDetail().getKey().getName());
    }
  }

  private void due(String job) {
    Optional<Hold> held = taken(job);
    if (held.isEmpty()) {
      return;
    }
    try (Hold hold = held.get()) {
      // A job that is not planned anew never runs again, and nobody would notice: whatever it is
      // that fails, a full disk for example, it is tried until it does not.
      while (!closing && !isDone(job, hold)) {
        pause(again);
      }
    }
  }

  /** Another host that has it just ends with it, or deals with it. */
  private Optional<Hold> taken(String job) {
    for (int i = 0; i < PATIENCE && !closing; i++) {
      try {
        Optional<Hold> held = store.take(job);
        if (held.isPresent()) {
          return held;
        }
      } catch (SharedStoreException e) {
        // As long as it takes: whoever wakes up and does nothing forgets it.
        i = 0;
      }
      pause(SHORTLY);
    }
    return Optional.empty();
  }

  private boolean isDone(String job, Hold hold) {
    try {
      if (!hold.isHeld()) {
        return true;
      }
      Optional<Appointment> appointment = planned(job);
      if (appointment.isPresent()) {
        Optional<Appointment> next = inTurn(job, appointment.get());
        if (hold.isHeld()) {
          plan(job, next);
        }
      }
      return true;
    } catch (RunBook.Superseded e) {
      LOG.warning(e.getMessage());
      return true;
    } catch (SharedStoreException e) {
      // It is said that the database does not answer.
      return false;
    } catch (SchedulerException | RuntimeException e) {
      if (store.isShared() && SharedTimetableStore.isOfDatabase(e)) {
        return false;
      }
      LOG.log(
          Level.SEVERE,
          "%s is due and cannot be dealt with; it is tried again every %d s"
              .formatted(job, again.toSeconds()),
          e);
      return false;
    }
  }

  private void pause(Duration time) {
    try {
      boolean _ = closed.await(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Deals with an appointment whose time has come, when it is its turn; what comes after it. */
  private Optional<Appointment> inTurn(String name, Appointment appointment) {
    JobSchedule job = configured(name);
    if (!job.alone()) {
      return deal(name, job, appointment);
    }
    Optional<Lane.Pass> pass = store.lane().enter(job.priority(), appointment.due());
    if (pass.isEmpty()) {
      return Optional.of(appointment);
    }
    try (Lane.Pass _ = pass.get()) {
      return deal(name, job, appointment);
    }
  }

  private Optional<Appointment> deal(String name, JobSchedule job, Appointment appointment) {
    if (closing) {
      return Optional.of(appointment);
    }
    Instant now = clock.instant();
    return switch (planner.decide(name, job, appointment, opened, now, memory)) {
      case Planner.Verdict.Begin(int covers) -> {
        Run run =
            runner.run(name, job.command(), appointment.due(), covers, now, job.maxDuration());
        yield run.over()
            ? after(name, job, appointment, run, "it was running still")
            : Optional.of(appointment);
      }
      case Planner.Verdict.Wait(Instant until, String why) -> {
        if (!why.isEmpty()) {
          runner.waits(name, why, until);
        }
        yield Optional.of(new Appointment(appointment.due(), until));
      }
      case Planner.Verdict.LeaveOut(int covers, String why) -> {
        runner.leaveOut(name, job.command(), appointment.due(), covers, why, now);
        yield planner.afterNone(job, appointment, now);
      }
      case Planner.Verdict.Over() -> {
        // Killed between its end and the plan of what comes after it, which is still to be made:
        // from
        // when it began, because what came due since then it does not stand for.
        Run run = runner.book().find(Run.idOf(name, appointment.due())).orElseThrow();
        yield after(name, job, appointment, run, "the service did not run when it was due");
      }
    };
  }

  private Optional<Appointment> after(
      String name, JobSchedule job, Appointment appointment, Run run, String whyMissed) {
    Instant now = clock.instant();
    Planner.Following following = planner.afterRun(job, appointment, run.began(), now);
    following
        .firstMissed()
        .ifPresent(
            due -> runner.leaveOut(name, job.command(), due, following.missed(), whyMissed, now));
    return following.next();
  }

  private final class Remembered implements Planner.Memory {
    @Override
    public Planner.Standing standing(String job, Instant due) {
      return runner
          .book()
          .find(Run.idOf(job, due))
          .map(run -> run.over() ? Planner.Standing.OVER : Planner.Standing.INTERRUPTED)
          .orElse(Planner.Standing.NEVER_BEGAN);
    }

    @Override
    public Optional<Instant> lastGood(String job) {
      return runner.book().lastGood(job).flatMap(Run::ended);
    }

    @Override
    public Optional<Instant> lastBegan(String job) {
      return runner.book().lastBegun(job).map(Run::began);
    }

    @Override
    public Optional<Appointment> planned(String job) {
      try {
        return Timetable.this.planned(job);
      } catch (SchedulerException e) {
        throw new IllegalStateException("cannot read when %s is due".formatted(job), e);
      }
    }
  }
}
