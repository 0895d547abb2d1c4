package dev.lifeboat.jobs;

import dev.lifeboat.vault.VaultException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.h2.api.ErrorCode;
import org.h2.jdbcx.JdbcConnectionPool;
import org.h2.jdbcx.JdbcDataSource;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.support.EncodedResource;
import org.springframework.jdbc.datasource.init.ScriptUtils;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * The job repository and run history: one H2 file under {@code <home>/state/}. One process at a
 * time has it open; the night's lock sees to that.
 *
 * <p>A new database is made beside its place and moved there when it is whole, so that a crash
 * never leaves half a schema.
 */
final class StateDatabase implements AutoCloseable {
  /** Version of the schema that this program makes and understands. */
  static final int VERSION = 1;

  private static final String NAME = "lifeboat";

  private final Path file;
  private final JdbcConnectionPool pool;
  private final JdbcTransactionManager transactions;
  private final JobRepository repository;

  private StateDatabase(
      Path file,
      JdbcConnectionPool pool,
      JdbcTransactionManager transactions,
      JobRepository repository) {
    this.file = file;
    this.pool = pool;
    this.transactions = transactions;
    this.repository = repository;
  }

  /** Where the database of a home lies. */
  static Path file(Path home) {
    return home.resolve("state").resolve(NAME + ".mv.db");
  }

  /**
   * Opens the database of a home, made if it is not there.
   *
   * @param connections how many may be in use at once
   * @throws StateDatabaseException if it is damaged or too new
   * @throws VaultException.Conflict if another process has it open
   */
  static StateDatabase open(Path home, int connections) {
    Path file = file(home);
    try {
      Path directory = Homes.directory(home.resolve("state"));
      if (Files.notExists(file)) {
        create(directory, file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make the state database " + file, e);
    } catch (SQLException e) {
      throw new StateDatabaseException.Damaged(file, String.valueOf(e.getMessage()), e);
    }
    JdbcConnectionPool pool = JdbcConnectionPool.create(source(file, ";IFEXISTS=TRUE"));
    try {
      pool.setMaxConnections(connections);
      // The connection goes back to the pool and holds the database open for those after it.
      checkVersion(file, pool);
      JdbcTransactionManager transactions = new JdbcTransactionManager(pool);
      return new StateDatabase(
          file, pool, transactions, BatchSetup.repository(pool, transactions, "H2"));
    } catch (RuntimeException e) {
      pool.dispose();
      throw e;
    }
  }

  DataSource dataSource() {
    return pool;
  }

  JdbcTransactionManager transactions() {
    return transactions;
  }

  JobRepository repository() {
    return repository;
  }

  /** What to throw for an error of the database in the midst of its use. */
  StateDatabaseException damaged(RuntimeException cause) {
    return new StateDatabaseException.Damaged(file, String.valueOf(cause.getMessage()), cause);
  }

  /** Closes the database: the last connection does. */
  @Override
  public void close() {
    pool.dispose();
  }

  private static void create(Path directory, Path file) throws IOException, SQLException {
    Path making = directory.resolve("making");
    Files.createDirectories(making);
    Path unfinished = making.resolve(file.getFileName());
    Files.deleteIfExists(unfinished);
    try (Connection connection = source(unfinished, "").getConnection()) {
      run(connection, "org/springframework/batch/core/schema-h2.sql");
      run(connection, "dev/lifeboat/jobs/state-schema-h2.sql");
      try (Statement statement = connection.createStatement()) {
        statement.execute("INSERT INTO LIFEBOAT_STATE_VERSION VALUES (" + VERSION + ")");
        statement.execute("SHUTDOWN");
      }
    }
    Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rw-------"));
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    Files.deleteIfExists(making);
  }

  private static void run(Connection connection, String script) {
    ScriptUtils.executeSqlScript(
        connection,
        new EncodedResource(
            new ClassPathResource(script, StateDatabase.class.getClassLoader()),
            StandardCharsets.UTF_8));
  }

  private static void checkVersion(Path file, DataSource database) {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT VERSION FROM LIFEBOAT_STATE_VERSION")) {
      if (!row.next()) {
        throw new StateDatabaseException.Damaged(file, "it has no version", null);
      }
      int version = row.getInt(1);
      if (version > VERSION) {
        throw new StateDatabaseException.Newer(file, version, VERSION);
      }
      if (version < 1) {
        throw new StateDatabaseException.Damaged(file, "it has version " + version, null);
      }
    } catch (SQLException e) {
      if (e.getErrorCode() == ErrorCode.DATABASE_ALREADY_OPEN_1) {
        throw new VaultException.Conflict(
            "state database %s is open in another process; wait for its end".formatted(file));
      }
      throw new StateDatabaseException.Damaged(file, firstLine(e), e);
    }
  }

  private static String firstLine(SQLException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  /**
   * Every commit is written at once: after a kill -9 the history ends with the last commit. H2's
   * own shutdown hook is off, because a night that is being stopped still writes.
   */
  private static JdbcDataSource source(Path file, String more) {
    String path = file.toAbsolutePath().toString();
    String base = path.substring(0, path.length() - ".mv.db".length()).replace(";", "\\;");
    JdbcDataSource source = new JdbcDataSource();
    source.setURL(
        "jdbc:h2:file:" + base + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE;TRACE_LEVEL_FILE=0" + more);
    source.setUser("lifeboat");
    source.setPassword("");
    return source;
  }
}
