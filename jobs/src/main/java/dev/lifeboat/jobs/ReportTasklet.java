package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.vault.VaultException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.springframework.batch.core.ExitStatus;
import org.springframework.batch.core.scope.context.ChunkContext;
import org.springframework.batch.core.step.StepContribution;
import org.springframework.batch.core.step.tasklet.Tasklet;
import org.springframework.batch.infrastructure.repeat.RepeatStatus;

/** Looks at the vault, writes the report, and makes the night's outcome the step's exit status. */
final class ReportTasklet implements Tasklet {
  private static final Logger LOG = Logger.getLogger("dev.lifeboat.jobs");

  private final NightRun run;

  ReportTasklet(NightRun run) {
    this.run = run;
  }

  @Override
  public RepeatStatus execute(StepContribution contribution, ChunkContext context)
      throws Exception {
    Optional<NightWork.Survey> survey = survey();
    Map<String, NightReport.Dataset> captured = run.records.datasets(run.job, run.night.id());
    NightReport report = new ReportComposer(run, captured, survey).compose();
    new NightReports(run.plan.home()).write(run.job, report);
    run.records.finish(run.job, report);
    run.reported(report);
    contribution.setExitStatus(new ExitStatus(report.outcome().name()));
    return RepeatStatus.FINISHED;
  }

  /** Nothing when the night is being stopped, or when the vault cannot be looked at. */
  private Optional<NightWork.Survey> survey() {
    try {
      return Optional.of(
          run.threads.call("report", () -> run.plan.work().survey(run.plan.datasets())));
    } catch (InterruptedException e) {
      return Optional.empty();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      if (!run.threads.isStopping()) {
        LOG.log(Level.SEVERE, "survey of the vault failed", cause);
        run.failed(
            new NightRun.Failure(
                "report", Failures.message(cause), cause instanceof VaultException.Unreachable));
      }
      return Optional.empty();
    }
  }
}
