package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.fence.Children;
import dev.lifeboat.sources.fence.FenceContext;
import dev.lifeboat.vault.Directories;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A server with a fresh data directory, reached through a socket in a directory that only its user
 * may enter; no TCP. PostgreSQL refuses to run as root: then it runs as user {@code postgres}.
 *
 * <p>Everything it makes is in one directory, shared memory included as far as PostgreSQL lets us
 * choose; what it needs of the system beside that it gives back when it is stopped by {@code
 * SIGQUIT}, whoever sends that.
 */
final class FencedServer implements TrialServer {
  private static final String SUPERUSER = "postgres";
  private static final int PORT = 5432;

  /** A socket's path has at most 107 bytes on Linux, and its name needs some. */
  private static final int LONGEST_DIRECTORY = 80;

  private static final Duration INITDB = Duration.ofMinutes(5);
  private static final Duration START = Duration.ofMinutes(2);
  private static final Duration STOP = Duration.ofSeconds(30);

  private final ServerPrograms programs;
  private final Children children;
  private final Path directory;
  private final Process process;
  private final Endpoint endpoint;

  private FencedServer(
      ServerPrograms programs, Children children, Path directory, Process process) {
    this.programs = programs;
    this.children = children;
    this.directory = directory;
    this.process = process;
    this.endpoint = endpoint(directory);
  }

  private static Endpoint endpoint(Path directory) {
    return new Endpoint(
        directory.toString(),
        PORT,
        SUPERUSER,
        Optional.of(SslMode.DISABLE),
        Optional.empty(),
        Optional.empty());
  }

  /** Makes and starts one. Fails without leaving anything behind that is not noted. */
  static FencedServer start(ServerPrograms programs, FenceContext context)
      throws SourceException, InterruptedException {
    List<String> asUser =
        isRoot()
            ? List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--")
            : List.of();
    Children children = context.children();
    Path directory = place(context);
    try {
      context.marks().directory(directory);
      Directories.make(directory);
      if (isRoot()) {
        require(children, List.of("chown", "postgres:postgres", directory.toString()));
      }
      List<String> initdb = new ArrayList<>(asUser);
      initdb.addAll(
          List.of(
              programs.binary("initdb"),
              "--pgdata=" + directory.resolve("data"),
              "--username=" + SUPERUSER,
              "--auth=trust",
              "--encoding=UTF8",
              "--locale=C.UTF-8",
              "--no-sync"));
      require(children, initdb);
      Process process = launch(programs, asUser, children, directory);
      FencedServer server = new FencedServer(programs, children, directory, process);
      try {
        server.awaitReady();
        return server;
      } catch (SourceException | InterruptedException e) {
        server.close();
        throw e;
      }
    } catch (IOException e) {
      remove(directory);
      throw new SourceException.Failed(
          "no PostgreSQL server could be started in %s: %s".formatted(directory, e.getMessage()),
          e);
    }
  }

  /** The directory given, unless another user or a socket could not get there. */
  private static Path place(FenceContext context) {
    Path own = context.directory().resolve("postgres");
    return isRoot() || own.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_DIRECTORY
        ? context.temporary().resolve("lifeboat-drill-" + context.name())
        : own;
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private static Process launch(
      ServerPrograms programs, List<String> asUser, Children children, Path directory)
      throws IOException {
    List<String> command = new ArrayList<>(asUser);
    command.addAll(
        List.of(
            programs.binary("postgres"),
            "-D",
            directory.resolve("data").toString(),
            "-c",
            "listen_addresses=",
            "-c",
            "port=" + PORT,
            "-c",
            "unix_socket_directories=" + directory,
            "-c",
            "unix_socket_permissions=0700",
            // In files of the data directory, which are gone with it.
            "-c",
            "dynamic_shared_memory_type=mmap",
            // What comes back may be large and is read once.
            "-c",
            "max_wal_size=4GB"));
    return children
        .builder(command)
        .directory(Path.of("/").toFile())
        .redirectErrorStream(true)
        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
        .redirectOutput(directory.resolve("log").toFile())
        .start();
  }

  private static void require(Children children, List<String> command)
      throws IOException, InterruptedException, SourceException.Failed {
    Children.Result result = children.run(command, INITDB);
    if (result.code() != 0) {
      String[] lines = result.output().strip().split("\n", -1);
      throw new IOException(
          "%s ended with %d: %s"
              .formatted(String.join(" ", command), result.code(), lines[lines.length - 1]));
    }
  }

  private void awaitReady() throws SourceException, InterruptedException {
    long until = System.nanoTime() + START.toNanos();
    while (true) {
      if (!process.isAlive()) {
        throw new SourceException.Failed(
            "the PostgreSQL server in %s ended at once: %s".formatted(directory, lastLine()), null);
      }
      try (Connection connection = endpoint.open("template1")) {
        if (connection.isValid(10)) {
          return;
        }
      } catch (SQLException e) {
        if (System.nanoTime() > until) {
          throw new SourceException.Failed(
              "the PostgreSQL server in %s does not answer: %s"
                  .formatted(directory, e.getMessage()),
              e);
        }
      }
      Thread.sleep(50);
    }
  }

  private String lastLine() {
    try {
      List<String> lines = Files.readAllLines(directory.resolve("log"));
      return lines.isEmpty() ? "it said nothing" : lines.getLast();
    } catch (IOException e) {
      return "its log cannot be read";
    }
  }

  @Override
  public URI target() {
    return URI.create(
        "postgres://%s@/?host=%s&port=%d"
            .formatted(
                SUPERUSER,
                URLEncoder.encode(directory.toString(), StandardCharsets.UTF_8).replace("+", "%20"),
                PORT));
  }

  @Override
  public Optional<Secret> password() {
    return Optional.empty();
  }

  @Override
  public Endpoint endpoint() {
    return endpoint;
  }

  @Override
  public String version() {
    return programs.version();
  }

  @Override
  public SortedMap<String, String> isolation() {
    return new TreeMap<>(
        Map.of(
            "postgresql",
            "a server of the drill's own in %s, socket with mode 0700, no TCP".formatted(directory),
            "network of postgresql",
            children.network()));
  }

  @Override
  public Optional<Children.Result> run(
      String program, String database, List<String> arguments, Duration patience)
      throws IOException, InterruptedException {
    if (!programs.has(program)) {
      return Optional.empty();
    }
    List<String> command = new ArrayList<>();
    command.add(programs.binary(program));
    command.addAll(
        List.of(
            "--host=" + directory, "--port=" + PORT, "--username=" + SUPERUSER, "--no-password"));
    command.addAll(arguments);
    return Optional.of(children.with("PGDATABASE", database).run(command, patience));
  }

  /** Stops it at once, and removes everything. */
  @Override
  public void close() throws SourceException.Failed {
    try {
      if (process.isAlive()) {
        children.run(
            List.of("kill", "-QUIT", Long.toString(process.pid())), Duration.ofSeconds(10));
        if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
          process.descendants().forEach(ProcessHandle::destroyForcibly);
          process.destroyForcibly().waitFor();
        }
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    remove(directory);
    if (process.isAlive() || Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      throw new SourceException.Failed(
          "the PostgreSQL server in %s is not gone (process %d)"
              .formatted(directory, process.pid()),
          null);
    }
  }

  private static void remove(Path directory) throws SourceException.Failed {
    IOException last = null;
    // A server that was killed hard has children that write for a moment longer.
    for (int i = 0; i < 20; i++) {
      try {
        Directories.delete(directory);
        return;
      } catch (IOException e) {
        last = e;
      }
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    throw new SourceException.Failed("%s cannot be removed: %s".formatted(directory, last), last);
  }
}
