package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.Secret;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * One database of a server, for those who keep something of their own in it: reached as servers are
 * that are captured, but nobody waits long for an answer.
 */
public final class PostgresDatabase {
  private static final int CONNECT_SECONDS = 5;
  private static final int LOGIN_SECONDS = 10;
  private static final int ANSWER_MILLIS = 20_000;

  /** Closes a connection on the thread that finds that it does not answer. */
  private static final Executor HERE = Runnable::run;

  private final Endpoint endpoint;
  private final String name;

  /**
   * @param host name, address, or the absolute path of the directory of its Unix socket
   * @param sslMode empty for the safe choice: {@code verify-full}, or {@code prefer} over loopback
   *     and sockets
   * @param password stays the caller's, open as long as this is used
   */
  public PostgresDatabase(
      String host,
      int port,
      String name,
      String user,
      Optional<SslMode> sslMode,
      Optional<Path> sslRootCertificate,
      Optional<Secret> password) {
    this.endpoint = new Endpoint(host, port, user, sslMode, sslRootCertificate, password);
    this.name = name;
  }

  /**
   * Opens a session that commits by itself and gives up on a server that does not answer for 20
   * seconds.
   */
  public Connection open() throws SQLException {
    Connection connection = endpoint.open(name, CONNECT_SECONDS, LOGIN_SECONDS);
    try {
      connection.setNetworkTimeout(HERE, ANSWER_MILLIS);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** What a failure to open a session means, in words that say what to do. */
  public String explain(SQLException failure) {
    return String.valueOf(endpoint.unreachable(name, failure).getMessage());
  }

  public String name() {
    return name;
  }

  public String user() {
    return endpoint.user();
  }

  /** Where it is, for messages. */
  @Override
  public String toString() {
    return "%s, database '%s'".formatted(endpoint, name);
  }
}
