package dev.lifeboat.jobs;

import java.util.stream.Collectors;
import org.springframework.batch.core.scope.context.ChunkContext;
import org.springframework.batch.core.step.StepContribution;
import org.springframework.batch.core.step.tasklet.Tasklet;
import org.springframework.batch.infrastructure.repeat.RepeatStatus;

/** Notes in the job repository what this run is about, and tells the listener that it begins. */
final class PlanTasklet implements Tasklet {
  private static final int NOTED = 2_000;

  private final NightRun run;

  PlanTasklet(NightRun run) {
    this.run = run;
  }

  @Override
  public RepeatStatus execute(StepContribution contribution, ChunkContext context) {
    run.plan.progress().begins(run.night.id(), run.isContinued());
    String datasets =
        run.plan.datasets().stream().map(DatasetPlan::id).collect(Collectors.joining(" "));
    contribution
        .getStepExecution()
        .getExecutionContext()
        .putString("datasets", datasets.substring(0, Math.min(NOTED, datasets.length())));
    return RepeatStatus.FINISHED;
  }
}
