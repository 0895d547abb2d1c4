package dev.lifeboat.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs commands in this process, in a directory of a test, and keeps what they print. */
final class TestEnvironment {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Map<String, String> variables = new HashMap<>(System.getenv());
  private final Path directory;
  private Optional<String> typed = Optional.empty();
  private Duration ahead = Duration.ZERO;

  TestEnvironment(Path directory) {
    this.directory = directory;
  }

  TestEnvironment with(String variable, String value) {
    variables.put(variable, value);
    return this;
  }

  /** What a person types when asked for a secret. */
  TestEnvironment typing(String secret) {
    typed = Optional.of(secret);
    return this;
  }

  /** From now on this machine's clock is ahead of that of the regions. */
  TestEnvironment ahead(Duration time) {
    ahead = time;
    return this;
  }

  ExitCode run(String... args) {
    out.reset();
    err.reset();
    return Main.run(environment(), args);
  }

  /**
   * Starts a command as a process of its own, in the same directory with the same variables.
   *
   * @param log where all that it prints goes
   */
  Process start(Path log, String... args) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(List.of(args));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(variables);
    return builder.start();
  }

  Environment environment() {
    return new Environment(
        variables,
        directory,
        Clock.offset(Clock.systemUTC(), ahead),
        new SecureRandom(),
        new PrintStream(out, false, StandardCharsets.UTF_8),
        new PrintStream(err, false, StandardCharsets.UTF_8),
        _ -> typed.map(String::toCharArray),
        false,
        false);
  }

  String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  String err() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
