package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.RegionLog;
import dev.lifeboat.vault.region.MergedListing;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat regions remove}. */
@CommandLine.Command(
    name = "remove",
    description = {
      "Find out whether the vault can do without a region, and record that it leaves. Refused while",
      "a snapshot would be in fewer regions than the quorum. Nothing is deleted, and the",
      "configuration stays as it is: take the region out of it afterwards."
    })
final class RegionsRemoveCommand extends Command {
  @CommandLine.Parameters(paramLabel = "NAME", description = "The region, as the file names it.")
  private String name = "";

  @CommandLine.Option(
      names = "--force",
      description = "Let it leave although snapshots are then below the quorum; needs --reason.")
  private boolean force;

  @CommandLine.Option(
      names = "--reason",
      paramLabel = "TEXT",
      description = "Why; recorded in the vault, readable by whoever can read the regions.")
  private @Nullable String reason;

  RegionsRemoveCommand(Invocation invocation) {
    super(invocation);
  }

  /** What the vault would be without the region. */
  private record Without(long snapshots, long below, long nowhere, List<String> unlisted) {}

  @Override
  ExitCode execute() throws Exception {
    if (force && (reason == null || reason.isBlank())) {
      throw new CliException(
          ExitCode.USAGE, "--force needs --reason: it is recorded in the vault for those who ask");
    }
    try (Workspace workspace = Workspace.open(invocation())) {
      List<RegionName> others =
          workspace.regions().regions().stream()
              .map(Region::name)
              .filter(other -> !other.value().equals(name))
              .toList();
      if (others.size() == workspace.regions().regions().size()) {
        throw new CliException(
            ExitCode.NOT_FOUND,
            "the configuration has no region %s; it has %s".formatted(name, others));
      }
      if (others.isEmpty()) {
        throw new CliException(
            ExitCode.REFUSED,
            "%s is the only region: without it there is no vault".formatted(name));
      }
      int quorum = workspace.configuration().vault().effectiveQuorum();
      Without without = without(workspace, quorum);
      Optional<String> obstacle = obstacle(without, others, quorum);
      if (obstacle.isPresent() && !force) {
        throw new CliException(
            ExitCode.REFUSED,
            "%s. Run: lifeboat replicate, then this again; or use --force --reason \"…\""
                .formatted(obstacle.get()));
      }
      if (!dryRun()) {
        ObjectKey _ =
            new RegionLog(
                    workspace.regions(),
                    Records.of(workspace.keystore(), workspace.document()),
                    workspace.environment().random())
                .note(
                    RegionLog.Action.REMOVED,
                    new RegionName(name),
                    Optional.ofNullable(reason),
                    others,
                    workspace.environment().clock().instant());
      }
      report(without, obstacle, others);
      return ExitCode.DONE;
    }
  }

  private Without without(Workspace workspace, int quorum) throws InterruptedException {
    long snapshots = 0;
    long below = 0;
    long nowhere = 0;
    try (MergedListing listing = workspace.regions().merged("snapshots/")) {
      for (MergedListing.Row row = listing.next(); row != null; row = listing.next()) {
        long elsewhere =
            row.held().keySet().stream().filter(region -> !region.value().equals(name)).count();
        snapshots++;
        below += elsewhere < quorum ? 1 : 0;
        nowhere += elsewhere == 0 ? 1 : 0;
      }
      return new Without(
          snapshots,
          below,
          nowhere,
          listing.failed().keySet().stream().map(RegionName::value).toList());
    }
  }

  private Optional<String> obstacle(Without without, List<RegionName> others, int quorum) {
    List<String> unlisted =
        without.unlisted.stream().filter(region -> !region.equals(name)).toList();
    if (!unlisted.isEmpty()) {
      return Optional.of(
          "%s cannot be listed: nobody knows what would be left without %s"
              .formatted(String.join(", ", unlisted), name));
    }
    if (without.below > 0) {
      return Optional.of(
          "without %s, %d of %d snapshots would be in fewer than %d regions, %d of them nowhere"
              .formatted(name, without.below, without.snapshots, quorum, without.nowhere));
    }
    if (others.size() < quorum) {
      return Optional.of(
          "without %s there are %d regions, and the quorum is %d: no snapshot could be durable any more"
              .formatted(name, others.size(), quorum));
    }
    return Optional.empty();
  }

  private void report(Without without, Optional<String> obstacle, List<RegionName> others) {
    if (json()) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("region", name);
      fields.put("action", dryRun() ? "none" : "removed");
      fields.put("forced", obstacle.isPresent());
      fields.put("obstacle", obstacle);
      fields.put("snapshots", without.snapshots);
      fields.put("belowQuorum", without.below);
      fields.put("nowhereElse", without.nowhere);
      fields.put("remaining", others.stream().map(RegionName::value).toList());
      printJson(fields);
      return;
    }
    obstacle.ifPresent(what -> print("Forced, although " + what + "."));
    print(
        dryRun()
            ? "%s could leave.".formatted(name)
            : "It is recorded in %s that %s leaves. Now take it out of vault.regions; its objects stay until you delete them."
                .formatted(
                    String.join(", ", others.stream().map(RegionName::value).toList()), name));
  }
}
