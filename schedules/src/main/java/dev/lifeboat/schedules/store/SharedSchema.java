package dev.lifeboat.schedules.store;

import dev.lifeboat.sources.postgres.PostgresDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Collectors;
import org.quartz.utils.ConnectionProvider;
import org.springframework.batch.core.repository.JobRepository;

/** The tables of a shared store: made at the first start, in one transaction, by one of many. */
final class SharedSchema {
  private static final String QUARTZ = "/org/quartz/impl/jdbcjobstore/tables_postgres.sql";
  private static final String BATCH = "/org/springframework/batch/core/schema-postgresql.sql";
  private static final String OURS = "/dev/lifeboat/schedules/store/store-1.sql";

  /** What each version adds to the one before. */
  private static final List<List<String>> VERSIONS = List.of(List.of(QUARTZ, OURS), List.of(BATCH));

  private final String schema;
  private final PostgresDatabase database;

  SharedSchema(String schema, PostgresDatabase database) {
    this.schema = schema;
    this.database = database;
  }

  /** Makes what is not there. Hosts that start at once wait for each other. */
  void prepare(Connection connection) throws SQLException {
    if (version(connection) == VERSIONS.size()) {
      return;
    }
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      try (ResultSet _ =
          statement.executeQuery("SELECT pg_advisory_xact_lock(hashtext('" + schema + "'))")) {
        // Held until the end of the transaction.
      }
      int version = version(connection);
      if (version > VERSIONS.size()) {
        throw new SharedStoreException(
            "service.store: schema %s of %s is of version %d, and this program knows version %d; use a newer lifeboat"
                .formatted(schema, database, version, VERSIONS.size()));
      }
      if (!exists(connection)) {
        statement.execute("CREATE SCHEMA " + schema);
      }
      statement.execute("SET LOCAL search_path TO " + schema);
      for (List<String> scripts : VERSIONS.subList(version, VERSIONS.size())) {
        for (String script : scripts) {
          run(statement, script);
        }
      }
      statement.execute("DELETE FROM store_version");
      statement.execute("INSERT INTO store_version VALUES (" + VERSIONS.size() + ")");
      connection.commit();
    } catch (SQLException e) {
      connection.rollback();
      if ("42501".equals(e.getSQLState())) {
        throw new SharedStoreException(
            "service.store: %s: %s; let an administrator run: CREATE SCHEMA %s AUTHORIZATION \"%s\""
                .formatted(database, e.getMessage(), schema, database.user()),
            e);
      }
      throw e;
    } finally {
      connection.setAutoCommit(true);
    }
  }

  private boolean exists(Connection connection) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = ?")) {
      statement.setString(1, schema);
      try (ResultSet row = statement.executeQuery()) {
        return row.next();
      }
    }
  }

  /** Zero if there is nothing. */
  private int version(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("SELECT to_regclass(?)")) {
      statement.setString(1, schema + ".store_version");
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next() || row.getString(1) == null) {
          return 0;
        }
      }
    }
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT version FROM " + schema + ".store_version")) {
      return row.next() ? row.getInt(1) : 0;
    }
  }

  private static void run(Statement statement, String script) throws SQLException {
    for (String sql : text(script).split(";", -1)) {
      String trimmed = sql.strip();
      // Quartz begins anew and commits; here it is new, and the transaction goes on.
      if (!trimmed.isEmpty() && !trimmed.startsWith("DROP ") && !trimmed.equals("COMMIT")) {
        statement.execute(trimmed);
      }
    }
  }

  private static String text(String script) {
    Class<?> beside =
        switch (script) {
          case QUARTZ -> ConnectionProvider.class;
          case BATCH -> JobRepository.class;
          default -> SharedSchema.class;
        };
    try (InputStream in = beside.getResourceAsStream(script)) {
      if (in == null) {
        throw new IllegalStateException(script + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.strip().startsWith("--"))
          .collect(Collectors.joining("\n"));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + script, e);
    }
  }
}
