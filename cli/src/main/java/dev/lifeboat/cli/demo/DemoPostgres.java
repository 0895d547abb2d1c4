package dev.lifeboat.cli.demo;

import dev.lifeboat.vault.Directories;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A PostgreSQL server of the demo's own, on a free port of the loopback interface, gone when
 * closed. PostgreSQL refuses to run as root: then it runs as the user {@code postgres}.
 */
final class DemoPostgres implements AutoCloseable {
  private static final Path INSTALLED = Path.of("/usr/lib/postgresql");
  private static final long PATIENCE_SECONDS = 60;

  private final Path binaries;
  private final List<String> asUser;
  private final Path data;
  private final int port;

  private DemoPostgres(Path binaries, List<String> asUser, Path data, int port) {
    this.binaries = binaries;
    this.asUser = asUser;
    this.data = data;
    this.port = port;
  }

  /**
   * Starts a fresh server.
   *
   * @param root whether this process is root
   * @return empty if this machine has no PostgreSQL that could be started
   */
  static Optional<DemoPostgres> start(boolean root) throws IOException, InterruptedException {
    Optional<Path> binaries = binaries();
    List<String> asUser =
        root
            ? List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
            : List.of();
    if (binaries.isEmpty() || (root && !succeeds(List.of("id", "postgres")))) {
      return Optional.empty();
    }
    Path data = Files.createTempDirectory("lifeboat-demo-postgres-");
    if (root) {
      succeeds(List.of("chown", "postgres:postgres", data.toString()));
    }
    DemoPostgres server = new DemoPostgres(binaries.get(), asUser, data, freePort());
    if (server.run(
            "initdb",
            "-D",
            data + "/db",
            "-U",
            "postgres",
            "--auth=trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8")
        && server.run(
            "pg_ctl",
            "-D",
            data + "/db",
            "-w",
            "-l",
            data + "/log",
            "-o",
            "-c listen_addresses=127.0.0.1 -c port=%d -c unix_socket_directories=%s -c fsync=off"
                .formatted(server.port, data),
            "start")) {
      return Optional.of(server);
    }
    server.close();
    return Optional.empty();
  }

  private static Optional<Path> binaries() throws IOException {
    if (!Files.isDirectory(INSTALLED)) {
      return Optional.empty();
    }
    try (Stream<Path> versions = Files.list(INSTALLED)) {
      return versions
          .map(version -> version.resolve("bin"))
          .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
          .max(Comparator.naturalOrder());
    }
  }

  int port() {
    return port;
  }

  /** JDBC address of a database. */
  String url(String database) {
    return "jdbc:postgresql://127.0.0.1:%d/%s?sslmode=disable".formatted(port, database);
  }

  boolean createDatabase(String name) throws IOException, InterruptedException {
    return run("createdb", "-h", "127.0.0.1", "-p", Integer.toString(port), "-U", "postgres", name);
  }

  private boolean run(String tool, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(asUser);
    command.add(binaries.resolve(tool).toString());
    command.addAll(List.of(arguments));
    return succeeds(command);
  }

  private static boolean succeeds(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .directory(Path.of("/").toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      return false;
    }
    return process.exitValue() == 0;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Stops the server at once and removes its data. */
  @Override
  public void close() throws IOException {
    try {
      run("pg_ctl", "-D", data + "/db", "-m", "immediate", "-w", "stop");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Directories.delete(data);
  }
}
