package dev.lifeboat.cli.command;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that only has subcommands. */
abstract class Group implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public final void run() {
    if (spec == null) {
      throw new IllegalStateException("run without a command line");
    }
    throw new ParameterException(
        spec.commandLine(),
        "say what to do: one of " + String.join(", ", spec.subcommands().keySet()));
  }
}
