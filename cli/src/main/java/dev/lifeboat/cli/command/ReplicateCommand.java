package dev.lifeboat.cli.command;

import dev.lifeboat.cli.Invocation;
import dev.lifeboat.jobs.NightJob;
import picocli.CommandLine;

/** {@code lifeboat replicate}. */
@CommandLine.Command(
    name = "replicate",
    description =
        "Bring every region to a complete copy, in commit order, each object verified before it is stored.")
public final class ReplicateCommand extends NightCommand {
  ReplicateCommand(Invocation invocation) {
    super(invocation, NightJob.REPLICATE);
  }
}
