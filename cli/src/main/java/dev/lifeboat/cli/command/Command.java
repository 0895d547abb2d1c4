package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Failure;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.ByteSize;
import dev.lifeboat.cli.config.Durations;
import dev.lifeboat.cli.output.Json;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.wiring.AuditSession;
import dev.lifeboat.cli.wiring.JobNotices;
import java.time.Duration;
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
  private @Nullable JobNotices notices;

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
      code = tellingOfJobs();
    } catch (Exception | Error e) {
      audit.ifPresent(session -> session.end(Failure.of(e).code()));
      throw e;
    }
    audit.ifPresent(session -> session.end(code));
    return code.code();
  }

  private ExitCode tellingOfJobs() throws Exception {
    Optional<String> job =
        dryRun()
            ? Optional.empty()
            : Optional.ofNullable(invocation.environment().variables().get(JobNotices.SCHEDULED_AS))
                .or(this::job);
    if (job.isEmpty()) {
      return execute();
    }
    JobNotices telling = JobNotices.begin(invocation, job.get());
    notices = telling;
    try {
      ExitCode code = execute();
      // Whoever waits for the result has not got it: that is no success.
      boolean printed = !invocation.environment().out().checkError();
      telling.ended(code == ExitCode.DONE && !printed ? ExitCode.FAILED : code);
      return code;
    } catch (Exception | Error e) {
      telling.failed(e);
      throw e;
    }
  }

  /**
   * Which job this is, for whoever has to be told how it ended; nothing if it is none. What the
   * service runs always is.
   */
  Optional<String> job() {
    return Optional.empty();
  }

  /** Where the run of a job tells what it learns. */
  final Optional<JobNotices> notices() {
    return Optional.ofNullable(notices);
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

  /** The value of an option that is a time, such as {@code 5m}. */
  static Duration time(String option, String value) {
    try {
      return Durations.parse(value);
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, "%s: %s".formatted(option, e.getMessage()));
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
