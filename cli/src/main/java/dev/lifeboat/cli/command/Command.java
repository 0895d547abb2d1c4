package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Failure;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.ByteSize;
import dev.lifeboat.cli.output.Json;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.wiring.AuditSession;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What commands have in common. */
abstract class Command implements Callable<Integer> {
  /** As the launcher reads it. */
  private static final Pattern WHOLE = Pattern.compile("[1-9][0-9]{0,4}[MG]iB");

  private static final long LEAST_MEMORY = 192L << 20;

  private final Invocation invocation;

  @Spec private @Nullable CommandSpec spec;

  Command(Invocation invocation) {
    this.invocation = invocation;
  }

  /** Does it. */
  abstract ExitCode execute() throws Exception;

  @Override
  public final Integer call() throws Exception {
    checkMemory(invocation.options().memory());
    Optional<AuditSession> audit =
        AuditSession.begin(invocation, Objects.requireNonNull(spec, "run without a command line"));
    ExitCode code;
    try {
      code = execute();
    } catch (Exception | Error e) {
      audit.ifPresent(session -> session.end(Failure.of(e).code()));
      throw e;
    }
    audit.ifPresent(session -> session.end(code));
    return code.code();
  }

  /** The launcher gives the memory; here it can only be refused. */
  private static void checkMemory(@Nullable String size) {
    if (size == null) {
      return;
    }
    if (!WHOLE.matcher(size).matches()) {
      throw new CliException(
          ExitCode.USAGE,
          "--memory %s: write whole MiB or GiB, for example 512MiB or 2GiB".formatted(size));
    }
    if (ByteSize.parse(size).bytes() < LEAST_MEMORY) {
      throw new CliException(
          ExitCode.USAGE, "--memory %s: nothing works with less than 192MiB".formatted(size));
    }
  }

  final Invocation invocation() {
    return invocation;
  }

  final boolean json() {
    return invocation.options().json();
  }

  final boolean dryRun() {
    return invocation.options().dryRun();
  }

  final void print(String line) {
    invocation.print(line);
  }

  final void print(Table table) {
    table.lines().forEach(invocation::print);
  }

  final void printJson(Object value) {
    print(Json.write(value));
  }
}
