package dev.lifeboat.schedules.run;

import dev.lifeboat.jobs.BatchSetup;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Filter;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.batch.core.BatchStatus;
import org.springframework.batch.core.ExitStatus;
import org.springframework.batch.core.job.Job;
import org.springframework.batch.core.job.JobExecution;
import org.springframework.batch.core.job.JobInstance;
import org.springframework.batch.core.job.builder.JobBuilder;
import org.springframework.batch.core.job.parameters.JobParameters;
import org.springframework.batch.core.job.parameters.JobParametersBuilder;
import org.springframework.batch.core.launch.JobOperator;
import org.springframework.batch.core.listener.JobExecutionListener;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.batch.core.step.Step;
import org.springframework.batch.core.step.StepContribution;
import org.springframework.batch.core.step.builder.StepBuilder;
import org.springframework.batch.infrastructure.repeat.RepeatStatus;
import org.springframework.batch.infrastructure.support.transaction.ResourcelessTransactionManager;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * Runs as Spring Batch knows them: a run is an instance of its job, identified by the run's id, and
 * each attempt is an execution with its parameters and its exit code. One that was killed is ended
 * before the next begins.
 *
 * <p>What counts is the {@link RunBook}: a run is done, once, whatever becomes of its execution. So
 * Spring Batch is on a thread of its own, which begins the execution, waits for the work and ends
 * it: the work's thread is told to stop by interrupts, and those would close the file of the
 * database. And the step is in no transaction of the database, for it may take a night.
 */
public final class BatchExecutions {
  private static final Logger LOG = Logger.getLogger(BatchExecutions.class.getName());
  private static final String RUN = "run";
  private static final String DONE = "DONE";

  /** As much of a parameter as the table takes. */
  private static final int LONGEST = 2000;

  /** So long a run waits for Spring Batch before it goes without. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final String THREAD = "batch ";

  /** What Spring Batch says on our threads, with stack traces, we say in one line. */
  private static final Filter NOT_HERE = _ -> !Thread.currentThread().getName().startsWith(THREAD);

  private static final List<Logger> SPRING =
      Stream.of(
              "step.AbstractStep",
              "step.tasklet.TaskletStep",
              "job.AbstractJob",
              "launch.support.TaskExecutorJobLauncher")
          .map(name -> Logger.getLogger("org.springframework.batch.core." + name))
          .toList();

  private final JobRepository repository;
  private final JobOperator operator;
  private final JdbcClient jdbc;
  private final ResourcelessTransactionManager none = new ResourcelessTransactionManager();

  /**
   * @param source of a database with Spring Batch's tables
   * @param type as Spring Batch calls it
   */
  public BatchExecutions(DataSource source, String type) {
    this.repository = BatchSetup.repository(source, new JdbcTransactionManager(source), type);
    this.operator = BatchSetup.operator(repository);
    this.jdbc = JdbcClient.create(source);
    SPRING.forEach(logger -> logger.setFilter(NOT_HERE));
  }

  /** What was run, between two threads. */
  private static final class Attempt {
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile ExitStatus exit = ExitStatus.UNKNOWN;

    void ended(ExitStatus how) {
      exit = how;
      over.countDown();
    }
  }

  /** Does an attempt at a run on the calling thread, and keeps it as an execution. */
  int run(Run run, PrintStream log, Runner.Work work) throws InterruptedException {
    Attempt attempt = new Attempt();
    Thread batch =
        Thread.ofPlatform().daemon().name(THREAD + run.id()).start(() -> keep(run, attempt));
    await(attempt.begun);
    ExitStatus exit = new ExitStatus("FAILED", "it ended with an error");
    try {
      int code = work.run(run, log);
      exit = new ExitStatus(code == 0 ? DONE : "EXIT-" + code, "exit code " + code);
      return code;
    } catch (InterruptedException e) {
      exit = new ExitStatus("INTERRUPTED", "it was told to stop");
      throw e;
    } finally {
      attempt.ended(exit);
      boolean interrupted = Thread.interrupted();
      try {
        boolean _ = batch.join(PATIENCE);
      } catch (InterruptedException e) {
        interrupted = true;
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** The interrupt is for the work. */
  private static void await(CountDownLatch latch) {
    boolean interrupted = false;
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        boolean _ = latch.await(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void keep(Run run, Attempt attempt) {
    try {
      endBefore(run);
      JobExecution execution = operator.start(job(run, attempt), parameters(run));
      if (execution.getStatus() == BatchStatus.UNKNOWN) {
        tell(run, "its end could not be written");
      }
    } catch (Exception e) {
      tell(run, String.valueOf(e.getMessage()));
    } finally {
      attempt.begun.countDown();
    }
  }

  private static void tell(Run run, String why) {
    LOG.log(
        Level.WARNING,
        "attempt {0} at the run {1} is not kept as an execution of Spring Batch: {2}",
        new Object[] {run.attempt(), run.id(), why});
  }

  /** Ends what an attempt before left when it was killed. */
  private void endBefore(Run run) {
    JobInstance instance = repository.getJobInstance(run.job(), identity(run));
    if (instance == null) {
      return;
    }
    JobExecution last = repository.getLastJobExecution(instance);
    if (last == null) {
      // Killed between the two transactions that make an instance and its first execution: it can
      // neither be started nor continued.
      repository.deleteJobInstance(instance);
    } else if (last.isRunning() || last.getStatus() == BatchStatus.UNKNOWN) {
      JobExecution _ = operator.recover(last);
    } else if (last.getStatus() == BatchStatus.COMPLETED) {
      // Killed before the book had it: the run is not over, and goes on.
      last.setStatus(BatchStatus.FAILED);
      last.setExitStatus(last.getExitStatus().addExitDescription("its end was not kept"));
      repository.update(last);
    }
  }

  private Job job(Run run, Attempt attempt) {
    Step step =
        new StepBuilder("run", repository)
            .tasklet((contribution, _) -> work(attempt, contribution))
            .transactionManager(none)
            .allowStartIfComplete(true)
            .build();
    return new JobBuilder(run.job(), repository)
        .listener(
            new JobExecutionListener() {
              @Override
              public void afterJob(JobExecution execution) {
                execution.setExitStatus(attempt.exit);
              }
            })
        .flow(step)
        .on(DONE)
        .end(DONE)
        .from(step)
        .on("*")
        .fail()
        .end()
        .build();
  }

  private static RepeatStatus work(Attempt attempt, StepContribution contribution)
      throws InterruptedException {
    attempt.begun.countDown();
    attempt.over.await();
    contribution.setExitStatus(attempt.exit);
    return RepeatStatus.FINISHED;
  }

  private static JobParameters identity(Run run) {
    return new JobParametersBuilder().addString(RUN, run.id()).toJobParameters();
  }

  private static JobParameters parameters(Run run) {
    String command = String.join(" ", run.command());
    return new JobParametersBuilder(identity(run))
        .addString("command", command.substring(0, Math.min(LONGEST, command.length())), false)
        .addString("cause", run.cause().name(), false)
        .addString("due", run.due().toString(), false)
        .addLong("covers", (long) run.covers(), false)
        .addLong("attempt", (long) run.attempt(), false)
        .addString("owner", run.owner().toString(), false)
        .toJobParameters();
  }

  /** An attempt at a run, as Spring Batch keeps it. */
  record Kept(long attempt, String status, String exit, @Nullable LocalDateTime ended) {}

  /** The attempts at a run, the first one first. */
  List<Kept> of(Run run) {
    JobInstance instance = repository.getJobInstance(run.job(), identity(run));
    return instance == null
        ? List.of()
        : repository.getJobExecutions(instance).stream()
            .map(execution ->
                new Kept(
                    Optional.ofNullable(execution.getJobParameters().getLong("attempt")).orElse(0L),
                    execution.getStatus().name(),
                    execution.getExitStatus().getExitCode(),
                    execution.getEndTime()))
            .sorted(Comparator.comparingLong(Kept::attempt))
            .toList();
  }

  /** Removes runs whose last attempt began before a time. */
  public void prune(Instant before) {
    // Spring Batch writes the time of this machine.
    LocalDateTime limit = LocalDateTime.ofInstant(before, ZoneId.systemDefault());
    List<Long> old =
        jdbc.sql(
                "SELECT JOB_INSTANCE_ID FROM BATCH_JOB_INSTANCE I WHERE NOT EXISTS (SELECT 1 FROM BATCH_JOB_EXECUTION E WHERE E.JOB_INSTANCE_ID = I.JOB_INSTANCE_ID AND E.CREATE_TIME >= ?) AND EXISTS (SELECT 1 FROM BATCH_JOB_EXECUTION E WHERE E.JOB_INSTANCE_ID = I.JOB_INSTANCE_ID)")
            .param(limit)
            .query(Long.class)
            .list();
    for (Long id : old) {
      JobInstance instance = repository.getJobInstance(id);
      if (instance != null) {
        repository.deleteJobInstance(instance);
      }
    }
  }
}
