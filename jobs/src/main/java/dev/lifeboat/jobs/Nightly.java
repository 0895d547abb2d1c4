package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.vault.VaultException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.springframework.batch.core.job.JobExecution;
import org.springframework.batch.core.job.JobExecutionException;
import org.springframework.batch.core.job.JobInstance;
import org.springframework.batch.core.job.parameters.JobParameters;
import org.springframework.batch.core.job.parameters.JobParametersBuilder;
import org.springframework.batch.core.launch.JobOperator;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Runs one night, or one part of it alone. For one use: another run takes another of these.
 *
 * <p>A night that was killed, stopped or failed is continued by the next run when it is young
 * enough: datasets that have their snapshot are not captured again, everything else is done again
 * as far as something is left of it. Parts that run alone always begin anew.
 */
public final class Nightly {
  private static final DateTimeFormatter NIGHT =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS'Z'").withZone(ZoneOffset.UTC);
  private static final String NIGHT_PARAMETER = "night";
  private static final String OWNER_PARAMETER = "owner";

  private final Clock clock;
  private final StoppableThreads threads = new StoppableThreads();

  public Nightly(Clock clock) {
    this.clock = clock;
  }

  /** Runs the whole night; see {@link #run(NightPlan, NightJob)}. */
  public NightReport run(NightPlan plan) {
    return run(plan, NightJob.NIGHTLY);
  }

  /**
   * Runs a job to its end, on threads of its own.
   *
   * <p>An interrupt of the calling thread does what {@link #stop} does: the report still comes,
   * with the outcome {@code INTERRUPTED}, and the thread's interrupt is set again.
   *
   * @return what happened, good or bad: failing datasets and regions are no exceptions
   * @throws VaultException.Conflict if another job works on this home; nothing was done
   * @throws StateDatabaseException if the state database cannot be used
   * @throws UncheckedIOException if the home cannot be written
   */
  public NightReport run(NightPlan plan, NightJob job) {
    FutureTask<NightReport> task = new FutureTask<>(() -> runLocked(plan, job));
    Thread.ofPlatform().name(job.id()).start(task);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
          stop();
        } catch (ExecutionException e) {
          if (e.getCause() instanceof RuntimeException cause) {
            throw cause;
          }
          throw new IllegalStateException(job.id() + " failed", e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Stops the run, from any thread: captures under way are interrupted and abandoned, no other work
   * begins, and {@link #run} returns a report. What is committed stays; the next run continues.
   */
  public void stop() {
    threads.stop();
  }

  private NightReport runLocked(NightPlan plan, NightJob job) throws Exception {
    try (NightLock lock = NightLock.acquire(plan.home(), job, clock);
        NightLog _ = new NightLog(plan.home());
        StateDatabase database = StateDatabase.open(plan.home(), 2 * plan.concurrency() + 8)) {
      try {
        return run(plan, job, lock.owner(), database);
      } catch (DataAccessException | TransactionException e) {
        throw database.damaged(e);
      }
    }
  }

  private NightReport run(NightPlan plan, NightJob job, ProcessOwner owner, StateDatabase database)
      throws Exception {
    JobRepository repository = database.repository();
    JobOperator operator = BatchSetup.operator(repository);
    recover(repository, operator);
    NightRecords records = new NightRecords(database);
    NightRecords.Night night = night(plan, job, records, repository, operator);
    forgetUnstarted(repository, job, night);
    NightRun run = new NightRun(plan, job, night, records, threads, clock);
    JobParameters parameters =
        new JobParametersBuilder()
            .addString(NIGHT_PARAMETER, night.id())
            .addString(OWNER_PARAMETER, owner.format(), false)
            .toJobParameters();
    try (SimpleAsyncTaskExecutor executor = new SimpleAsyncTaskExecutor("partition ")) {
      executor.setConcurrencyLimit(plan.concurrency());
      NightJobs jobs = new NightJobs(run, repository, database.transactions(), executor);
      JobExecution execution = operator.start(jobs.job(), parameters);
      NightReport report =
          run.report()
              .orElseThrow(() ->
                  new IllegalStateException(
                      "%s %s ended without a report: %s"
                          .formatted(job.id(), night.id(), execution.getAllFailureExceptions()),
                      firstFailure(execution)));
      prune(plan, job, records, repository);
      return report;
    }
  }

  /**
   * Ends executions whose process is gone. Holding the lock says that it is; the owner noted with
   * the execution is asked nevertheless, in case somebody removed the lock's file.
   */
  private static void recover(JobRepository repository, JobOperator operator) {
    for (NightJob job : NightJob.values()) {
      for (JobExecution execution : repository.findRunningJobExecutions(job.id())) {
        String noted = execution.getJobParameters().getString(OWNER_PARAMETER, "");
        Optional<ProcessOwner> owner = ProcessOwner.parse(noted == null ? "" : noted);
        if (owner.filter(ProcessOwner::isAnotherAlive).isPresent()) {
          throw new VaultException.Conflict(
              "%s is running already: %s, since %s; wait for its end or stop it with SIGTERM"
                  .formatted(job.id(), owner.get(), execution.getStartTime()));
        }
        operator.recover(execution);
      }
    }
  }

  /**
   * Spring Batch makes an instance and its first execution in two transactions. One that was killed
   * between them has an instance that can neither be started nor continued.
   */
  private static void forgetUnstarted(
      JobRepository repository, NightJob job, NightRecords.Night night) {
    JobInstance instance = repository.getJobInstance(job.id(), identity(night.id()));
    if (instance != null && repository.getLastJobExecution(instance) == null) {
      repository.deleteJobInstance(instance);
    }
  }

  /**
   * The night to continue, or a new one. An old one that could be continued no more is given up.
   */
  private NightRecords.Night night(
      NightPlan plan,
      NightJob job,
      NightRecords records,
      JobRepository repository,
      JobOperator operator)
      throws JobExecutionException {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    Optional<NightRecords.Night> newest = records.newest(job);
    if (newest.filter(night -> night.isToContinue(plan.retryFailed())).isPresent()) {
      NightRecords.Night unfinished = newest.get();
      Duration age = Duration.between(unfinished.started(), now);
      if (job == NightJob.NIGHTLY
          && !age.isNegative()
          && age.compareTo(plan.continueWithin()) < 0) {
        return records.begin(job, unfinished.id(), unfinished.started());
      }
      records.giveUp(job, unfinished.id());
      JobInstance instance = repository.getJobInstance(job.id(), identity(unfinished.id()));
      JobExecution last = instance == null ? null : repository.getLastJobExecution(instance);
      if (last != null) {
        operator.abandon(last);
      }
    }
    return records.begin(job, newId(now, newest), now);
  }

  static JobParameters identity(String night) {
    return new JobParametersBuilder().addString(NIGHT_PARAMETER, night).toJobParameters();
  }

  /** Unique also where the clock stands still. */
  private static String newId(Instant now, Optional<NightRecords.Night> newest) {
    String id = NIGHT.format(now);
    if (newest.filter(night -> night.id().startsWith(id)).isEmpty()) {
      return id;
    }
    String before = newest.get().id().substring(id.length());
    int number = before.isEmpty() ? 2 : Integer.parseInt(before.substring(1)) + 1;
    return id + ".%03d".formatted(number);
  }

  private static void prune(
      NightPlan plan, NightJob job, NightRecords records, JobRepository repository)
      throws IOException {
    for (String night : records.prune(job, plan.keepReports())) {
      JobInstance instance = repository.getJobInstance(job.id(), identity(night));
      if (instance != null) {
        repository.deleteJobInstance(instance);
      }
    }
    new NightReports(plan.home()).prune(job, plan.keepReports());
  }

  private static @Nullable Throwable firstFailure(JobExecution execution) {
    List<Throwable> failures = execution.getAllFailureExceptions();
    return failures.isEmpty() ? null : failures.getFirst();
  }
}
