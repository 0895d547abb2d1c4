package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.wiring.HoldRecords;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.vault.reclaim.Holds;
import dev.lifeboat.vault.seal.TenantName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat hold}. */
@CommandLine.Command(
    name = "hold",
    description = {
      "Put all snapshots of a tenant under a legal hold, which every host obeys whatever its",
      "retention says, or release it; without a tenant, show all holds and pins. Exit 1 if some of",
      "their records cannot be read: everything is kept as long as that is so."
    })
public final class HoldCommand extends Command {
  @CommandLine.Parameters(
      arity = "0..1",
      paramLabel = "TENANT",
      description = "The tenant; without one, holds and pins are shown.")
  private @Nullable String tenant;

  @CommandLine.Option(
      names = "--reason",
      paramLabel = "TEXT",
      description = "Why; it is kept on the record and shown by retention --explain.")
  private String reason = "";

  @CommandLine.Option(names = "--release", description = "End the tenant's holds.")
  private boolean release;

  HoldCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() throws Exception {
    try (Workspace workspace = Workspace.open(invocation())) {
      HoldRecords records = new HoldRecords(workspace);
      String name = tenant;
      if (name == null) {
        return show(records);
      }
      HoldRecords.requireReason(reason);
      String scope = records.scope(new TenantName(name));
      if (release) {
        return release(records, name, scope);
      }
      if (dryRun()) {
        print("would hold tenant " + name);
        return ExitCode.DONE;
      }
      Holds.Hold hold = records.place(scope, reason);
      if (json()) {
        printJson(Map.of("tenant", name, "hold", hold.id(), "reason", reason));
      } else {
        print("tenant %s is under a hold".formatted(name));
      }
      return ExitCode.DONE;
    }
  }

  private ExitCode release(HoldRecords records, String name, String scope) throws Exception {
    List<Holds.Hold> holds = records.active(scope);
    if (holds.isEmpty()) {
      throw new CliException(ExitCode.NOT_FOUND, "tenant %s is under no hold".formatted(name));
    }
    if (!dryRun()) {
      records.release(holds, reason);
    }
    if (json()) {
      printJson(Map.of("tenant", name, "released", holds.stream().map(Holds.Hold::id).toList()));
    } else {
      print(
          "tenant %s %s"
              .formatted(name, dryRun() ? "would be released" : "is under no hold any more"));
    }
    return ExitCode.DONE;
  }

  private ExitCode show(HoldRecords records) throws Exception {
    Holds holds = records.read();
    List<String> problems = new ArrayList<>(holds.unknown());
    problems.addAll(holds.notes());
    if (json()) {
      List<Map<String, Object>> list = new ArrayList<>();
      for (Holds.Hold hold : holds.active()) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("id", hold.id());
        fields.put("kind", hold.isPin() ? "pin" : "hold");
        fields.put("on", records.name(hold));
        fields.put("reason", hold.reason());
        fields.put("by", hold.by().value());
        list.add(fields);
      }
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("holds", list);
      all.put("problems", problems);
      printJson(all);
    } else if (holds.active().isEmpty()) {
      invocation().say("Nothing is pinned or held.");
    } else {
      Table table = new Table("SINCE", "KIND", "ON", "BY", "REASON");
      for (Holds.Hold hold : holds.active()) {
        table.row(
            hold.id().substring(0, 15),
            hold.isPin() ? "pin" : "hold",
            records.name(hold),
            hold.by().value(),
            hold.reason());
      }
      print(table);
    }
    problems.forEach(invocation()::say);
    return holds.unknown().isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
  }
}
