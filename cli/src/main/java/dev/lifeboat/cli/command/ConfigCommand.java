package dev.lifeboat.cli.command;

import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.ConfigException;
import dev.lifeboat.cli.config.ConfigLoader;
import dev.lifeboat.cli.config.ConfigSchema;
import dev.lifeboat.cli.config.ConfigView;
import dev.lifeboat.cli.config.Configuration;
import dev.lifeboat.cli.output.Json;
import dev.lifeboat.cli.wiring.Sources;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/** {@code lifeboat config …}. */
@CommandLine.Command(
    name = "config",
    description = "Check and show the configuration.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      ConfigCommand.Validate.class,
      ConfigCommand.Show.class,
      ConfigCommand.PrintSchema.class
    })
public final class ConfigCommand extends Group {

  /** {@code lifeboat config validate}. */
  @CommandLine.Command(
      name = "validate",
      description = "Check the configuration and name every problem with its line.")
  static final class Validate extends Command {
    Validate(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() {
      Path file = invocation().configFile();
      List<ConfigException.Problem> problems = new ArrayList<>();
      try {
        Configuration configuration = ConfigLoader.load(file);
        problems.addAll(Sources.problems(configuration));
      } catch (ConfigException e) {
        problems.addAll(e.problems());
      }
      if (json()) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("file", file.toString());
        fields.put("valid", problems.isEmpty());
        fields.put("problems", problems.stream().map(Validate::fields).toList());
        printJson(fields);
      } else if (problems.isEmpty()) {
        print(file + ": valid");
      } else {
        problems.forEach(problem -> print(problem.toString()));
      }
      return problems.isEmpty() ? ExitCode.DONE : ExitCode.USAGE;
    }

    private static Map<String, Object> fields(ConfigException.Problem problem) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("line", problem.place().line());
      fields.put("column", problem.place().column());
      fields.put("key", problem.key());
      fields.put("message", problem.message());
      return fields;
    }
  }

  /** {@code lifeboat config show}. */
  @CommandLine.Command(
      name = "show",
      description =
          "Show the configuration as it is understood: defaults filled in, secrets masked.")
  static final class Show extends Command {
    Show(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() {
      Map<String, Object> view = ConfigView.of(ConfigLoader.load(invocation().configFile()));
      invocation()
          .environment()
          .out()
          .print(json() ? Json.write(view) + "\n" : ConfigView.yaml(view));
      return ExitCode.DONE;
    }
  }

  /** {@code lifeboat config schema}. */
  @CommandLine.Command(
      name = "schema",
      description = "Print the JSON schema of the configuration, for editors.")
  static final class PrintSchema extends Command {
    PrintSchema(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute() {
      printJson(ConfigSchema.schema());
      return ExitCode.DONE;
    }
  }
}
