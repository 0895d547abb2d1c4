package dev.lifeboat.cli.command;

import dev.lifeboat.cli.Invocation;
import dev.lifeboat.jobs.NightJob;
import picocli.CommandLine;

/** {@code lifeboat nightly}. */
@CommandLine.Command(
    name = "nightly",
    description = {
      "Run a whole night: back up every dataset, bring all regions up to date, verify, forget by",
      "retention, reclaim, report. A night that was interrupted is continued."
    })
public final class NightlyCommand extends NightCommand {
  @CommandLine.Option(
      names = "--retry",
      description = "Continue a night that ended and failed: only what failed is captured again.")
  private boolean retry;

  NightlyCommand(Invocation invocation) {
    super(invocation, NightJob.NIGHTLY);
  }

  @Override
  boolean retry() {
    return retry;
  }
}
