package dev.lifeboat.jobs;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;

/**
 * A process that owns something, told apart from a later one with the same pid by when it started.
 *
 * @param started when the process started
 */
public record ProcessOwner(long pid, Instant started, String host) {
  /** Start times are derived from the boot time, which moves when the clock is set. */
  private static final Duration TOLERANCE = Duration.ofSeconds(5);

  /** This process. */
  public static ProcessOwner self() {
    ProcessHandle self = ProcessHandle.current();
    return new ProcessOwner(self.pid(), started(self), hostName());
  }

  /** Whether it runs on this host and is another process than this one. */
  boolean isAnotherAlive() {
    return pid != ProcessHandle.current().pid() && isAlive();
  }

  /** Whether it is, or was, a process of the host that asks. */
  public boolean isOfThisHost() {
    return host.equals(hostName());
  }

  /** Whether it runs on the host that asks, no matter whether it is the one that asks. */
  public boolean isAlive() {
    if (!isOfThisHost()) {
      return false;
    }
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .map(process -> Duration.between(started(process), started).abs())
        .filter(difference -> difference.compareTo(TOLERANCE) <= 0)
        .isPresent();
  }

  /** For a lock file or a job parameter; {@link #parse} reads it. */
  String format() {
    return "pid=%d\nstarted=%s\nhost=%s\n".formatted(pid, started, host);
  }

  static Optional<ProcessOwner> parse(String text) {
    try {
      Properties lines = new Properties();
      lines.load(new StringReader(text));
      if (!lines.stringPropertyNames().containsAll(Set.of("pid", "started", "host"))) {
        return Optional.empty();
      }
      return Optional.of(
          new ProcessOwner(
              Long.parseLong(lines.getProperty("pid")),
              Instant.parse(lines.getProperty("started")),
              lines.getProperty("host")));
    } catch (IOException | NumberFormatException | DateTimeException e) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return "pid %d on %s".formatted(pid, host);
  }

  private static Instant started(ProcessHandle process) {
    return process.info().startInstant().orElse(Instant.EPOCH);
  }

  /** Without asking a name server. */
  private static String hostName() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname"), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read this host's name", e);
    }
  }
}
