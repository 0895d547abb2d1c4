package dev.lifeboat.sources.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One instant of one database, which many sessions and programs can look at.
 *
 * <p>The tables are locked (in {@code ACCESS SHARE}, as any query does) <em>before</em> the
 * snapshot is taken: {@code TRUNCATE} and rewriting {@code ALTER TABLE} do not respect snapshots,
 * and a table that is emptied between the snapshot and {@code pg_dump}'s own lock would be dumped
 * as empty.
 */
final class SharedSnapshot implements AutoCloseable {
  private static final int ATTEMPTS = 5;
  private static final int LOCKED_AT_ONCE = 500;

  private static final String TABLES =
      """
      SELECT c.oid, n.nspname, c.relname, has_table_privilege(c.oid, 'SELECT')
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND NOT EXISTS (SELECT FROM pg_depend d
                        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                          AND d.deptype = 'e')
      ORDER BY c.oid
      """;

  private final Endpoint endpoint;
  private final String database;
  private final Connection connection;
  private final String id;

  private SharedSnapshot(Endpoint endpoint, String database, Connection connection, String id) {
    this.endpoint = endpoint;
    this.database = database;
    this.connection = connection;
    this.id = id;
  }

  /**
   * Takes it.
   *
   * @throws SQLException also if a table may not be read; the message names all of them
   */
  static SharedSnapshot take(Endpoint endpoint, String database) throws SQLException {
    Connection connection = endpoint.open(database);
    try {
      for (int attempt = 1; ; attempt++) {
        Map<Long, String> before = tables(connection);
        execute(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        try {
          lock(connection, List.copyOf(before.values()));
        } catch (SQLException e) {
          execute(connection, "ROLLBACK");
          boolean gone = "42P01".equals(e.getSQLState()) || "3F000".equals(e.getSQLState());
          if (gone && attempt < ATTEMPTS) {
            continue;
          }
          throw e;
        }
        String id = single(connection, "SELECT pg_catalog.pg_export_snapshot()");
        if (tables(connection).equals(before)) {
          return new SharedSnapshot(endpoint, database, connection, id);
        }
        execute(connection, "ROLLBACK");
        if (attempt == ATTEMPTS) {
          throw new SQLException(
              "tables of %s keep being created or dropped; try again later".formatted(database));
        }
      }
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private static Map<Long, String> tables(Connection connection) throws SQLException {
    Map<Long, String> tables = new TreeMap<>();
    List<String> unreadable = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(TABLES)) {
      while (rows.next()) {
        String name = Names.quote(rows.getString(2), rows.getString(3));
        tables.put(rows.getLong(1), name);
        if (!rows.getBoolean(4)) {
          unreadable.add(name);
        }
      }
    }
    if (!unreadable.isEmpty()) {
      throw new SQLException(
          "no permission to read %s; run: GRANT pg_read_all_data TO <the backup's role>"
              .formatted(String.join(", ", unreadable)),
          "42501");
    }
    return tables;
  }

  private static void lock(Connection connection, List<String> tables) throws SQLException {
    for (int at = 0; at < tables.size(); at += LOCKED_AT_ONCE) {
      List<String> some = tables.subList(at, Math.min(tables.size(), at + LOCKED_AT_ONCE));
      // LOCK takes no snapshot; the first query afterwards does.
      execute(
          connection, "LOCK TABLE ONLY " + String.join(", ONLY ", some) + " IN ACCESS SHARE MODE");
    }
  }

  String id() {
    return id;
  }

  /** The session that holds it, for queries of one thread. */
  Connection connection() {
    return connection;
  }

  /** Another session that sees the same. The caller closes it. */
  Connection open() throws SQLException {
    Connection other = endpoint.open(database);
    try {
      execute(other, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      execute(other, "SET TRANSACTION SNAPSHOT " + Names.literal(id));
      return other;
    } catch (SQLException e) {
      other.close();
      throw e;
    }
  }

  /** Proves that it was held until now: a snapshot whose session died protects nothing. */
  void confirm() throws SQLException {
    single(connection, "SELECT 1");
  }

  static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  static String single(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return String.valueOf(rows.getString(1));
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
