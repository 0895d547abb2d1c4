package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A PostgreSQL server of its own: a fresh cluster in a temporary directory, a private socket, a
 * free port of the loopback interface, nothing synced. Passwords are asked for over TCP; the socket
 * trusts. Closing stops it and deletes everything.
 *
 * <p>Needs the package postgresql-15 (or any later one). As root it runs as user postgres.
 */
public final class PostgresServer implements AutoCloseable {
  public static final String SUPERUSER = "postgres";
  public static final String PASSWORD = "correct horse 'battery' \\ stäple";

  private final Path binaries;
  private final Path directory;
  private final int port;
  private Process process;

  private PostgresServer(Path binaries, Path directory, int port, Process process) {
    this.binaries = binaries;
    this.directory = directory;
    this.port = port;
    this.process = process;
  }

  /** Makes and starts one. */
  public static PostgresServer start(String... settings) throws IOException, InterruptedException {
    Path binaries = findBinaries();
    Path directory = Files.createTempDirectory("lifeboat-pg");
    Path passwordFile = directory.resolve("password");
    Files.writeString(passwordFile, PASSWORD + "\n");
    if (isRoot()) {
      run(List.of("chown", "-R", SUPERUSER, directory.toString()));
    }
    Path data = directory.resolve("data");
    List<String> initdb = new ArrayList<>(asPostgres());
    initdb.addAll(
        List.of(
            binaries.resolve("initdb").toString(),
            "--pgdata=" + data,
            "--username=" + SUPERUSER,
            "--pwfile=" + passwordFile,
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "--no-instructions"));
    run(initdb);
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    StringBuilder conf = new StringBuilder();
    conf.append("listen_addresses = '127.0.0.1'\nport = ").append(port);
    conf.append("\nunix_socket_directories = '").append(directory).append("'\n");
    conf.append("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n");
    conf.append("max_connections = 60\nshared_buffers = 64MB\nmax_wal_size = 2GB\n");
    conf.append("autovacuum = off\nlogging_collector = off\n");
    for (String setting : settings) {
      conf.append(setting).append('\n');
    }
    Files.writeString(
        data.resolve("postgresql.conf"), conf, java.nio.file.StandardOpenOption.APPEND);
    PostgresServer server =
        new PostgresServer(binaries, directory, port, launch(binaries, directory));
    // A test run that is stopped must not leave it behind.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> server.process.destroyForcibly()));
    server.awaitReady();
    return server;
  }

  private static Process launch(Path binaries, Path directory) throws IOException {
    List<String> command = new ArrayList<>(asPostgres());
    if (command.isEmpty()) {
      command.add("setpriv");
    }
    // A test run that is killed outright must not leave it behind: the kernel stops it at once when
    // the thread that started it ends, which is the one that runs the tests.
    command.add("--pdeathsig=QUIT");
    command.addAll(List.of(binaries.resolve("postgres").toString(), "-D", directory + "/data"));
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.redirectErrorStream(true).redirectOutput(directory.resolve("server.log").toFile());
    return builder.start();
  }

  private static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  private static List<String> asPostgres() {
    return isRoot()
        ? List.of("setpriv", "--reuid=" + SUPERUSER, "--regid=" + SUPERUSER, "--init-groups")
        : List.of();
  }

  private static Path findBinaries() throws IOException {
    try (DirectoryStream<Path> versions =
        Files.newDirectoryStream(Path.of("/usr/lib/postgresql"))) {
      List<Path> found = new ArrayList<>();
      versions.forEach(version -> found.add(version.resolve("bin")));
      return found.stream()
          .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
          .max(Comparator.naturalOrder())
          .orElseThrow(() -> new IOException("install the package postgresql-15"));
    }
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + output);
    }
  }

  private void awaitReady() throws IOException, InterruptedException {
    SQLException last = null;
    for (int i = 0; i < 1200 && process.isAlive(); i++) {
      try {
        sql(SUPERUSER, "SELECT 1");
        return;
      } catch (SQLException e) {
        last = e;
        Thread.sleep(100);
      }
    }
    throw new IOException(
        "the server did not start: " + Files.readString(directory.resolve("server.log")), last);
  }

  public String host() {
    return "127.0.0.1";
  }

  public int port() {
    return port;
  }

  /** The directory of its Unix socket. */
  public Path socketDirectory() {
    return directory;
  }

  /** Where its own programs are. */
  public Path binaries() {
    return binaries;
  }

  /** A new secret with the superuser's password. */
  public Secret password() {
    return new Secret(PASSWORD.toCharArray());
  }

  /** All its databases, by TCP as the superuser. */
  public PostgresSettings settings() {
    return PostgresSettings.of(host(), port, SUPERUSER);
  }

  public PostgresSource source(PostgresSettings settings) {
    return new PostgresSource(settings, Optional.of(password()));
  }

  /** As a target, by TCP as the superuser. */
  public URI uri() {
    return URI.create("postgres://%s@%s:%d/".formatted(SUPERUSER, host(), port));
  }

  /** A session of the superuser, without Lifeboat's own way of connecting. */
  public Connection connect(String database) throws SQLException {
    return connect(database, SUPERUSER, PASSWORD);
  }

  public Connection connect(String database, String user, String password) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    return DriverManager.getConnection(
        "jdbc:postgresql://%s:%d/%s"
            .formatted(
                host(),
                port,
                java.net.URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20")),
        properties);
  }

  /** Runs statements, each on its own. */
  public void sql(String database, String... statements) throws SQLException {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** The first column of the first row. */
  public String query(String database, String sql) throws SQLException {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return String.valueOf(rows.getString(1));
    }
  }

  /** Starts one of its programs, connected through the socket. */
  public Process program(String name, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(binaries.resolve(name).toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("PGHOST", directory.toString());
    builder.environment().put("PGPORT", Integer.toString(port));
    builder.environment().put("PGUSER", SUPERUSER);
    Process started = builder.start();
    started.getOutputStream().close();
    return started;
  }

  /** Runs one of its programs and returns what it says; fails if it does. */
  public String run(String name, String... arguments) throws IOException, InterruptedException {
    Process started = program(name, arguments);
    String output = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (started.waitFor() != 0) {
      throw new IOException(name + ": " + output);
    }
    return output;
  }

  /** What {@code pg_dump} says of a database, without what differs from run to run. */
  public String dump(String database) throws IOException, InterruptedException {
    Map<String, String> environment =
        Map.of(
            "PGHOST",
            directory.toString(),
            "PGPORT",
            Integer.toString(port),
            "PGUSER",
            SUPERUSER,
            "PGDATABASE",
            database);
    try (Subprocess dump =
        Subprocess.start(binaries.resolve("pg_dump"), List.of("--create"), environment)) {
      dump.input().close();
      return new String(dump.output().readAllBytes(), StandardCharsets.UTF_8)
          .replaceAll("(?m)^\\\\(un)?restrict .*$", "");
    }
  }

  /** Ends all its processes at once, as a power failure would. */
  public void kill() throws InterruptedException {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().waitFor();
  }

  /** Starts it again after {@link #kill}. */
  public void startAgain() throws IOException, InterruptedException {
    process = launch(binaries, directory);
    awaitReady();
  }

  @Override
  public void close() throws IOException {
    try {
      if (process.isAlive()) {
        // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for clients.
        run(List.of("kill", "-INT", Long.toString(process.pid())));
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
          kill();
        }
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
