package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.Source;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.Problem;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Captures the databases of a PostgreSQL server: {@code globals.sql}, and a directory below {@code
 * databases} for each, see {@link DatabaseCapture}.
 *
 * <p>Each database is of one instant, the same for its rows, its definitions and its expectations;
 * two databases are of two instants, as PostgreSQL has none in common for them.
 */
public final class PostgresSource implements Source {
  /** Under which a snapshot has the version of its server. */
  static final String SERVER = "postgresql";

  /** Under which it has the identifier that the server's data have had since they were made. */
  public static final String SYSTEM = "postgresql-system";

  public static final String KIND = "postgres";

  static final String GLOBALS = "globals.sql";
  static final String DATABASES = "databases";

  private static final int LOCK_ATTEMPTS = 3;
  private static final int ROLE_ATTEMPTS = 3;

  private final PostgresSettings settings;
  private final Endpoint endpoint;

  /** Borrows the password: the caller closes it when the source is done with. */
  public PostgresSource(PostgresSettings settings, Optional<Secret> password) {
    this.settings = settings;
    this.endpoint =
        new Endpoint(
            settings.host(),
            settings.port(),
            settings.user(),
            settings.sslMode(),
            settings.sslRootCertificate(),
            password);
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Captured capture(CaptureContext context) throws SourceException, InterruptedException {
    Instant time = context.clock().instant();
    SortedMap<String, String> facts = new TreeMap<>();
    SortedMap<String, String> limits = new TreeMap<>();
    List<Problem> problems = new ArrayList<>();
    SortedMap<String, String> versions = new TreeMap<>();
    List<String> databases;
    Tools tools;
    Node.File globals;
    try (Connection connection = endpoint.open(settings.maintenanceDatabase())) {
      int major = ServerFacts.major(connection);
      String version = SharedSnapshot.single(connection, "SHOW server_version");
      tools =
          Tools.find(
              settings.binaries(),
              major,
              "the server (%s, version %s)".formatted(endpoint, version));
      versions.put(SERVER, version);
      versions.put(SYSTEM, ServerFacts.system(connection));
      versions.put("pg_dump", tools.version());
      versions.put("postgresql-jdbc", org.postgresql.util.DriverInfo.DRIVER_VERSION);
      databases = databases(connection, problems, limits);
      globals = globals(connection, tools, context, facts, limits);
    } catch (SQLException e) {
      throw endpoint.unreachable(settings.maintenanceDatabase(), e);
    }
    List<Node> directories = new ArrayList<>();
    long files = 1;
    long directoryCount = 2;
    long bytes = globals.bytes();
    for (String database : databases) {
      Optional<DatabaseCapture.Result> result = capture(database, tools, context, problems);
      if (result.isPresent()) {
        directories.add(result.get().directory());
        facts.putAll(result.get().facts().facts());
        limits.putAll(result.get().facts().limits());
        files += result.get().files();
        directoryCount += result.get().directories();
        bytes += result.get().bytes();
      }
    }
    if (directories.isEmpty()) {
      throw new SourceException.Failed(
          "%s: no database could be captured%s"
              .formatted(
                  endpoint,
                  problems.isEmpty()
                      ? ""
                      : "; first: %s: %s"
                          .formatted(problems.getFirst().subject(), problems.getFirst().detail())),
          null);
    }
    Content root =
        context
            .sink()
            .storeDirectory(
                List.of(
                    globals,
                    new Node.Directory(
                        Name.of(DATABASES),
                        Attributes.synthetic(0700),
                        context.sink().storeDirectory(directories))));
    return new Captured(
        time,
        Attributes.synthetic(0700),
        root,
        new Captured.Counts(files, directoryCount, 0, bytes, 0, 0, 0, bytes),
        new Expectations(KIND, DatabaseFacts.VERSION, facts, limits),
        problems,
        versions);
  }

  /** The databases to capture; those that should be and cannot are problems. */
  private List<String> databases(
      Connection connection, List<Problem> problems, SortedMap<String, String> limits)
      throws SQLException {
    List<String> databases = new ArrayList<>();
    List<String> wanted = new ArrayList<>(settings.databases());
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT datname, datallowconn AND datconnlimit <> -2, datname = 'template1'"
                    + " FROM pg_database WHERE datname <> 'template0' ORDER BY datname")) {
      while (rows.next()) {
        String name = rows.getString(1);
        if (!settings.databases().isEmpty()) {
          if (!wanted.remove(name)) {
            continue;
          }
        } else if (rows.getBoolean(3)) {
          limits.put(
              DatabaseFacts.prefix(name),
              "the template of new databases is captured only when it is named");
          continue;
        }
        if (rows.getBoolean(2)) {
          databases.add(name);
        } else {
          problems.add(
              new Problem(
                  name,
                  Problem.Kind.UNREADABLE,
                  "the database allows no connections; allow them or name the databases to capture"));
        }
      }
    }
    for (String name : wanted) {
      problems.add(
          new Problem(name, Problem.Kind.UNREADABLE, "there is no such database on " + endpoint));
    }
    return databases;
  }

  private Node.File globals(
      Connection connection,
      Tools tools,
      CaptureContext context,
      SortedMap<String, String> facts,
      SortedMap<String, String> limits)
      throws SQLException, SourceException, InterruptedException {
    context.progress().at("dumping " + GLOBALS);
    boolean superuser = ServerFacts.isSuperuser(connection);
    List<String> arguments = new ArrayList<>();
    arguments.add("--globals-only");
    arguments.add("--no-password");
    arguments.add("--database=" + settings.maintenanceDatabase());
    if (!superuser) {
      arguments.add("--no-role-passwords");
    }
    SortedMap<String, String> before = ServerFacts.roles(connection, superuser, limits);
    for (int attempt = 1; ; attempt++) {
      Content content;
      try (Subprocess program =
          Subprocess.start(
              tools.binary("pg_dumpall"),
              arguments,
              endpoint.environment(settings.maintenanceDatabase()))) {
        program.input().close();
        content = context.sink().store(program.output());
        program.finish();
      } catch (IOException e) {
        throw new SourceException.Failed(
            "%s: roles cannot be captured: %s".formatted(endpoint, e.getMessage()), e);
      }
      // pg_dumpall looks for itself: what is expected must be what it saw.
      SortedMap<String, String> after = ServerFacts.roles(connection, superuser, limits);
      if (before.equals(after)) {
        facts.putAll(after);
        return new Node.File(
            Name.of(GLOBALS), Attributes.synthetic(0600), content.bytes(), content, null, null);
      }
      if (attempt == ROLE_ATTEMPTS) {
        throw new SourceException.Failed(
            "%s: roles keep changing while they are captured; try again later".formatted(endpoint),
            null);
      }
      before = after;
    }
  }

  /** Captures one database; a failure of it alone is a problem, one of the server is thrown. */
  private Optional<DatabaseCapture.Result> capture(
      String database, Tools tools, CaptureContext context, List<Problem> problems)
      throws SourceException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        return Optional.of(
            new DatabaseCapture(endpoint, tools, settings, context, database).capture());
      } catch (SQLException e) {
        // Somebody wants to change a table that we hold; everybody else waits behind him. Let him.
        if ("55P03".equals(e.getSQLState()) && attempt < LOCK_ATTEMPTS) {
          continue;
        }
        confirmServer(database, e);
        boolean vanished = "3D000".equals(e.getSQLState());
        problems.add(
            new Problem(
                database,
                vanished ? Problem.Kind.VANISHED : Problem.Kind.UNREADABLE,
                String.valueOf(e.getMessage())));
        return Optional.empty();
      } catch (IOException e) {
        if (e instanceof ToolFailed failed && failed.isLockTimeout() && attempt < LOCK_ATTEMPTS) {
          continue;
        }
        confirmServer(database, e);
        problems.add(
            new Problem(database, Problem.Kind.UNREADABLE, String.valueOf(e.getMessage())));
        return Optional.empty();
      }
    }
  }

  /**
   * Tells the failure of a database from that of the server, which is nobody's partial snapshot.
   */
  private void confirmServer(String database, Exception failure) throws SourceException {
    try (Connection connection = endpoint.open(settings.maintenanceDatabase())) {
      SharedSnapshot.single(connection, "SELECT 1");
    } catch (SQLException e) {
      SourceException.Failed failed =
          new SourceException.Failed(
              "%s went away while database '%s' was captured: %s"
                  .formatted(endpoint, database, failure.getMessage()),
              failure);
      failed.addSuppressed(e);
      throw failed;
    }
  }
}
