package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightOutcome;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.springframework.batch.core.BatchStatus;
import org.springframework.batch.core.ExitStatus;
import org.springframework.batch.core.job.Job;
import org.springframework.batch.core.job.builder.FlowBuilder;
import org.springframework.batch.core.job.builder.FlowJobBuilder;
import org.springframework.batch.core.job.builder.JobBuilder;
import org.springframework.batch.core.partition.support.SimpleStepExecutionSplitter;
import org.springframework.batch.core.partition.support.TaskExecutorPartitionHandler;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.batch.core.step.Step;
import org.springframework.batch.core.step.StepExecution;
import org.springframework.batch.core.step.builder.StepBuilder;
import org.springframework.batch.core.step.tasklet.Tasklet;
import org.springframework.batch.infrastructure.item.ExecutionContext;
import org.springframework.core.task.TaskExecutor;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * The jobs as Spring Batch knows them.
 *
 * <p>Steps follow each other whatever became of the one before; how the night ended is the report's
 * to say. No step of the flow ever fails, therefore, but for a crash; a dataset's partition does.
 * Captured datasets are never captured again in the same night. All other parts run again when a
 * night is continued: they do only what is left, and new snapshots may have come.
 */
final class NightJobs {
  /** Before the id of a dataset in the name of its step. */
  static final String CAPTURE = "capture:";

  private final NightRun run;
  private final JobRepository repository;
  private final PlatformTransactionManager transactions;
  private final TaskExecutor executor;

  NightJobs(
      NightRun run,
      JobRepository repository,
      PlatformTransactionManager transactions,
      TaskExecutor executor) {
    this.run = run;
    this.repository = repository;
    this.transactions = transactions;
    this.executor = executor;
  }

  /** The run's job. */
  Job job() {
    NightWork work = run.plan.work();
    Step replicate = part("replicate", work::replicate, run::replicated);
    Step verify = part("verify", work::verify, run::verified);
    Step retention = part("retention", work::retain, run::retained);
    Step reclaim = part("reclaim", work::reclaim, run::reclaimed);
    return switch (run.job) {
      case NIGHTLY -> sequence(backup(), replicate, verify, retention, reclaim);
      case BACKUP -> sequence(backup());
      case REPLICATE -> sequence(replicate);
      case VERIFY -> sequence(verify);
      case RETENTION -> sequence(retention);
      case RECLAIM -> sequence(reclaim);
    };
  }

  private Job sequence(Step... parts) {
    Step plan = step("plan", new PlanTasklet(run));
    FlowBuilder<FlowJobBuilder> flow = new JobBuilder(run.job.id(), repository).flow(plan);
    Step before = plan;
    for (Step part : parts) {
      flow.from(before).on("*").to(part);
      before = part;
    }
    Step report = step("report", new ReportTasklet(run));
    flow.from(before).on("*").to(report);
    for (NightOutcome outcome : NightOutcome.values()) {
      switch (outcome) {
        case COMPLETE, INCOMPLETE, FINDINGS ->
            flow.from(report).on(outcome.name()).end(outcome.name());
        case UNREACHABLE, FAILED, INTERRUPTED -> flow.from(report).on(outcome.name()).fail();
      }
    }
    flow.from(report).on("*").fail();
    return flow.end().build();
  }

  private <T> Step part(String name, Callable<T> work, Consumer<T> result) {
    return step(name, new PartTasklet<>(run, name, work, result));
  }

  private Step step(String name, Tasklet tasklet) {
    return new StepBuilder(name, repository)
        .tasklet(tasklet)
        .transactionManager(transactions)
        .allowStartIfComplete(true)
        .build();
  }

  private Step backup() {
    Map<String, DatasetPlan> byStep = new LinkedHashMap<>();
    Map<String, ExecutionContext> partitions = new LinkedHashMap<>();
    for (DatasetPlan dataset : run.plan.datasets()) {
      byStep.put(CAPTURE + dataset.id(), dataset);
      partitions.put(dataset.id(), new ExecutionContext());
    }
    Step capture =
        new StepBuilder("capture", repository)
            .tasklet(new CaptureTasklet(run, byStep))
            .transactionManager(transactions)
            .build();
    // The step as a whole starts again for datasets that the plan gained; a partition that is
    // complete does not.
    SimpleStepExecutionSplitter splitter =
        new SimpleStepExecutionSplitter(
            repository, "capture", _ -> new LinkedHashMap<>(partitions));
    splitter.setAllowStartIfComplete(false);
    TaskExecutorPartitionHandler handler = new TaskExecutorPartitionHandler();
    handler.setTaskExecutor(executor);
    handler.setStep(capture);
    handler.setGridSize(Math.max(1, partitions.size()));
    return new StepBuilder("backup", repository)
        .partitioner(capture)
        .splitter(splitter)
        .partitionHandler(handler)
        .aggregator(NightJobs::aggregate)
        .allowStartIfComplete(true)
        .build();
  }

  /** The step goes well though partitions of it failed. */
  private static void aggregate(StepExecution backup, Collection<StepExecution> partitions) {
    long failed =
        partitions.stream()
            .filter(partition -> partition.getStatus() != BatchStatus.COMPLETED)
            .count();
    if (failed > 0) {
      backup.setExitStatus(
          ExitStatus.FAILED.addExitDescription(
              "%d of %d datasets failed".formatted(failed, partitions.size())));
    }
  }
}
