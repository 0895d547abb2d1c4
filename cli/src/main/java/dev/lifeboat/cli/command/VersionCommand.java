package dev.lifeboat.cli.command;

import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.Version;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;

/** {@code lifeboat version}. */
@CommandLine.Command(name = "version", description = "Show the version of the program.")
public final class VersionCommand extends Command {
  VersionCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() {
    String java = System.getProperty("java.runtime.version", "unknown");
    if (json()) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("version", Version.current());
      fields.put("vaultFormat", 1);
      fields.put("java", java);
      printJson(fields);
    } else {
      print("lifeboat %s, vault format 1, on Java %s".formatted(Version.current(), java));
    }
    return ExitCode.DONE;
  }
}
