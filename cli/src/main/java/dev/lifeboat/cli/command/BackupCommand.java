package dev.lifeboat.cli.command;

import dev.lifeboat.cli.Invocation;
import dev.lifeboat.jobs.NightJob;
import java.util.List;
import picocli.CommandLine;

/** {@code lifeboat backup}. */
@CommandLine.Command(
    name = "backup",
    description = "Back up datasets now, without the rest of a night.")
public final class BackupCommand extends NightCommand {
  @CommandLine.Parameters(
      arity = "0..*",
      paramLabel = "DATASET",
      description = "NAME or TENANT/NAME; without one, all.")
  private List<String> datasets = List.of();

  BackupCommand(Invocation invocation) {
    super(invocation, NightJob.BACKUP);
  }

  @Override
  List<String> only() {
    return datasets;
  }
}
