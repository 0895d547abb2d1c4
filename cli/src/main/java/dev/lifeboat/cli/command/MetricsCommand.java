package dev.lifeboat.cli.command;

import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.Version;
import dev.lifeboat.cli.wiring.Sights;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.schedules.metrics.MetricsText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat metrics}. */
@CommandLine.Command(
    name = "metrics",
    description = {
      "Look at the vault once, as watch does, and print numbers in the text format of Prometheus; with --to for the",
      "textfile collector of node_exporter. The service shows the same at /metrics. Changes nothing in the vault."
    })
public final class MetricsCommand extends Command {
  @CommandLine.Option(
      names = "--to",
      paramLabel = "FILE",
      description = "Write them to this file, all at once; one that is there is replaced.")
  private @Nullable String to;

  MetricsCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() throws Exception {
    try (Workspace workspace = Workspace.open(invocation())) {
      String text =
          MetricsText.of(Version.current(), Optional.of(new Sights(workspace).look()), true);
      String file = to;
      if (file == null) {
        print(text.stripTrailing());
      } else {
        replace(invocation().path(file), text);
        if (json()) {
          printJson(Map.of("file", invocation().path(file).toString()));
        }
      }
      return ExitCode.DONE;
    }
  }

  /** A reader sees the old text or the new one. */
  private static void replace(Path file, String text) throws IOException {
    Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file has a folder");
    // Not one of node_exporter's *.prom until it is whole; made with the usual mode, for others
    // read it.
    Path made = folder.resolve(file.getFileName() + ".unfinished");
    try {
      Files.writeString(made, text, StandardCharsets.UTF_8);
      Files.move(made, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(made);
    }
  }
}
