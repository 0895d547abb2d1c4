package dev.lifeboat.cli;

import dev.lifeboat.cli.output.JsonLog;
import dev.lifeboat.cli.output.LogFormat;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.ConsoleHandler;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code lifeboat} command. */
public final class Main {
  /** How long an interrupted command may take to stop in order. */
  private static volatile Duration grace = Duration.ofSeconds(20);

  private Main() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    String[] words = RawArguments.of(args);
    Environment process = Environment.ofProcess();
    boolean json = LogFormat.isJson(words, process.variables());
    Environment environment =
        json ? process.withLog(new JsonLog(process.err(), process.clock(), Map.of())) : process;
    quietLibraries();
    if (json) {
      JsonLog.formatLibraries(environment.clock());
    }
    Thread worker = Thread.currentThread();
    AtomicReference<@Nullable ExitCode> ended = new AtomicReference<>();
    AtomicBoolean stopping = new AtomicBoolean();
    // Ctrl-C and a polite kill arrive as a shutdown: the command is told by an interrupt, and the
    // exit code becomes ours instead of the signal's.
    Thread hook =
        new Thread(() -> {
          stopping.set(true);
          if (ended.get() == null) {
            worker.interrupt();
            waitFor(worker);
            environment.out().flush();
            environment.err().println("lifeboat: interrupted");
            environment.err().flush();
            Runtime.getRuntime().halt(ExitCode.INTERRUPTED.code());
          }
        });
    Runtime.getRuntime().addShutdownHook(hook);
    ExitCode code = run(environment, words);
    environment.out().flush();
    environment.err().flush();
    ended.set(code);
    // While the hook waits for this thread, an exit would wait for the hook.
    if (!stopping.get()) {
      System.exit(code.code());
    }
  }

  /** Gives this process another time to stop in order when it is told to. */
  public static void stopWithin(Duration time) {
    grace = time;
  }

  /** Runs one command. Never throws. */
  public static ExitCode run(Environment environment, String... args) {
    Invocation invocation = new Invocation(environment);
    if (LogFormat.isJson(args, environment.variables())) {
      invocation.logJson();
    }
    CommandLine line = commandLine(invocation, args);
    try {
      int code = line.execute(args);
      environment.out().flush();
      if (environment.out().checkError()) {
        return report(
            invocation,
            new Failure(ExitCode.FAILED, "standard output was closed or its disk is full"));
      }
      return ExitCode.of(code);
    } finally {
      environment.err().flush();
    }
  }

  /** The command with those subcommands that the arguments can mean; without any, with all. */
  static CommandLine commandLine(Invocation invocation, String... args) {
    CommandLine line = new CommandLine(invocation.options(), invocation);
    for (Class<?> command : LifeboatCommand.commands(args)) {
      line.addSubcommand(new CommandLine(command, invocation));
    }
    line.setOut(new PrintWriter(invocation.environment().out(), true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(invocation.environment().err(), true, StandardCharsets.UTF_8));
    line.setUsageHelpAutoWidth(false);
    line.setUsageHelpWidth(100);
    line.setColorScheme(
        CommandLine.Help.defaultColorScheme(
            invocation.environment().outIsTerminal()
                ? CommandLine.Help.Ansi.ON
                : CommandLine.Help.Ansi.OFF));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExpandAtFiles(false);
    line.setParameterExceptionHandler(Main::refuseArguments);
    line.setExecutionExceptionHandler((thrown, _, _) -> report(invocation, thrown).code());
    return line;
  }

  private static int refuseArguments(ParameterException refused, String[] args) {
    CommandLine at = refused.getCommandLine();
    PrintWriter err = at.getErr();
    err.println("lifeboat: " + refused.getMessage());
    UnmatchedArgumentException.printSuggestions(refused, err);
    err.println("See: " + at.getCommandSpec().qualifiedName() + " --help");
    err.flush();
    return ExitCode.USAGE.code();
  }

  private static ExitCode report(Invocation invocation, Throwable thrown) {
    ExitCode code = report(invocation, Failure.of(thrown));
    if (invocation.options().debug()) {
      thrown.printStackTrace(invocation.environment().err());
    }
    return code;
  }

  private static ExitCode report(Invocation invocation, Failure failure) {
    invocation.environment().err().println("lifeboat: " + failure.message());
    return failure.code();
  }

  private static void waitFor(Thread worker) {
    try {
      worker.join(grace.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Libraries report warnings, on standard error, in one line each. */
  public static void quietLibraries() {
    if (System.getProperty("java.util.logging.config.file") != null) {
      return;
    }
    System.setProperty("java.util.logging.SimpleFormatter.format", "%4$s %3$s: %5$s%6$s%n");
    Logger root = Logger.getLogger("");
    root.setLevel(Level.WARNING);
    for (var handler : root.getHandlers()) {
      if (handler instanceof ConsoleHandler) {
        handler.setLevel(Level.WARNING);
      }
    }
  }
}
