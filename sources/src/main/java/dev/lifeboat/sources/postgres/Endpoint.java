package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.SourceException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.postgresql.PGProperty;
import org.postgresql.ds.PGSimpleDataSource;

/** How to reach a server: by JDBC, and by the programs that come with PostgreSQL. */
final class Endpoint {
  /**
   * What decides how values look as text, and what may end a session from without. Everything that
   * is hashed depends on the first group; the second keeps a server's defaults from stopping us;
   * {@code row_security} makes a policy an error instead of a table that seems smaller.
   */
  private static final String SESSION =
      """
      SELECT set_config(s.name, v.value, false)
      FROM (VALUES ('search_path', ''), ('datestyle', 'ISO, MDY'), ('intervalstyle', 'postgres'),
                   ('timezone', 'UTC'), ('extra_float_digits', '1'), ('bytea_output', 'hex'),
                   ('lc_monetary', 'C'), ('xmlbinary', 'base64'), ('quote_all_identifiers', 'off'),
                   ('standard_conforming_strings', 'on'),
                   ('statement_timeout', '0'), ('idle_in_transaction_session_timeout', '0'),
                   ('idle_session_timeout', '0'), ('transaction_timeout', '0'),
                   ('synchronize_seqscans', 'off'), ('row_security', 'off'),
                   ('lock_timeout', '20s')) AS v (name, value)
      JOIN pg_catalog.pg_settings s ON lower(s.name) = v.name
      """;

  private final String host;
  private final int port;
  private final String user;
  private final SslMode sslMode;
  private final Optional<Path> sslRootCertificate;
  private final Optional<Secret> password;

  Endpoint(
      String host,
      int port,
      String user,
      Optional<SslMode> sslMode,
      Optional<Path> sslRootCertificate,
      Optional<Secret> password) {
    this.host = host;
    this.port = port;
    this.user = user;
    this.sslMode = sslMode.orElseGet(() -> isLocal(host) ? SslMode.PREFER : SslMode.VERIFY_FULL);
    this.sslRootCertificate = sslRootCertificate;
    this.password = password;
  }

  static boolean isSocket(String host) {
    return host.startsWith("/");
  }

  private static boolean isLocal(String host) {
    if (isSocket(host) || host.equals("localhost")) {
      return true;
    }
    try {
      return InetAddress.ofLiteral(host).isLoopbackAddress();
    } catch (IllegalArgumentException e) {
      // A name: whoever answers the question where it is decides where the data go.
      return false;
    }
  }

  boolean isAt(String otherHost, int otherPort) {
    return host.equals(otherHost) && port == otherPort;
  }

  String user() {
    return user;
  }

  /** Where it is, for messages. */
  @Override
  public String toString() {
    return isSocket(host)
        ? "PostgreSQL at %s/.s.PGSQL.%d".formatted(host, port)
        : "PostgreSQL at %s:%d".formatted(host, port);
  }

  /** Opens a session in which values have one text only; committing by itself. */
  Connection open(String database) throws SQLException {
    return open(database, 30, 60);
  }

  /** The same, for those who do not wait that long. */
  Connection open(String database, int connectSeconds, int loginSeconds) throws SQLException {
    PGSimpleDataSource source = new PGSimpleDataSource();
    if (isSocket(host)) {
      source.setServerNames(new String[] {"localhost"});
      source.setSocketFactory(UnixSocketFactory.class.getName());
      source.setSocketFactoryArg(host + "/.s.PGSQL." + port);
      source.setSslMode("disable");
    } else {
      source.setServerNames(new String[] {host});
      source.setSslMode(sslMode.libpqName());
      sslRootCertificate.ifPresent(path -> source.setSslRootCert(path.toString()));
      source.setTcpKeepAlive(true);
    }
    source.setPortNumbers(new int[] {port});
    source.setDatabaseName(database);
    source.setUser(user);
    password.ifPresent(secret -> source.setPassword(secret.exposeSecret()));
    source.setApplicationName("lifeboat");
    source.setConnectTimeout(connectSeconds);
    source.setLoginTimeout(loginSeconds);
    source.setProperty(PGProperty.LOG_UNCLOSED_CONNECTIONS, "false");
    Connection connection = source.getConnection();
    try (Statement statement = connection.createStatement()) {
      statement.execute(SESSION);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** What {@code pg_dump} and its kin must find in their environment to reach the same server. */
  Map<String, String> environment(String database) {
    Map<String, String> environment = new HashMap<>();
    environment.put("PGHOST", host);
    environment.put("PGPORT", Integer.toString(port));
    environment.put("PGUSER", user);
    environment.put("PGDATABASE", database);
    environment.put("PGSSLMODE", isSocket(host) ? "disable" : sslMode.libpqName());
    sslRootCertificate.ifPresent(path -> environment.put("PGSSLROOTCERT", path.toString()));
    environment.put("PGAPPNAME", "lifeboat");
    environment.put("PGCONNECT_TIMEOUT", "30");
    // A database may have it on by default, and would then refuse to be filled.
    environment.put("PGOPTIONS", "-c default_transaction_read_only=off");
    password.ifPresent(secret -> environment.put("PGPASSWORD", secret.exposeSecret()));
    return environment;
  }

  /** What a failure to connect means, in words that say what to do. */
  SourceException.Unreachable unreachable(String database, SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    String remedy =
        switch (state) {
          case "28P01", "28000" ->
              "check user '%s' and its password, and pg_hba.conf".formatted(user);
          case "3D000" -> "check the name of the database";
          case "53300" -> "raise max_connections, or lower parallelism";
          case "57P03" -> "wait until it has started";
          default ->
              "check host, port and sslmode (%s), and that the server runs"
                  .formatted(sslMode.libpqName());
        };
    return new SourceException.Unreachable(
        "%s, database '%s': %s; %s".formatted(this, database, e.getMessage(), remedy), e);
  }
}
