package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.BringBackContext;
import dev.lifeboat.sources.Restorer;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.SnapshotSink;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Brings PostgreSQL databases back into a running server.
 *
 * <p>A path selects a database ({@code crm}) or a table ({@code crm/public.orders}); without one
 * everything comes back. Databases come back under their own names; a table comes back into the
 * database that the target names, or the one of its own name.
 */
public final class PostgresRestorer implements Restorer {
  private static final String POSTGRES = "postgres";
  private static final String TEMPLATE = "template1";

  private final Optional<Path> binaries;
  private final int parallelism;

  /**
   * A restorer.
   *
   * @param binaries the directory of {@code pg_restore}; empty to look in {@code PATH} and below
   *     {@code /usr/lib/postgresql}
   * @param parallelism how many tables and indexes are written at the same time
   */
  public PostgresRestorer(Optional<Path> binaries, int parallelism) {
    if (parallelism < 1) {
      throw new IllegalArgumentException("postgres: parallelism must be at least 1");
    }
    this.binaries = binaries;
    this.parallelism = parallelism;
  }

  @Override
  public String kind() {
    return PostgresSource.KIND;
  }

  @Override
  public boolean accepts(URI target) {
    return "postgres".equals(target.getScheme()) || "postgresql".equals(target.getScheme());
  }

  @Override
  public void bringBack(
      SnapshotView snapshot, List<TreePath> selection, URI target, BringBackContext context)
      throws SourceException, InterruptedException {
    Target parsed = Target.parse(target, context.password());
    SortedMap<String, Node.Directory> databases = databases(snapshot);
    if (selection.isEmpty()) {
      whole(snapshot, databases, parsed, context);
      return;
    }
    SortedMap<String, Node.Directory> chosen = new TreeMap<>();
    List<TableChoice> tables = new ArrayList<>();
    for (TreePath path : selection) {
      List<String> names = path.names().stream().map(PostgresRestorer::text).toList();
      Node.Directory directory =
          names.isEmpty() ? null : databases.get(Names.decode(names.getFirst()));
      if (directory == null || names.size() > 2) {
        throw new SourceException.Refused(
            "%s names neither a database nor database/schema.table; the snapshot has: %s"
                .formatted(path, String.join(", ", databases.keySet())));
      }
      String database = Names.decode(names.getFirst());
      if (names.size() == 1) {
        chosen.put(database, directory);
      } else {
        tables.add(TableChoice.parse(database, directory, names.get(1)));
      }
    }
    if (!chosen.isEmpty() && !tables.isEmpty()) {
      throw new SourceException.Refused(
          "restore databases and single tables one after the other, not together");
    }
    if (tables.isEmpty()) {
      whole(snapshot, chosen, parsed, context);
    } else {
      tables(snapshot, tables, parsed, context);
    }
  }

  private static String text(Name name) {
    return new String(name.toBytes(), StandardCharsets.UTF_8);
  }

  private record TableChoice(
      String database, Node.Directory directory, String schema, String table) {
    static TableChoice parse(String database, Node.Directory directory, String name)
        throws SourceException.Refused {
      int dot = name.indexOf('.');
      if (dot < 1 || dot == name.length() - 1 || name.indexOf('.', dot + 1) >= 0) {
        throw new SourceException.Refused(
            "'%s' is not schema.table; a dot within a name is written %%2E".formatted(name));
      }
      return new TableChoice(
          database,
          directory,
          Names.decode(name.substring(0, dot)),
          Names.decode(name.substring(dot + 1)));
    }
  }

  private static SortedMap<String, Node.Directory> databases(SnapshotView snapshot)
      throws SourceException.Failed {
    Node node =
        snapshot.find(new TreePath(List.of(Name.of(PostgresSource.DATABASES)))).orElse(null);
    if (!(node instanceof Node.Directory directory)) {
      throw new SourceException.Failed(
          "the snapshot has no databases: it is not of kind " + PostgresSource.KIND, null);
    }
    SortedMap<String, Node.Directory> databases = new TreeMap<>();
    for (Node entry : snapshot.list(directory.content())) {
      if (entry instanceof Node.Directory database) {
        databases.put(Names.decode(text(database.name())), database);
      }
    }
    return databases;
  }

  // --- whole databases

  private void whole(
      SnapshotView snapshot,
      SortedMap<String, Node.Directory> databases,
      Target target,
      BringBackContext context)
      throws SourceException, InterruptedException {
    if (!target.database().isEmpty()) {
      throw new SourceException.Refused(
          "databases come back under their own names: leave '%s' out of the target"
              .formatted(target.database()));
    }
    Endpoint endpoint = target.endpoint();
    String maintenance = databases.containsKey(POSTGRES) ? TEMPLATE : POSTGRES;
    List<String> done = new ArrayList<>();
    try (Connection connection = open(endpoint, maintenance)) {
      Tools tools = tools(connection, endpoint, snapshot);
      if (!ServerFacts.isSuperuser(connection)) {
        throw new SourceException.Refused(
            "%s: role '%s' is not a superuser, so roles, owners, event triggers and parts of"
                    .formatted(endpoint, endpoint.user())
                + " extensions could not be restored; connect as one, or restore single tables");
      }
      Set<String> existing = names(connection, "SELECT datname FROM pg_database");
      Set<String> replaced = new TreeSet<>();
      for (String database : databases.keySet()) {
        if (existing.contains(database)) {
          replaced.add(database);
        }
      }
      // Every new server has one of this name, with nothing in it.
      boolean pristine = replaced.contains(POSTGRES) && ServerFacts.isPristine(endpoint, POSTGRES);
      if (pristine) {
        replaced.remove(POSTGRES);
      }
      if (!replaced.isEmpty() && !context.overwrite()) {
        throw new SourceException.Refused(
            "%s has databases of the same name: %s; drop them, restore to another server, or allow"
                    .formatted(endpoint, String.join(", ", replaced))
                + " overwriting");
      }
      Set<String> roles = names(connection, "SELECT rolname FROM pg_roles");
      GlobalsScript globals = globals(snapshot);
      Set<String> alterable = new TreeSet<>();
      if (context.overwrite()) {
        alterable.addAll(roles);
        // Changing what lets us in would lock us out half way.
        alterable.remove(endpoint.user());
      }
      context.progress().at("creating roles");
      for (String left : globals.run(connection, roles, alterable)) {
        context.progress().at("role %s exists and is left as it is".formatted(left));
      }
      done.add("roles");
      boolean tablespaces = hasTablespaces(connection, snapshot);
      for (Map.Entry<String, Node.Directory> database : databases.entrySet()) {
        String name = database.getKey();
        Optional<String> aside = Optional.empty();
        if (pristine && name.equals(POSTGRES)) {
          SharedSnapshot.execute(connection, "DROP DATABASE " + Names.quote(name));
        } else if (replaced.contains(name)) {
          aside = Optional.of(setAside(connection, name));
        }
        done.add("database '%s' begun, and incomplete unless named again".formatted(name));
        try {
          new DatabaseRestore(
                  endpoint, tools, parallelism, snapshot, context, name, database.getValue())
              .whole(maintenance, extra(snapshot, name), tablespaces);
        } catch (SQLException | IOException | SourceException e) {
          throw new SourceException.Failed(
              "%s: restoring '%s' failed: %s. Done before: %s.%s"
                  .formatted(
                      endpoint,
                      name,
                      e.getMessage(),
                      String.join(", ", done),
                      aside
                          .map(kept -> " What it was to replace is kept as '%s'".formatted(kept))
                          .orElse("")),
              e);
        }
        done.set(done.size() - 1, "database '%s'".formatted(name));
        if (aside.isPresent()) {
          SharedSnapshot.execute(connection, "DROP DATABASE " + Names.quote(aside.get()));
        }
      }
    } catch (SQLException e) {
      throw new SourceException.Failed(
          "%s: %s. Done before: %s".formatted(endpoint, e.getMessage(), String.join(", ", done)),
          e);
    }
  }

  private static Connection open(Endpoint endpoint, String database)
      throws SourceException.Unreachable {
    try {
      return endpoint.open(database);
    } catch (SQLException e) {
      throw endpoint.unreachable(database, e);
    }
  }

  /** Refuses servers and programs that are older than what wrote the snapshot. */
  private Tools tools(Connection connection, Endpoint endpoint, SnapshotView snapshot)
      throws SQLException, SourceException, InterruptedException {
    int major = ServerFacts.major(connection);
    SortedMap<String, String> versions = snapshot.header().tools();
    int source = major(versions.getOrDefault("postgresql", "0"));
    if (major < source) {
      throw new SourceException.Refused(
          "%s is version %d, the snapshot is of version %d: restore to version %d or later"
              .formatted(endpoint, major, source, source));
    }
    int dump = major(versions.getOrDefault("pg_dump", "0"));
    return Tools.find(
        binaries,
        Math.max(major, dump),
        dump > major
            ? "the pg_dump that wrote the snapshot"
            : "the server (%s)".formatted(endpoint));
  }

  private static int major(String version) {
    String digits = version.replaceFirst("\\D.*", "");
    return digits.isEmpty() ? 0 : Integer.parseInt(digits);
  }

  private static Set<String> names(Connection connection, String sql) throws SQLException {
    Set<String> names = new HashSet<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        names.add(rows.getString(1));
      }
    }
    return names;
  }

  private static GlobalsScript globals(SnapshotView snapshot) throws SourceException.Failed {
    Node node = snapshot.find(new TreePath(List.of(Name.of(PostgresSource.GLOBALS)))).orElse(null);
    if (!(node instanceof Node.File file)) {
      throw new SourceException.Failed("the snapshot has no " + PostgresSource.GLOBALS, null);
    }
    try (var in = snapshot.open(file.content())) {
      return GlobalsScript.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException | IllegalArgumentException e) {
      throw new SourceException.Failed(PostgresSource.GLOBALS + ": " + e.getMessage(), e);
    }
  }

  /** Whether the server has every tablespace of the snapshot's server, so that they can be used. */
  private static boolean hasTablespaces(Connection connection, SnapshotView snapshot)
      throws SQLException, SourceException {
    Set<String> there = names(connection, "SELECT quote_ident(spcname) FROM pg_tablespace");
    for (String statement : globals(snapshot).statements()) {
      if (statement.startsWith("CREATE TABLESPACE ")
          && there.stream()
              .noneMatch(name -> statement.startsWith("CREATE TABLESPACE " + name + " "))) {
        return false;
      }
    }
    return true;
  }

  /** What a new database has and this one had not. */
  private static List<String> extra(SnapshotView snapshot, String database) {
    String prefix = DatabaseFacts.prefix(database);
    Map<String, String> facts = snapshot.expectations().facts();
    List<String> extra = new ArrayList<>();
    if (facts.containsKey(prefix + "properties")) {
      if (!facts.containsKey(prefix + "extension/plpgsql")) {
        extra.add("EXTENSION plpgsql");
      }
      if (!facts.containsKey(prefix + "schema/public")) {
        extra.add("SCHEMA public");
      }
    }
    return extra;
  }

  /** Out of the way, but not away, until its successor is complete. */
  private static String setAside(Connection connection, String database) throws SQLException {
    String aside = "lifeboat replaced " + ServerFacts.sha256(database).substring(0, 16);
    SharedSnapshot.execute(connection, "DROP DATABASE IF EXISTS " + Names.quote(aside));
    SharedSnapshot.execute(
        connection,
        "ALTER DATABASE %s RENAME TO %s".formatted(Names.quote(database), Names.quote(aside)));
    return aside;
  }

  // --- single tables

  private void tables(
      SnapshotView snapshot, List<TableChoice> tables, Target target, BringBackContext context)
      throws SourceException, InterruptedException {
    Endpoint endpoint = target.endpoint();
    List<String> done = new ArrayList<>();
    for (TableChoice choice : tables) {
      String into = target.database().isEmpty() ? choice.database : target.database();
      try (Connection connection = open(endpoint, into)) {
        if (exists(connection, choice) && !context.overwrite()) {
          throw new SourceException.Refused(
              "%s, database '%s' has a table %s.%s; rename it, restore into another database, or"
                      .formatted(endpoint, into, choice.schema, choice.table)
                  + " allow overwriting");
        }
        tools(connection, endpoint, snapshot);
      } catch (SQLException e) {
        throw new SourceException.Failed(endpoint + ": " + e.getMessage(), e);
      }
    }
    for (TableChoice choice : tables) {
      String into = target.database().isEmpty() ? choice.database : target.database();
      String name = "%s.%s".formatted(choice.schema, choice.table);
      try (Connection connection = open(endpoint, into)) {
        Tools tools = tools(connection, endpoint, snapshot);
        SharedSnapshot.execute(
            connection, "CREATE SCHEMA IF NOT EXISTS " + Names.quote(choice.schema));
        if (exists(connection, choice)) {
          SharedSnapshot.execute(
              connection, "DROP TABLE " + Names.quote(choice.schema, choice.table));
        }
        List<String> options = ownership(connection, snapshot);
        if (!options.isEmpty()) {
          context
              .progress()
              .at(
                  "%s lacks some of the roles, or we are no superuser there: table %s belongs to %s, without rights"
                      .formatted(endpoint, name, endpoint.user()));
        }
        List<String> leftOut =
            new DatabaseRestore(
                    endpoint,
                    tools,
                    parallelism,
                    snapshot,
                    context,
                    choice.database,
                    choice.directory)
                .table(into, choice.schema, choice.table, options);
        if (!leftOut.isEmpty()) {
          context
              .progress()
              .at("left out with table %s: %s".formatted(name, String.join(", ", leftOut)));
        }
        done.add(name);
      } catch (SQLException | IOException e) {
        throw new SourceException.Failed(
            "%s, database '%s': restoring table %s failed and what there is of it is incomplete: %s."
                    .formatted(endpoint, into, name, e.getMessage())
                + " Complete: "
                + (done.isEmpty() ? "nothing" : String.join(", ", done)),
            e);
      }
    }
  }

  /** A table can come back to a server that lacks the roles, but not its owner and rights. */
  private static List<String> ownership(Connection connection, SnapshotView snapshot)
      throws SQLException {
    Set<String> there = names(connection, "SELECT rolname FROM pg_roles");
    boolean complete =
        ServerFacts.isSuperuser(connection)
            && snapshot.expectations().facts().keySet().stream()
                .filter(fact -> fact.startsWith(ServerFacts.ROLE))
                .map(fact -> fact.split("/", 3)[1])
                .allMatch(role -> there.contains(Names.decode(role)));
    return complete ? List.of() : List.of("--no-owner", "--no-privileges");
  }

  private static boolean exists(Connection connection, TableChoice choice) throws SQLException {
    return SharedSnapshot.single(
            connection,
            "SELECT to_regclass(%s) IS NOT NULL"
                .formatted(Names.literal(Names.quote(choice.schema, choice.table))))
        .equals("t");
  }

  // --- facts

  @Override
  public Expectations gather(
      URI target, Expectations expected, SnapshotSink measure, BringBackContext context)
      throws SourceException, InterruptedException {
    Endpoint endpoint = Target.parse(target, context.password()).endpoint();
    SortedMap<String, String> facts = new TreeMap<>();
    Set<String> databases = new TreeSet<>();
    for (String fact : expected.facts().keySet()) {
      if (fact.startsWith(DatabaseFacts.DATABASE)) {
        databases.add(Names.decode(fact.split("/", 3)[1]));
      }
    }
    Set<String> existing;
    String maintenance = TEMPLATE;
    try (Connection connection = open(endpoint, maintenance)) {
      existing = names(connection, "SELECT datname FROM pg_database");
      ServerFacts.roles(connection, ServerFacts.isSuperuser(connection), new TreeMap<>())
          .forEach((fact, value) -> {
            // Other roles of the server are none of the snapshot's business.
            if (expected.facts().containsKey(fact)
                || expected.facts().containsKey(fact.replaceFirst("/password$", ""))) {
              facts.put(fact, value);
            }
          });
    } catch (SQLException e) {
      throw new SourceException.Failed(endpoint + ": " + e.getMessage(), e);
    }
    for (String database : databases) {
      if (existing.contains(database)) {
        facts.putAll(gather(endpoint, database, expected, context));
      }
    }
    return new Expectations(PostgresSource.KIND, DatabaseFacts.VERSION, facts, expected.limits());
  }

  private SortedMap<String, String> gather(
      Endpoint endpoint, String database, Expectations expected, BringBackContext context)
      throws SourceException, InterruptedException {
    String prefix = DatabaseFacts.prefix(database);
    DatabaseFacts facts = new DatabaseFacts(database);
    List<DatabaseFacts.Table> tables;
    try (Connection connection = open(endpoint, database)) {
      facts.catalogue(connection);
      facts.sequences(connection);
      facts.largeObjects(
          connection, expected.facts().containsKey(prefix + "large objects/checksum"));
      tables = facts.tables(connection);
    } catch (SQLException e) {
      throw new SourceException.Failed(
          "%s, database '%s': %s".formatted(endpoint, database, e.getMessage()), e);
    }
    List<Crew.Job> jobs = new ArrayList<>();
    for (DatabaseFacts.Table table : tables) {
      String fact = prefix + "table/" + table.key();
      if (expected.limits().containsKey(fact)) {
        continue;
      }
      boolean checksummed = expected.facts().containsKey(fact + "/checksum");
      jobs.add(worker -> {
        context.progress().at("checking %s/%s".formatted(database, table.key()));
        facts.table(worker.session(), table, checksummed);
        context.progress().items(1);
      });
    }
    try {
      Crew.work(parallelism, jobs, () -> endpoint.open(database));
    } catch (SQLException | IOException e) {
      throw new SourceException.Failed(
          "%s, database '%s': %s".formatted(endpoint, database, e.getMessage()), e);
    }
    return facts.facts();
  }
}
