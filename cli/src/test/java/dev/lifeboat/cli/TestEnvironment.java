package dev.lifeboat.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
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
