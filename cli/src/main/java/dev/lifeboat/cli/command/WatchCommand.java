package dev.lifeboat.cli.command;

import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.Watches;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.schedules.watch.Concern;
import dev.lifeboat.schedules.watch.Observation;
import dev.lifeboat.schedules.watch.Watch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;

/** {@code lifeboat watch}. */
@CommandLine.Command(
    name = "watch",
    description = {
      "Tell what must have happened by now and has not, from the configuration and the vault alone: snapshots,",
      "copies, damage, coverage, drills, evidence, clocks, space. Run it from cron on another machine, so that",
      "somebody notices when nothing runs any more. Raises and resolves the alerts of the configuration. Changes",
      "nothing in the vault. Exit 9 if there is a concern."
    })
public final class WatchCommand extends Command {
  @CommandLine.Option(
      names = "--no-alert",
      description =
          "Only print: raise and resolve no alerts, and send no heartbeats, although the configuration has them.")
  private boolean noAlert;

  WatchCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  Optional<String> job() {
    return noAlert ? Optional.empty() : Optional.of("watch");
  }

  @Override
  ExitCode execute() throws Exception {
    try (Workspace workspace = Workspace.open(invocation())) {
      Observation seen = new Watches(workspace).observe();
      List<Concern> concerns = new Watch(workspace.configuration().watch().rules()).look(seen);
      notices().ifPresent(telling -> telling.learn(seen, concerns));
      if (json()) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("at", seen.now());
        fields.put("well", concerns.isEmpty());
        fields.put("datasets", seen.goals().size());
        fields.put("regions", seen.survey().regions().size());
        fields.put("concerns", concerns.stream().map(WatchCommand::fields).toList());
        printJson(fields);
      } else {
        concerns.forEach(this::print);
        print(
            concerns.isEmpty()
                ? "all is well: %d datasets in %d regions"
                    .formatted(seen.goals().size(), seen.survey().regions().size())
                : "%d concerns, %d of them critical"
                    .formatted(
                        concerns.size(),
                        concerns.stream()
                            .filter(each -> each.severity() == Concern.Severity.CRITICAL)
                            .count()));
      }
      return concerns.isEmpty() ? ExitCode.DONE : ExitCode.UNPROVEN;
    }
  }

  private void print(Concern concern) {
    print(
        "%s %s %s%s"
            .formatted(
                concern.severity(),
                concern.kind().text(),
                concern.subject(),
                concern.since().map(since -> ", since " + Units.time(since)).orElse("")));
    print("  " + concern.what());
    if (!concern.atRisk().isEmpty()) {
      print("  at risk: " + concern.atRisk());
    }
    concern.remedy().ifPresent(command -> print("  run: " + command));
  }

  private static Map<String, Object> fields(Concern concern) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("key", concern.key());
    fields.put("kind", concern.kind().text());
    fields.put("severity", concern.severity().text());
    fields.put("subject", concern.subject());
    fields.put("since", concern.since());
    fields.put("what", concern.what());
    fields.put("atRisk", concern.atRisk());
    fields.put("remedy", concern.remedy());
    return fields;
  }
}
