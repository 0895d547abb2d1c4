package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.wiring.HoldRecords;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.vault.reclaim.Holds;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/** {@code lifeboat snapshots …}. */
@CommandLine.Command(
    name = "snapshots",
    description = "Pin snapshots, so that no retention policy forgets them, and unpin them.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {SnapshotsCommand.Pin.class, SnapshotsCommand.Unpin.class})
public final class SnapshotsCommand extends Group {

  /** {@code lifeboat snapshots pin}. */
  @CommandLine.Command(
      name = "pin",
      description = "Keep a snapshot until it is unpinned, whatever retention says, on every host.")
  static final class Pin extends Command {
    @CommandLine.Mixin private final SnapshotOptions snapshot = new SnapshotOptions();

    @CommandLine.Option(
        names = "--reason",
        paramLabel = "TEXT",
        required = true,
        description = "Why; it is kept with the pin and shown by retention --explain.")
    private String reason = "";

    Pin(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() throws Exception {
      try (Workspace workspace = Workspace.open(invocation())) {
        SnapshotRecord record = snapshot.find(workspace);
        HoldRecords.requireReason(reason);
        String name = record.header().id().hex();
        if (dryRun()) {
          print("would pin snapshot " + name);
          return ExitCode.DONE;
        }
        Holds.Hold hold = new HoldRecords(workspace).place(Holds.scope(record.key()), reason);
        if (json()) {
          Map<String, Object> fields = new LinkedHashMap<>();
          fields.put("snapshot", name);
          fields.put("pin", hold.id());
          fields.put("reason", reason);
          printJson(fields);
        } else {
          print("snapshot %s is pinned".formatted(name));
        }
        return ExitCode.DONE;
      }
    }
  }

  /** {@code lifeboat snapshots unpin}. */
  @CommandLine.Command(name = "unpin", description = "Leave a pinned snapshot to retention again.")
  static final class Unpin extends Command {
    @CommandLine.Mixin private final SnapshotOptions snapshot = new SnapshotOptions();

    @CommandLine.Option(
        names = "--reason",
        paramLabel = "TEXT",
        required = true,
        description = "Why; it is kept on the record.")
    private String reason = "";

    Unpin(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() throws Exception {
      try (Workspace workspace = Workspace.open(invocation())) {
        SnapshotRecord record = snapshot.find(workspace);
        HoldRecords.requireReason(reason);
        HoldRecords records = new HoldRecords(workspace);
        List<Holds.Hold> pins = records.active(Holds.scope(record.key()));
        String name = record.header().id().hex();
        if (pins.isEmpty()) {
          throw new CliException(ExitCode.NOT_FOUND, "snapshot %s is not pinned".formatted(name));
        }
        if (!dryRun()) {
          records.release(pins, reason);
        }
        if (json()) {
          printJson(
              Map.of("snapshot", name, "released", pins.stream().map(Holds.Hold::id).toList()));
        } else {
          print(
              "snapshot %s %s"
                  .formatted(name, dryRun() ? "would be unpinned" : "is not pinned any more"));
        }
        return ExitCode.DONE;
      }
    }
  }
}
