package dev.lifeboat.jobs;

import dev.lifeboat.vault.VaultException;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.springframework.batch.core.ExitStatus;
import org.springframework.batch.core.scope.context.ChunkContext;
import org.springframework.batch.core.step.StepContribution;
import org.springframework.batch.core.step.tasklet.Tasklet;
import org.springframework.batch.infrastructure.repeat.RepeatStatus;

/**
 * A part of the night that is one piece of work.
 *
 * <p>Failing shows in the step's exit status only: a failed step that a flow leaves behind is
 * abandoned by Spring Batch, and would not run again when the night is continued.
 */
final class PartTasklet<T> implements Tasklet {
  private static final Logger LOG = Logger.getLogger("dev.lifeboat.jobs");

  private final NightRun run;
  private final String part;
  private final Callable<T> work;
  private final Consumer<T> result;

  PartTasklet(NightRun run, String part, Callable<T> work, Consumer<T> result) {
    this.run = run;
    this.part = part;
    this.work = work;
    this.result = result;
  }

  @Override
  public RepeatStatus execute(StepContribution contribution, ChunkContext context) {
    Instant from = run.clock.instant();
    try {
      run.plan.progress().part(part);
      result.accept(run.threads.call(part, work));
    } catch (InterruptedException e) {
      contribution.setExitStatus(ExitStatus.STOPPED);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      if (run.threads.isStopping()) {
        contribution.setExitStatus(ExitStatus.STOPPED);
      } else {
        LOG.log(Level.SEVERE, part + " failed", cause);
        run.failed(
            new NightRun.Failure(
                part, Failures.message(cause), cause instanceof VaultException.Unreachable));
        contribution.setExitStatus(ExitStatus.FAILED.addExitDescription(cause));
      }
    } finally {
      run.worked(part, from, run.clock.instant());
    }
    return RepeatStatus.FINISHED;
  }
}
