package dev.lifeboat.sources.postgres;

import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * A running program of PostgreSQL. Its output ends only when the program has ended well: whoever
 * reads to the end has everything, or an exception.
 */
final class Subprocess implements AutoCloseable {
  private static final int STDERR_KEPT_BYTES = 16 << 10;

  private final String name;
  private final Process process;
  private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
  private final Thread stderrReader;

  private Subprocess(String name, Process process) {
    this.name = name;
    this.process = process;
    // Somebody must read it, or a talkative program blocks for ever.
    this.stderrReader = Thread.ofVirtual().name(name + " stderr").start(this::readErrors);
  }

  /**
   * Where programs, libraries, certificates, tickets and temporary files are, and the time zone.
   */
  private static final Pattern KEPT =
      Pattern.compile(
          "PATH|HOME|USER|LOGNAME|TZ|TZDIR|TMPDIR|LD_LIBRARY_PATH|OPENSSL_CONF|SSL_CERT_(FILE|DIR)|KRB5.*");

  /**
   * Starts a program.
   *
   * @param environment in addition to what a program needs of ours to run at all: secrets of ours,
   *     and settings of PostgreSQL's that are not meant for this server, stay here
   */
  static Subprocess start(Path binary, List<String> arguments, Map<String, String> environment)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(binary.toString());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder();
    builder.environment().keySet().removeIf(key -> !KEPT.matcher(key).matches());
    // Messages that can be searched, and bytes that nobody interprets.
    builder.environment().put("LC_ALL", "C");
    boolean plain =
        command.stream().allMatch(Names::isAscii)
            && environment.values().stream().allMatch(Names::isAscii);
    if (plain) {
      builder.environment().putAll(environment);
      builder.command(command);
    } else {
      escape(builder, command, environment);
    }
    return new Subprocess(String.valueOf(binary.getFileName()), builder.start());
  }

  /**
   * Java passes arguments and environment in the encoding of the locale, and turns what that lacks
   * into question marks: under {@code LANG=C} everything that is not ASCII. So a shell puts the
   * bytes together from octal numbers; in variables, because a password may be among them and
   * arguments can be seen by everybody.
   */
  private static void escape(
      ProcessBuilder builder, List<String> command, Map<String, String> environment) {
    StringBuilder script = new StringBuilder();
    int[] count = {0};
    environment.forEach((key, value) -> {
      String variable = "LIFEBOAT_" + count[0]++;
      builder.environment().put(variable, octal(value));
      // The x keeps trailing newlines, which $(…) would drop.
      script.append(
          "%s=$(printf \"${%s}x\"); %s=${%s%%x}; export %s; unset %s\n"
              .formatted(key, variable, key, key, key, variable));
    });
    StringBuilder exec = new StringBuilder("exec");
    for (String argument : command) {
      String variable = "LIFEBOAT_" + count[0]++;
      builder.environment().put(variable, octal(argument));
      String local = "a" + count[0];
      script.append(
          "%s=$(printf \"${%s}x\"); %s=${%s%%x}; unset %s\n"
              .formatted(local, variable, local, local, variable));
      exec.append(" \"$").append(local).append('"');
    }
    builder.command("/bin/sh", "-c", script.append(exec).toString());
  }

  private static String octal(String text) {
    StringBuilder out = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      out.append("\\%03o".formatted(b & 0xff));
    }
    return out.toString();
  }

  private void readErrors() {
    byte[] buffer = new byte[4096];
    try (InputStream errors = process.getErrorStream()) {
      for (int read = errors.read(buffer); read >= 0; read = errors.read(buffer)) {
        synchronized (stderr) {
          if (stderr.size() < STDERR_KEPT_BYTES) {
            stderr.write(buffer, 0, read);
          }
        }
      }
    } catch (IOException e) {
      synchronized (stderr) {
        stderr.writeBytes(e.toString().getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  /** What it said on standard error; complete once {@link #finish} has returned. */
  String errors() {
    synchronized (stderr) {
      return stderr.toString(StandardCharsets.UTF_8).strip();
    }
  }

  /** Its standard output, ending only after exit code 0; {@link ToolFailed} otherwise. */
  InputStream output() {
    return new FilterInputStream(process.getInputStream()) {
      @Override
      public int read() throws IOException {
        int value = in.read();
        if (value < 0) {
          finishUninterrupted();
        }
        return value;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        int read = in.read(bytes, offset, length);
        if (read < 0) {
          finishUninterrupted();
        }
        return read;
      }

      @Override
      public long skip(long count) throws IOException {
        return readNBytes((int) Math.min(count, 1 << 16)).length;
      }
    };
  }

  OutputStream input() {
    return process.getOutputStream();
  }

  private void finishUninterrupted() throws IOException {
    try {
      finish();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(name + " was waited for when the run was stopped", e);
    }
  }

  /**
   * Waits for its end.
   *
   * @throws ToolFailed on any exit code but 0
   */
  void finish() throws ToolFailed, InterruptedException {
    int code = process.waitFor();
    stderrReader.join();
    if (code != 0) {
      throw new ToolFailed("%s ended with exit code %d: %s".formatted(name, code, errors()));
    }
  }

  /** Ends it if it still runs. */
  @Override
  public void close() {
    if (process.isAlive()) {
      process.destroy();
      try {
        if (!process.waitFor(5, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }
}
