package dev.lifeboat.cli.command;

import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.Snapshots;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat list}. */
@CommandLine.Command(name = "list", description = "Show snapshots, oldest first.")
public final class ListCommand extends Command {
  @CommandLine.Option(
      names = "--dataset",
      paramLabel = "NAME",
      description = "Only of this dataset: NAME or TENANT/NAME.")
  private @Nullable String dataset;

  @CommandLine.Option(names = "--tenant", paramLabel = "NAME", description = "Only of this tenant.")
  private @Nullable String tenant;

  ListCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() throws Exception {
    try (Workspace workspace = Workspace.open(invocation())) {
      List<SnapshotRecord> records =
          new Snapshots(workspace).list(Optional.ofNullable(tenant), Optional.ofNullable(dataset));
      if (json()) {
        printJson(records.stream().map(ListCommand::fields).toList());
        return ExitCode.DONE;
      }
      if (records.isEmpty()) {
        invocation().say("No snapshots.");
        return ExitCode.DONE;
      }
      int regions = workspace.configuration().vault().regions().size();
      Table table =
          new Table(
              "SNAPSHOT",
              "TIME",
              "TENANT",
              "DATASET",
              ">FILES",
              ">SIZE",
              ">ADDED",
              "STATE",
              "TAGS",
              "REGIONS");
      for (SnapshotRecord record : records) {
        SnapshotHeader header = record.header();
        String held =
            record.regions().size() == regions
                ? "all"
                : String.join(", ", record.regions().stream().map(r -> r.value()).toList());
        table.row(
            header.id().hex(),
            Units.time(header.time()),
            header.tenant().value(),
            header.dataset().value(),
            Units.count(header.counts().files()),
            Units.bytes(header.counts().bytes()),
            Units.bytes(header.counts().bytesAdded()),
            header.complete() ? "complete" : "partial",
            String.join(", ", header.tags()),
            held);
      }
      print(table);
      return ExitCode.DONE;
    }
  }

  /** The fields of a snapshot in JSON. */
  static Map<String, Object> fields(SnapshotRecord record) {
    SnapshotHeader header = record.header();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("snapshot", header.id().hex());
    fields.put("time", header.time());
    fields.put("tenant", header.tenant().value());
    fields.put("dataset", header.dataset().value());
    fields.put("source", header.source());
    fields.put("writer", header.writer());
    fields.put("sequence", header.sequence());
    fields.put("complete", header.complete());
    fields.put("tags", header.tags());
    fields.put("counts", header.counts());
    fields.put("tools", header.tools());
    fields.put("packs", header.packs());
    fields.put("regions", record.regions().stream().map(r -> r.value()).toList());
    return fields;
  }
}
