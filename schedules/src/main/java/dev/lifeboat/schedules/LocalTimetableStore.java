package dev.lifeboat.schedules;

import dev.lifeboat.schedules.store.Hold;
import dev.lifeboat.vault.VaultException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.h2.api.ErrorCode;
import org.h2.jdbcx.JdbcConnectionPool;
import org.h2.tools.RunScript;
import org.quartz.impl.jdbcjobstore.StdJDBCDelegate;
import org.quartz.utils.ConnectionProvider;
import org.springframework.batch.core.repository.JobRepository;

/** The memory of one host: a database in its home. */
final class LocalTimetableStore implements TimetableStore {
  private static final String SCHEMA = "/org/quartz/impl/jdbcjobstore/tables_h2.sql";

  private static final String BATCH = "/org/springframework/batch/core/";

  private final String base;
  private final JdbcConnectionPool pool;
  private final Lane lane = new LocalLane();

  private LocalTimetableStore(String base, JdbcConnectionPool pool) {
    this.base = base;
    this.pool = pool;
  }

  /**
   * Opens the database {@code schedule.mv.db} of a directory, made if it is not there.
   *
   * @throws VaultException.Conflict if another process has it open
   */
  static LocalTimetableStore open(Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make " + directory, e);
    }
    String base = directory.resolve("schedule").toAbsolutePath().toString().replace(";", "\\;");
    JdbcConnectionPool pool =
        JdbcConnectionPool.create(
            // Quartz interrupts its threads when it ends, which closes the file for whoever still
            // writes: opened again then.
            "jdbc:h2:retry:" + base + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE;TRACE_LEVEL_FILE=0",
            "lifeboat",
            "");
    try (Connection connection = pool.getConnection()) {
      // Of each the last table says that all is there: a crash in between leaves tables that are
      // made anew.
      if (!has(connection, "LIFEBOAT_SCHEMA")) {
        makeSchema(connection);
      }
      if (!has(connection, "LIFEBOAT_BATCH")) {
        makeBatch(connection);
      }
      return new LocalTimetableStore(base, pool);
    } catch (SQLException e) {
      pool.dispose();
      if (e.getErrorCode() == ErrorCode.DATABASE_ALREADY_OPEN_1) {
        throw new VaultException.Conflict(
            "%s.mv.db is open in another process: one service runs for a home".formatted(base));
      }
      throw new IllegalStateException(
          "%s.mv.db cannot be used: %s; move it away: what is lost is only the memory of what was due"
              .formatted(base, String.valueOf(e.getMessage()).lines().findFirst().orElse("")),
          e);
    }
  }

  private static boolean has(Connection connection, String table) throws SQLException {
    try (ResultSet tables = connection.getMetaData().getTables(null, null, table, null)) {
      return tables.next();
    }
  }

  private static void makeBatch(Connection connection) throws SQLException {
    for (String script : List.of("schema-drop-h2.sql", "schema-h2.sql")) {
      try (Reader sql =
              new InputStreamReader(
                  Objects.requireNonNull(
                      JobRepository.class.getResourceAsStream(BATCH + script), script),
                  StandardCharsets.UTF_8);
          ResultSet _ = RunScript.execute(connection, sql)) {
        // Nothing comes of it.
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + script, e);
      }
    }
    try (var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE LIFEBOAT_BATCH (VERSION INT)");
    }
  }

  private static void makeSchema(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        Reader script =
            new InputStreamReader(
                Objects.requireNonNull(
                    ConnectionProvider.class.getResourceAsStream(SCHEMA), SCHEMA),
                StandardCharsets.UTF_8)) {
      statement.execute("DROP ALL OBJECTS");
      // Of H2 1: what it calls IMAGE is a BLOB.
      statement.execute("CREATE DOMAIN IMAGE AS BLOB");
      try (ResultSet _ = RunScript.execute(connection, script)) {
        statement.execute("CREATE TABLE LIFEBOAT_SCHEMA (VERSION INT)");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + SCHEMA, e);
    }
  }

  @Override
  public Connection getConnection() throws SQLException {
    return pool.getConnection();
  }

  @Override
  public void initialize() {}

  @Override
  public String name() {
    return base;
  }

  @Override
  public Map<String, String> quartz() {
    return Map.of("org.quartz.jobStore.driverDelegateClass", StdJDBCDelegate.class.getName());
  }

  @Override
  public DataSource dataSource() {
    return pool;
  }

  @Override
  public String type() {
    return "H2";
  }

  @Override
  public boolean isShared() {
    return false;
  }

  @Override
  public Lane lane() {
    return lane;
  }

  @Override
  public Optional<Hold> take(String job) {
    return Optional.of(Hold.OWN);
  }

  @Override
  public List<String> stranded() {
    return List.of();
  }

  @Override
  public boolean answers() {
    return true;
  }

  @Override
  public void shutdown() {
    pool.dispose();
  }
}
