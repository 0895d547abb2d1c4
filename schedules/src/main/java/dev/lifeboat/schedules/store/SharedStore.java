package dev.lifeboat.schedules.store;

import com.zaxxer.hikari.HikariDataSource;
import dev.lifeboat.sources.postgres.PostgresDatabase;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL database that the services and commands of several hosts share: what is due, runs,
 * alerts, and who is there. Each vault has a schema of its own in it, so that several vaults can
 * use one database and never see each other's.
 *
 * <p>A process has one pool of connections for a database, however often it opens it. For use by
 * many threads.
 */
public final class SharedStore implements AutoCloseable {
  /** Those that this process has open, by what they are. */
  private static final Map<String, Opened> OPENED = new HashMap<>();

  private static final int CONNECTIONS = 8;
  private static final Duration WAIT = Duration.ofSeconds(5);

  /** So long nobody asks again a database that did not answer. */
  private static final Duration GIVEN_UP = Duration.ofSeconds(2);

  /** What the pool has to say of a server that went away is said once, by the member. */
  private static final Logger POOL = Logger.getLogger("com.zaxxer.hikari");

  private final Opened opened;
  private boolean closed;

  private SharedStore(Opened opened) {
    this.opened = opened;
  }

  /**
   * Where the store of a vault is.
   *
   * @param scope what tells the vault from others, of lower case letters and digits
   * @param node names this host's home for good; one service at a time is of it
   * @param takeover for how long nothing may be heard of a member before it counts as dead
   */
  public record Settings(PostgresDatabase database, String scope, String node, Duration takeover) {
    public Settings {
      if (!scope.matches("[a-z0-9]{1,40}")) {
        throw new IllegalArgumentException("'%s' cannot name a schema".formatted(scope));
      }
    }

    String schema() {
      return "lifeboat_" + scope;
    }
  }

  /** What is shared by all that have it open in this process. */
  private static final class Opened {
    private final String key;
    private final HikariDataSource pool;
    private final Sessions sessions;
    private final Settings settings;
    private final Membership membership;
    private int users;

    Opened(String key, HikariDataSource pool, Settings settings) {
      this.key = key;
      this.pool = pool;
      this.settings = settings;
      this.sessions = new Sessions(pool, settings);
      this.membership = new Membership(sessions, settings);
    }
  }

  /**
   * Opens it; makes its schema if it is not there.
   *
   * @throws SharedStoreException if it cannot be reached or used, saying what to do
   */
  public static SharedStore open(Settings settings) {
    String key =
        "%s as %s %s %s"
            .formatted(
                settings.database(),
                settings.database().user(),
                settings.schema(),
                settings.node());
    synchronized (OPENED) {
      Opened opened = OPENED.get(key);
      if (opened == null) {
        opened = new Opened(key, pool(settings), settings);
        OPENED.put(key, opened);
      }
      opened.users++;
      return new SharedStore(opened);
    }
  }

  private static HikariDataSource pool(Settings settings) {
    POOL.setLevel(Level.OFF);
    // Once by hand: a pool does not say why it cannot connect.
    try (Connection connection = settings.database().open()) {
      new SharedSchema(settings.schema(), settings.database()).prepare(connection);
    } catch (SQLException e) {
      throw unreachable(settings, e);
    }
    HikariDataSource pool = new HikariDataSource();
    pool.setDataSource(new Source(settings));
    pool.setPoolName("lifeboat");
    pool.setMaximumPoolSize(CONNECTIONS);
    pool.setMinimumIdle(1);
    pool.setIdleTimeout(Duration.ofMinutes(1).toMillis());
    pool.setConnectionTimeout(WAIT.toMillis());
    pool.setValidationTimeout(Duration.ofSeconds(5).toMillis());
    pool.setInitializationFailTimeout(-1);
    return pool;
  }

  private static SharedStoreException unreachable(Settings settings, SQLException e) {
    return new SharedStoreException("service.store: " + settings.database().explain(e), e);
  }

  /** What is done in a transaction. */
  @FunctionalInterface
  public interface Work<T> {
    T in(Connection connection) throws SQLException;
  }

  /**
   * Does something in one transaction, to its end even if the caller is interrupted: the interrupt
   * stays with the caller.
   *
   * @throws SharedStoreException if the database cannot be used; whether it was done is not known
   *     if the connection was lost in the end, so what is done must be good to do twice
   */
  public <T> T transact(Work<T> work) {
    return opened.sessions.transact(work);
  }

  /** This process among those that use it. */
  public Membership membership() {
    return opened.membership;
  }

  /** Connections that commit by themselves; closing one gives it back. */
  public DataSource dataSource() {
    return opened.pool;
  }

  /** Where it is, for messages. */
  @Override
  public String toString() {
    return "%s, schema %s".formatted(opened.settings.database(), opened.settings.schema());
  }

  /** The last one closes the connections and takes leave of the others. */
  @Override
  public void close() {
    Opened unused = null;
    synchronized (OPENED) {
      if (!closed) {
        closed = true;
        if (--opened.users == 0) {
          OPENED.remove(opened.key);
          unused = opened;
        }
      }
    }
    if (unused != null) {
      unused.membership.close();
      unused.pool.close();
    }
  }

  /** Transactions. */
  static final class Sessions {
    private final DataSource pool;
    private final Settings settings;
    private volatile @Nullable Failed failed;

    private record Failed(SharedStoreException why, long at) {}

    Sessions(DataSource pool, Settings settings) {
      this.pool = pool;
      this.settings = settings;
    }

    <T> T transact(Work<T> work) {
      Failed before = failed;
      if (before != null && System.nanoTime() - before.at() < GIVEN_UP.toNanos()) {
        throw new SharedStoreException(String.valueOf(before.why().getMessage()), before.why());
      }
      boolean interrupted = Thread.interrupted();
      try (Connection connection = pool.getConnection()) {
        connection.setAutoCommit(false);
        try {
          T result = work.in(connection);
          connection.commit();
          return result;
        } catch (SQLException | RuntimeException e) {
          try {
            connection.rollback();
          } catch (SQLException again) {
            e.addSuppressed(again);
          }
          throw e;
        }
      } catch (SQLException e) {
        SharedStoreException why =
            unreachable(settings, e.getCause() instanceof SQLException cause ? cause : e);
        if (e instanceof SQLTransientConnectionException) {
          failed = new Failed(why, System.nanoTime());
        }
        throw why;
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  /** Sessions whose tables are those of the schema. */
  private record Source(Settings settings) implements DataSource {
    @Override
    public Connection getConnection() throws SQLException {
      Connection connection = settings.database().open();
      try (Statement statement = connection.createStatement()) {
        statement.execute("SET search_path TO " + settings.schema());
        // A server may be set to lose the last moments in a crash.
        statement.execute("SET synchronous_commit TO on");
        return connection;
      } catch (SQLException e) {
        connection.close();
        throw e;
      }
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
      throw new SQLFeatureNotSupportedException("the user is the configured one");
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
      return null;
    }

    @Override
    public void setLogWriter(@Nullable PrintWriter out) {}

    @Override
    public void setLoginTimeout(int seconds) {}

    @Override
    public int getLoginTimeout() {
      return 0;
    }

    @Override
    public Logger getParentLogger() {
      return POOL;
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
      throw new SQLException("there is no " + type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
      return false;
    }
  }
}
