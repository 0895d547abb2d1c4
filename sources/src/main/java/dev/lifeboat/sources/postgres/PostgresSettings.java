package dev.lifeboat.sources.postgres;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Which PostgreSQL server is captured, and how.
 *
 * @param host name, address, or the absolute path of the directory of its Unix socket
 * @param user the role to connect as; docs/sources/postgres.md lists what it needs
 * @param sslMode empty for the safe choice: {@code verify-full}, or {@code prefer} over loopback
 *     and sockets
 * @param sslRootCertificate the authorities to believe, in PEM; empty for libpq's default file
 * @param databases the databases to capture; empty for all that allow connections
 * @param maintenanceDatabase the database to connect to for what concerns the whole server
 * @param binaries the directory of {@code pg_dump}; empty to look in {@code PATH} and below {@code
 *     /usr/lib/postgresql}
 * @param parallelism how many tables are read at the same time, at least 1
 * @param largeTableBytes tables from this size on are archives of their own, read in parallel
 * @param checksumLimitBytes tables larger than this are counted but not checksummed, and the
 *     expectations say so
 */
public record PostgresSettings(
    String host,
    int port,
    String user,
    Optional<SslMode> sslMode,
    Optional<Path> sslRootCertificate,
    List<String> databases,
    String maintenanceDatabase,
    Optional<Path> binaries,
    int parallelism,
    long largeTableBytes,
    long checksumLimitBytes) {
  public static final int DEFAULT_PORT = 5432;
  public static final long DEFAULT_LARGE_TABLE_BYTES = 64L << 20;
  public static final long DEFAULT_CHECKSUM_LIMIT_BYTES = 16L << 30;

  public PostgresSettings {
    if (host.isEmpty() || user.isEmpty() || maintenanceDatabase.isEmpty()) {
      throw new IllegalArgumentException("postgres: host, user and database must not be empty");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("postgres: no port " + port);
    }
    if (parallelism < 1) {
      throw new IllegalArgumentException("postgres: parallelism must be at least 1");
    }
    if (largeTableBytes < 0 || checksumLimitBytes < 0) {
      throw new IllegalArgumentException("postgres: sizes must not be negative");
    }
    if (databases.contains("template0")
        || databases.stream().distinct().count() < databases.size()) {
      throw new IllegalArgumentException(
          "postgres: databases must be named once each, and template0 cannot be captured");
    }
    databases = List.copyOf(databases);
  }

  /** All databases of a server, with the defaults for everything else. */
  public static PostgresSettings of(String host, int port, String user) {
    return new PostgresSettings(
        host,
        port,
        user,
        Optional.empty(),
        Optional.empty(),
        List.of(),
        "postgres",
        Optional.empty(),
        2,
        DEFAULT_LARGE_TABLE_BYTES,
        DEFAULT_CHECKSUM_LIMIT_BYTES);
  }

  /** The same, for these databases alone. */
  public PostgresSettings withDatabases(List<String> only) {
    return new PostgresSettings(
        host,
        port,
        user,
        sslMode,
        sslRootCertificate,
        only,
        maintenanceDatabase,
        binaries,
        parallelism,
        largeTableBytes,
        checksumLimitBytes);
  }

  /** The same, with the tools in this directory. */
  public PostgresSettings withBinaries(Path directory) {
    return new PostgresSettings(
        host,
        port,
        user,
        sslMode,
        sslRootCertificate,
        databases,
        maintenanceDatabase,
        Optional.of(directory),
        parallelism,
        largeTableBytes,
        checksumLimitBytes);
  }

  /** The same, with other limits of size. */
  public PostgresSettings withLimits(long largeTable, long checksumLimit) {
    return new PostgresSettings(
        host,
        port,
        user,
        sslMode,
        sslRootCertificate,
        databases,
        maintenanceDatabase,
        binaries,
        parallelism,
        largeTable,
        checksumLimit);
  }
}
