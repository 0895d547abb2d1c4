package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.jobs.NightJob;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import picocli.CommandLine;

/** {@code lifeboat backup}. */
@CommandLine.Command(
    name = "backup",
    description = "Back up datasets now, without the rest of a night.")
public final class BackupCommand extends NightCommand {
  private static final Pattern TAG = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  @CommandLine.Parameters(
      arity = "0..*",
      paramLabel = "DATASET",
      description = "NAME or TENANT/NAME; without one, all.")
  private List<String> datasets = List.of();

  @CommandLine.Option(
      names = "--tag",
      paramLabel = "NAME",
      description =
          "Give the snapshots this tag, of letters, digits, dots, dashes and underscores; retention can keep by it. May be repeated.")
  private List<String> tags = List.of();

  BackupCommand(Invocation invocation) {
    super(invocation, NightJob.BACKUP);
  }

  @Override
  List<String> only() {
    return datasets;
  }

  @Override
  Set<String> tags() {
    for (String tag : tags) {
      if (!TAG.matcher(tag).matches()) {
        throw new CliException(
            ExitCode.USAGE,
            "--tag '%s': a tag has 1 to 64 letters, digits, dots, dashes and underscores"
                .formatted(tag));
      }
    }
    return Set.copyOf(tags);
  }
}
