package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.fence.Children;
import dev.lifeboat.sources.fence.FenceContext;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A {@link DisposableServer} in use. Used only if nothing can be lost by it: it is empty (no
 * database, role, tablespace, replication slot of anybody's), no snapshot in the regions was taken
 * of its data, and it is no standby. A comment on the tablespace {@code pg_default} says who uses
 * it from then on until it is empty again, so that what a drill left that died is told from what
 * somebody keeps there.
 */
final class GivenServer implements TrialServer {
  private static final String MARK = "lifeboat drill ";

  /**
   * Any number that nobody else takes: two drills that begin at once must not both find it free.
   */
  private static final long BEGINNING = 0x6c69_6665_626f_6174L;

  private static final String MAINTENANCE = "template1";
  private static final String POSTGRES = "postgres";
  private static final String HELD =
      """
      SELECT 'database ' || quote_ident(datname) FROM pg_database
        WHERE datname NOT IN ('postgres', 'template0', 'template1')
      UNION ALL SELECT 'role ' || quote_ident(rolname) FROM pg_roles
        WHERE rolname !~ '^pg_' AND oid <> 10 AND rolname <> current_user
      UNION ALL SELECT 'tablespace ' || quote_ident(spcname) FROM pg_tablespace
        WHERE spcname NOT IN ('pg_default', 'pg_global')
      UNION ALL SELECT 'replication slot ' || quote_ident(slot_name) FROM pg_replication_slots
      UNION ALL SELECT 'prepared transaction ' || quote_ident(gid) FROM pg_prepared_xacts
      ORDER BY 1
      """;

  private final DisposableServer given;
  private final Endpoint endpoint;
  private final Optional<ServerPrograms> programs;
  private final Children children;
  private final String version;

  private GivenServer(
      DisposableServer given,
      Endpoint endpoint,
      Optional<ServerPrograms> programs,
      Children children,
      String version) {
    this.given = given;
    this.endpoint = endpoint;
    this.programs = programs;
    this.children = children;
    this.version = version;
  }

  /**
   * Takes it into use, after emptying it of what an earlier drill of the same owner left.
   *
   * @param binaries where PostgreSQL's programs are, if not in the usual places
   * @throws SourceException.Refused if it must not be used, with the reason; then it is untouched
   */
  static GivenServer take(
      DisposableServer given,
      Optional<Path> binaries,
      SnapshotHeader snapshot,
      FenceContext context)
      throws SourceException, InterruptedException {
    Endpoint endpoint = Target.parse(given.target(), given.password()).endpoint();
    try (Connection connection = endpoint.open(MAINTENANCE)) {
      require(endpoint, connection, snapshot, context);
      int major = ServerFacts.major(connection);
      GivenServer server =
          new GivenServer(
              given,
              endpoint,
              programs(binaries, major),
              context.children().withNetwork(),
              SharedSnapshot.single(connection, "SHOW server_version"));
      // Held until this session ends.
      SharedSnapshot.execute(connection, "SELECT pg_advisory_lock(%d)".formatted(BEGINNING));
      Optional<String> mark = mark(connection);
      if (mark.isPresent()) {
        String left = mark.get();
        if (!left.endsWith(by(context.owner())) || sameDrill(left, context.name())) {
          throw new SourceException.Refused(
              "%s is in use: %s. A given server takes one dataset of one drill at a time; if that drill is dead, drop what it left and then: COMMENT ON TABLESPACE pg_default IS NULL"
                  .formatted(endpoint, left));
        }
        server.empty(connection);
      }
      List<String> held = server.held(connection);
      if (!held.isEmpty()) {
        throw new SourceException.Refused(
            "%s is not empty: %s. A drill is given a server that holds nothing, because it drops everything there afterwards"
                .formatted(endpoint, some(held)));
      }
      SharedSnapshot.execute(
          connection,
          "COMMENT ON TABLESPACE pg_default IS "
              + Names.literal(MARK + context.name() + by(context.owner())));
      return server;
    } catch (SQLException e) {
      throw endpoint.unreachable(MAINTENANCE, e);
    }
  }

  private static String by(String owner) {
    return " by " + owner;
  }

  /** Places of one drill differ in what follows the last hyphen of their names. */
  private static boolean sameDrill(String mark, String name) {
    return mark.startsWith(MARK + name.substring(0, name.lastIndexOf('-') + 1));
  }

  private static Optional<ServerPrograms> programs(Optional<Path> binaries, int major)
      throws InterruptedException {
    try {
      return Optional.of(ServerPrograms.find(binaries, major));
    } catch (SourceException.Refused e) {
      return Optional.empty(); // Restoring needs none of them; what is left out is told.
    }
  }

  private static void require(
      Endpoint endpoint, Connection connection, SnapshotHeader snapshot, FenceContext context)
      throws SQLException, SourceException.Refused {
    if (!ServerFacts.isSuperuser(connection)) {
      throw new SourceException.Refused(
          "%s: role '%s' is not a superuser; a drill brings roles and extensions back too"
              .formatted(endpoint, endpoint.user()));
    }
    if (SharedSnapshot.single(connection, "SELECT pg_is_in_recovery()").equals("t")) {
      throw new SourceException.Refused(
          "%s is a standby: it holds what its primary does, and nothing can be written there"
              .formatted(endpoint));
    }
    int major = ServerFacts.major(connection);
    int wanted = PostgresFence.major(snapshot);
    if (major < wanted) {
      throw new SourceException.Refused(
          "%s has version %d, the snapshot is of version %d: give one that is not older"
              .formatted(endpoint, major, wanted));
    }
    SortedMap<String, String> origins = context.origins().servers();
    String system = ServerFacts.system(connection);
    if (origins.containsKey(system)) {
      throw new SourceException.Refused(
          "%s is the server that snapshots of %s were taken of, or a copy of it: nothing is tried out there"
              .formatted(endpoint, origins.get(system)));
    }
  }

  private static Optional<String> mark(Connection connection) throws SQLException {
    return Optional.of(
            SharedSnapshot.single(
                connection,
                "SELECT coalesce(shobj_description(oid, 'pg_tablespace'), '') FROM pg_tablespace WHERE spcname = 'pg_default'"))
        .filter(comment -> comment.startsWith(MARK));
  }

  private static String some(List<String> held) {
    return held.size() <= 5
        ? String.join(", ", held)
        : "%s and %d more".formatted(String.join(", ", held.subList(0, 5)), held.size() - 5);
  }

  /** What is there that a new server has not. */
  private List<String> held(Connection connection) throws SQLException {
    List<String> held = column(connection, HELD);
    for (String database :
        column(
            connection,
            "SELECT datname FROM pg_database WHERE datname IN ('postgres', 'template1')")) {
      if (!ServerFacts.isPristine(endpoint, database)) {
        held.add("objects in database " + database);
      }
    }
    return held;
  }

  private static List<String> column(Connection connection, String sql) throws SQLException {
    List<String> values = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        values.add(rows.getString(1));
      }
    }
    return values;
  }

  /** Drops all databases and roles; what is left then is what {@link #held} names. */
  private void empty(Connection connection) throws SQLException {
    for (String database :
        column(
            connection,
            "SELECT datname FROM pg_database WHERE datname NOT IN ('template0', 'template1')")) {
      String name = Names.quote(database);
      forgetSubscriptions(connection, database);
      SharedSnapshot.execute(connection, "ALTER DATABASE %s IS_TEMPLATE false".formatted(name));
      SharedSnapshot.execute(connection, "DROP DATABASE %s WITH (FORCE)".formatted(name));
    }
    SharedSnapshot.execute(
        connection, "CREATE DATABASE %s TEMPLATE template0".formatted(Names.quote(POSTGRES)));
    for (String role :
        column(
            connection,
            "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND oid <> 10 AND rolname <> current_user")) {
      // What it may do with objects that all databases share.
      SharedSnapshot.execute(connection, "DROP OWNED BY " + Names.quote(role));
      SharedSnapshot.execute(connection, "DROP ROLE " + Names.quote(role));
    }
  }

  /** A database with a subscription cannot be dropped; its publisher is not to hear of it. */
  private void forgetSubscriptions(Connection connection, String database) throws SQLException {
    List<String> subscriptions =
        column(
            connection,
            "SELECT quote_ident(subname) FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = "
                + Names.literal(database));
    if (subscriptions.isEmpty()) {
      return;
    }
    try (Connection inside = endpoint.open(database)) {
      for (String subscription : subscriptions) {
        SharedSnapshot.execute(inside, "ALTER SUBSCRIPTION %s DISABLE".formatted(subscription));
        SharedSnapshot.execute(
            inside, "ALTER SUBSCRIPTION %s SET (slot_name = NONE)".formatted(subscription));
        SharedSnapshot.execute(inside, "DROP SUBSCRIPTION " + subscription);
      }
    }
  }

  @Override
  public URI target() {
    return given.target();
  }

  @Override
  public Optional<Secret> password() {
    return given.password();
  }

  @Override
  public Endpoint endpoint() {
    return endpoint;
  }

  @Override
  public String version() {
    return version + ", of a server that was given";
  }

  @Override
  public SortedMap<String, String> isolation() {
    return new TreeMap<>(
        Map.of(
            "postgresql",
            "%s, which was given for this: it was empty, and no snapshot was taken of it; everything in it is dropped afterwards"
                .formatted(endpoint),
            "network of postgresql",
            "not fenced off: who else reaches that server, and what it reaches, is not known here"));
  }

  @Override
  public Optional<Children.Result> run(
      String program, String database, List<String> arguments, Duration patience)
      throws IOException, InterruptedException {
    if (programs.isEmpty() || !programs.get().has(program)) {
      return Optional.empty();
    }
    List<String> command = new ArrayList<>();
    command.add(programs.get().binary(program));
    command.addAll(arguments);
    Children equipped = children;
    for (Map.Entry<String, String> variable : endpoint.environment(database).entrySet()) {
      equipped = equipped.with(variable.getKey(), variable.getValue());
    }
    return Optional.of(equipped.run(command, patience));
  }

  @Override
  public void close() throws SourceException {
    try (Connection connection = endpoint.open(MAINTENANCE)) {
      empty(connection);
      List<String> held = held(connection);
      if (!held.isEmpty()) {
        throw new SourceException.Failed(
            "%s is not empty again: %s is still there".formatted(endpoint, some(held)), null);
      }
      SharedSnapshot.execute(connection, "COMMENT ON TABLESPACE pg_default IS NULL");
    } catch (SQLException e) {
      throw new SourceException.Failed(
          "%s was not emptied: %s; the next drill there does it"
              .formatted(endpoint, e.getMessage()),
          e);
    }
  }
}
