package dev.lifeboat.cli.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Where the service remembers what is due, runs and alerts. */
public record StoreSection(
    Place at,
    @Doc(
            value = "A PostgreSQL database that the services of several hosts share.",
            choice = "database")
        Optional<Postgres> postgres,
    @Doc(
            value =
                "For how long nothing may be heard of a host before another goes on with what it did.",
            fallback = "30s")
        Duration takeover) {
  private static final Duration SHORTEST = Duration.ofSeconds(2);

  public StoreSection {
    if (takeover.compareTo(SHORTEST) < 0) {
      throw new IllegalArgumentException(
          "takeover: in less than 2s a host that is only busy would be taken for dead");
    }
  }

  /** A database of a server. */
  public record Postgres(
      Place at,
      @Doc("Name or address, or the directory of its Unix socket.") String host,
      @Doc(value = "Its port.", fallback = "5432", atLeast = 1) int port,
      @Doc("The database; each vault has a schema of its own in it.") String database,
      @Doc("The role to connect as.") String user,
      @Doc("Its password; absent where the server asks for none.") Optional<SecretSource> password,
      @Doc(
              "disable, prefer, require, verify-ca or verify-full; when absent verify-full, or prefer over loopback and sockets.")
          Optional<DatasetSection.Postgres.SslMode> sslmode,
      @Doc("Authorities to believe, in PEM.") Optional<Path> sslRootCertificate) {
    private static final int MOST = 65_535;

    public Postgres {
      if (host.isEmpty() || database.isEmpty() || user.isEmpty()) {
        throw new IllegalArgumentException("host, database and user must not be empty");
      }
      if (port > MOST) {
        throw new IllegalArgumentException("port: %d is none; at most %d".formatted(port, MOST));
      }
    }
  }
}
