package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.jobs.report.NightReport.State;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.VaultException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.springframework.batch.core.scope.context.ChunkContext;
import org.springframework.batch.core.step.StepContribution;
import org.springframework.batch.core.step.tasklet.Tasklet;
import org.springframework.batch.infrastructure.repeat.RepeatStatus;

/**
 * Captures the dataset that the partition is named after.
 *
 * <p>A run that was killed after the commit and before it was noted is no reason to capture twice:
 * when a night is continued, the vault is asked first.
 */
final class CaptureTasklet implements Tasklet {
  private static final Logger LOG = Logger.getLogger("dev.lifeboat.jobs");

  private final NightRun run;
  private final Map<String, DatasetPlan> byStep;

  CaptureTasklet(NightRun run, Map<String, DatasetPlan> byStep) {
    this.run = run;
    this.byStep = byStep;
  }

  @Override
  public RepeatStatus execute(StepContribution contribution, ChunkContext context)
      throws Exception {
    String step = contribution.getStepExecution().getStepName();
    DatasetPlan dataset = byStep.get(step);
    if (dataset == null) {
      throw new IllegalStateException("no dataset belongs to step " + step);
    }
    Instant from = run.clock.instant();
    NightReport.Dataset result = capture(dataset);
    run.worked("backup", from, run.clock.instant());
    run.records.save(run.job, run.night.id(), result);
    run.plan.progress().datasetDone(result);
    if (result.snapshot().isEmpty()) {
      throw new DatasetFailedException(dataset + ": " + result.error().orElse("not captured"));
    }
    return RepeatStatus.FINISHED;
  }

  private NightReport.Dataset capture(DatasetPlan dataset) {
    Instant from = run.clock.instant();
    try {
      return run.threads.call("capture " + dataset, () -> captureOrFind(dataset));
    } catch (InterruptedException e) {
      return without(dataset, State.INTERRUPTED, from, "the night was stopped before it began");
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      if (cause instanceof InterruptedException || run.threads.isStopping()) {
        return without(dataset, State.INTERRUPTED, from, "the night was stopped");
      }
      LOG.log(Level.SEVERE, "capture of " + dataset + " failed", cause);
      boolean unreachable =
          cause instanceof SourceException.Unreachable
              || cause instanceof VaultException.Unreachable;
      return without(
          dataset, unreachable ? State.UNREACHABLE : State.FAILED, from, Failures.message(cause));
    }
  }

  private NightReport.Dataset captureOrFind(DatasetPlan dataset) throws Exception {
    if (run.isContinued()) {
      Optional<NightReport.Dataset> committed =
          run.plan.work().committedSince(dataset, run.night.started());
      if (committed.isPresent()) {
        return committed.get();
      }
    }
    Path state = Homes.datasetState(run.plan.home(), dataset.tenant(), dataset.dataset());
    return run.plan.work().capture(dataset, state, run.plan.progress().dataset(dataset));
  }

  private NightReport.Dataset without(
      DatasetPlan dataset, State state, Instant from, String error) {
    return NightReport.Dataset.without(
        dataset.tenant().value(),
        dataset.dataset().value(),
        dataset.source().kind(),
        state,
        Duration.between(from, run.clock.instant()),
        error);
  }
}
