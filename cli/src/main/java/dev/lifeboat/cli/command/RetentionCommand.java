package dev.lifeboat.cli.command;

import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.DatasetSection;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.Nights;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.jobs.NightJob;
import dev.lifeboat.jobs.RegionUpkeep;
import dev.lifeboat.vault.reclaim.Retention;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/** {@code lifeboat retention}. */
@CommandLine.Command(
    name = "retention",
    description = {
      "Forget the snapshots that the configured retention keeps no longer. The newest and the newest",
      "complete snapshot of a dataset always stay."
    })
public final class RetentionCommand extends NightCommand {
  @CommandLine.Option(
      names = "--explain",
      description = "Say of each snapshot why it stays or goes, and change nothing.")
  private boolean explain;

  RetentionCommand(Invocation invocation) {
    super(invocation, NightJob.RETENTION);
  }

  @Override
  boolean onlyTells() {
    return explain || dryRun();
  }

  @Override
  void tell(Workspace workspace, List<DatasetSection> datasets) throws Exception {
    RegionUpkeep.Decisions all = new Nights(workspace).upkeep().explainRetention();
    List<Retention.Decision> decisions = new ArrayList<>(all.decisions());
    for (SnapshotRecord snapshot : all.undecided()) {
      decisions.add(
          new Retention.Decision(
              snapshot, true, List.of("not all snapshots of its tenant can be read")));
    }
    if (json()) {
      printJson(decisions.stream().map(RetentionCommand::fields).toList());
      all.problems().forEach((where, why) -> invocation().say(where + ": " + why));
      return;
    }
    Table table = new Table("SNAPSHOT", "TIME", "DATASET", "", "BECAUSE");
    for (Retention.Decision decision : decisions) {
      SnapshotHeader header = decision.snapshot().header();
      table.row(
          header.id().hex(),
          Units.time(header.time()),
          header.tenant() + "/" + header.dataset(),
          decision.keep() ? "stays" : "goes",
          decision.reason());
    }
    print(table);
    all.problems().forEach((where, why) -> invocation().say(where + ": " + why));
  }

  private static Map<String, Object> fields(Retention.Decision decision) {
    SnapshotHeader header = decision.snapshot().header();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("snapshot", header.id().hex());
    fields.put("time", header.time().toString());
    fields.put("tenant", header.tenant().value());
    fields.put("dataset", header.dataset().value());
    fields.put("keep", decision.keep());
    fields.put("tags", header.tags());
    fields.put("reason", decision.reason());
    fields.put("reasons", decision.reasons());
    return fields;
  }
}
