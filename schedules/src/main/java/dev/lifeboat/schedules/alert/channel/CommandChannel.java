package dev.lifeboat.schedules.alert.channel;

import dev.lifeboat.schedules.alert.AlertFields;
import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import dev.lifeboat.schedules.alert.Notice;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Starts a program, no shell, and writes {@linkplain AlertFields the alerts as JSON} to its
 * standard input. It has taken them when it ends with 0. Of the environment it gets where programs
 * and its home are, and nothing that may be a secret; what it prints is thrown away.
 */
public final class CommandChannel implements Channel {
  private static final Set<String> PASSED = Set.of("PATH", "HOME", "LANG", "LC_ALL", "TZ");

  private final ChannelSettings settings;
  private final List<String> command;
  private final Map<String, String> variables;
  private final Duration timeout;

  /**
   * @param command the program and its arguments
   * @param variables of this process
   */
  public CommandChannel(
      ChannelSettings settings,
      List<String> command,
      Map<String, String> variables,
      Duration timeout) {
    this.settings = settings;
    this.command = List.copyOf(command);
    this.variables = Map.copyOf(variables);
    this.timeout = timeout;
    if (command.isEmpty()) {
      throw new IllegalArgumentException("run: there is no program");
    }
  }

  @Override
  public boolean groups() {
    return true;
  }

  @Override
  public boolean keepsState() {
    return false;
  }

  @Override
  public Delivery send(List<Notice> notices, Instant now) throws InterruptedException {
    byte[] body =
        Payload.json(AlertFields.message(settings.from(), notices, now, settings.details()));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().clear();
    PASSED.forEach(name -> {
      String value = variables.get(name);
      if (value != null) {
        builder.environment().put(name, value);
      }
    });
    String name = command.getFirst();
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      return new Delivery.Refused("%s cannot be started: %s".formatted(name, e.getMessage()));
    }
    try {
      // It need not read, and may not: writing must not wait for it longer than for its end.
      Thread writer = Thread.ofVirtual().start(() -> write(process, body));
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        return new Delivery.Unreachable(
            "%s did not end within %d s".formatted(name, timeout.toSeconds()), Optional.empty());
      }
      boolean _ = writer.join(Duration.ofSeconds(1));
      return process.exitValue() == 0
          ? new Delivery.Taken()
          : new Delivery.Unreachable(
              "%s ended with exit code %d".formatted(name, process.exitValue()), Optional.empty());
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static void write(Process process, byte[] body) {
    try (OutputStream out = process.getOutputStream()) {
      out.write(body);
    } catch (IOException e) {
      // It ended without reading everything: its exit code says whether that was meant.
    }
  }
}
