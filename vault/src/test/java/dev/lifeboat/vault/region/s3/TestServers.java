package dev.lifeboat.vault.region.s3;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Directories, ports and processes of servers that tests start. */
final class TestServers {
  private TestServers() {}

  /** All directories of this JVM's servers are in one, which goes when the JVM does. */
  private static final class Root {
    private static final Path DIRECTORY = make();

    private static Path make() {
      try {
        Path directory = Files.createTempDirectory("lifeboat-servers");
        // Outlives a killed JVM by a moment, which a shutdown hook would not.
        Process keeper =
            new ProcessBuilder("sh", "-c", "cat >/dev/null; sleep 1; rm -rf \"$0\"", directory + "")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        KEEPERS.add(keeper);
        return directory;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Held, so that nobody closes their standard input while this JVM lives. */
  private static final List<Process> KEEPERS = new ArrayList<>();

  /** A new directory that is removed when this JVM ends, however it ends. */
  static Path directory(String prefix) {
    try {
      return Files.createTempDirectory(Root.DIRECTORY, prefix);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A port of the loopback interface that nobody listened on a moment ago. */
  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Runs a program to its end.
   *
   * @return what it wrote to standard output
   * @throws IllegalStateException if it is not there, or fails
   */
  static String run(List<String> command) {
    return run(command, Map.of());
  }

  static String run(List<String> command, Map<String, String> environment) {
    try {
      Path errors = Files.createTempFile("lifeboat-run", ".err");
      try {
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int code = process.waitFor();
        if (code != 0) {
          throw new IllegalStateException(
              "%s failed with exit code %d: %s".formatted(command, code, Files.readString(errors)));
        }
        return out;
      } finally {
        Files.deleteIfExists(errors);
      }
    } catch (IOException e) {
      throw missing(command.getFirst(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static IllegalStateException missing(String program, Exception cause) {
    return new IllegalStateException(
        "this test needs %s, which cannot be started; .ci/run installs what tests need"
            .formatted(program),
        cause);
  }

  /** Waits for a server to come up; generous, because two cores may be doing something else. */
  static void await(String what, BooleanSupplier up) {
    await(what, Duration.ofMinutes(2), up);
  }

  static void await(String what, Duration limit, BooleanSupplier up) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!up.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("no %s within %d s".formatted(what, limit.toSeconds()));
      }
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  /**
   * A server that ends with this JVM, even if that is killed: the shell in between waits for the
   * end of its standard input, which the kernel closes, and kills the server.
   */
  static final class Child implements AutoCloseable {
    private final Process shell;
    private final long pid;
    private final Path log;

    private Child(Process shell, long pid, Path log) {
      this.shell = shell;
      this.pid = pid;
      this.log = log;
    }

    static Child start(Path log, List<String> command) {
      List<String> wrapped =
          new ArrayList<>(
              List.of(
                  "sh",
                  "-c",
                  "log=$1; shift; \"$@\" >>\"$log\" 2>&1 & echo $!; exec >&-; cat >/dev/null; kill -KILL $!",
                  "sh",
                  log.toString()));
      wrapped.addAll(command);
      try {
        Process shell =
            new ProcessBuilder(wrapped).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        // Not closed: the rest of the shell's life goes without it.
        BufferedReader reader =
            new BufferedReader(
                new InputStreamReader(shell.getInputStream(), StandardCharsets.US_ASCII));
        String pid = reader.readLine();
        if (pid == null) {
          throw new IllegalStateException("no shell for " + command);
        }
        return new Child(shell, Long.parseLong(pid), log);
      } catch (IOException e) {
        throw missing(command.getFirst(), e);
      }
    }

    boolean alive() {
      try {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        return !stat.substring(stat.lastIndexOf(')') + 2).startsWith("Z");
      } catch (IOException e) {
        return false;
      }
    }

    /**
     * @throws IllegalStateException with the end of its log if it is dead
     */
    void requireAlive() {
      if (!alive()) {
        throw new IllegalStateException("it ended: " + tail());
      }
    }

    private String tail() {
      try {
        String all = Files.readString(log, StandardCharsets.ISO_8859_1);
        return all.substring(Math.max(0, all.length() - 2000));
      } catch (IOException e) {
        return "no log: " + e;
      }
    }

    /** For example {@code STOP}. */
    void signal(String name) {
      String _ = run(List.of("kill", "-" + name, Long.toString(pid)));
    }

    @Override
    public void close() {
      try {
        shell.getOutputStream().close();
        shell.waitFor();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
