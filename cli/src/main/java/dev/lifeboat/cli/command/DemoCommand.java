package dev.lifeboat.cli.command;

import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.demo.Demo;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat demo}. */
@CommandLine.Command(
    name = "demo",
    description = {
      "Make a small company in a scratch directory, back it up for two nights into two regions,",
      "destroy it and one region, restore it from the other, and compare everything."
    })
public final class DemoCommand extends Command {
  @CommandLine.Option(
      names = "--in",
      paramLabel = "DIR",
      description =
          "Where to make it; must not exist (default: lifeboat-demo in the working directory, replaced if a demo made it).")
  private @Nullable String in;

  @CommandLine.Option(
      names = "--without-postgres",
      description = "Leave PostgreSQL out, even where its programs are found.")
  private boolean withoutPostgres;

  DemoCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() throws Exception {
    Path directory = in == null ? null : invocation().path(in);
    return new Demo(invocation().environment(), directory, !withoutPostgres).run();
  }
}
