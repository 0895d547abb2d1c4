package dev.lifeboat.cli;

import dev.lifeboat.cli.output.JsonLog;
import dev.lifeboat.cli.output.LogFormat;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a command has of the world around it: the only place that time, randomness, environment
 * variables and the terminal come from.
 *
 * @param directory the working directory
 * @param out for results: what {@code --json} promises goes here and nothing else does
 * @param err for everything else
 * @param outIsTerminal whether a person looks at {@code out}
 * @param errIsTerminal whether a person looks at {@code err}
 */
public record Environment(
    Map<String, String> variables,
    Path directory,
    Clock clock,
    SecureRandom random,
    PrintStream out,
    PrintStream err,
    Prompt prompt,
    boolean outIsTerminal,
    boolean errIsTerminal) {

  /** Asks a person. */
  @FunctionalInterface
  public interface Prompt {
    /** The answer, typed without echo and wiped by the caller; nothing if there is no terminal. */
    Optional<char[]> secret(String question);
  }

  /** Says what somebody has to know also if he asked for quiet. */
  public void warn(String line) {
    err.println("lifeboat: " + line);
    err.flush();
  }

  /** As this machine calls itself. */
  public static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "a host without a name";
    }
  }

  /** The same with another place for results, which nobody looks at as a terminal. */
  public Environment withOut(PrintStream other) {
    return new Environment(
        variables, directory, clock, random, other, err, prompt, false, errIsTerminal);
  }

  /**
   * The same with messages as JSON, which nobody looks at as a terminal, in commands inside too.
   */
  public Environment withLog(JsonLog log) {
    Map<String, String> more = new HashMap<>(variables);
    more.put(LogFormat.VARIABLE, LogFormat.JSON.name());
    return new Environment(
        Map.copyOf(more), directory, clock, random, out, log, prompt, outIsTerminal, false);
  }

  /** The same with nobody there who could be asked. */
  public Environment unattended() {
    return new Environment(
        variables, directory, clock, random, out, err, _ -> Optional.empty(), false, false);
  }

  /** The same with one more variable, and other places for what is printed. */
  public Environment with(String variable, String value, PrintStream toOut, PrintStream toErr) {
    Map<String, String> more = new HashMap<>(variables);
    more.put(variable, value);
    return new Environment(
        Map.copyOf(more),
        directory,
        clock,
        random,
        toOut,
        toErr,
        prompt,
        outIsTerminal,
        errIsTerminal);
  }

  /** That of this process. Output is UTF-8 whatever the locale says. */
  public static Environment ofProcess() {
    return new Environment(
        System.getenv(),
        Path.of("").toAbsolutePath(),
        Clock.systemUTC(),
        new SecureRandom(),
        stream(FileDescriptor.out),
        stream(FileDescriptor.err),
        Environment::ask,
        isTerminal(1),
        isTerminal(2));
  }

  private static PrintStream stream(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), false, StandardCharsets.UTF_8);
  }

  private static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }

  // JDK 25 returns null again where there is no terminal, which the check does not know.
  @SuppressWarnings("SystemConsoleNull")
  private static Optional<char[]> ask(String question) {
    Console console = System.console();
    if (console == null || !console.isTerminal()) {
      return Optional.empty();
    }
    return Optional.ofNullable(console.readPassword("%s: ", question));
  }
}
