package dev.lifeboat.cli.command;

import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.wiring.RegionTrials;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.vault.region.s3.S3Policy;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat regions policy}. */
@CommandLine.Command(
    name = "policy",
    description = {
      "Print the least that a host must be permitted in a region in S3, as JSON for IAM. A writer",
      "cannot delete anything, nor shorten a lock."
    })
final class RegionsPolicyCommand extends Command {
  @CommandLine.Parameters(paramLabel = "NAME", description = "The region.")
  private String name = "";

  @CommandLine.Option(
      names = "--role",
      paramLabel = "ROLE",
      required = true,
      description =
          "writer: backs up, replicates, verifies; reader: restores; maintainer: retention and reclamation too.")
  private S3Policy.Role role = S3Policy.Role.READER;

  @CommandLine.Option(
      names = "--principal",
      paramLabel = "ARN",
      description = "Make it a policy of the bucket, about this user or role.")
  private @Nullable String principal;

  RegionsPolicyCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() {
    try (Workspace workspace = Workspace.open(invocation())) {
      RegionTrials trials = new RegionTrials(workspace);
      printJson(trials.policy(trials.section(name), role, Optional.ofNullable(principal)));
      return ExitCode.DONE;
    }
  }
}
