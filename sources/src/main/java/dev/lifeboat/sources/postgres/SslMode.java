package dev.lifeboat.sources.postgres;

import java.util.Locale;

/** How a connection to a PostgreSQL server is protected; the names are libpq's. */
public enum SslMode {
  /** In plain text. */
  DISABLE,
  /** Encrypted if the server can, and believed whoever answers: for loopback and sockets. */
  PREFER,
  /** Encrypted, whoever answers. */
  REQUIRE,
  /** Encrypted, and the server's certificate is signed by a known authority. */
  VERIFY_CA,
  /** As before, and the certificate is for the host that was asked for. */
  VERIFY_FULL;

  /** As libpq and the JDBC driver write it. */
  public String libpqName() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The mode of libpq's name.
   *
   * @throws IllegalArgumentException naming the modes there are
   */
  public static SslMode parse(String libpqName) {
    for (SslMode mode : values()) {
      if (mode.libpqName().equals(libpqName)) {
        return mode;
      }
    }
    throw new IllegalArgumentException(
        "sslmode '%s' is none of disable, prefer, require, verify-ca, verify-full"
            .formatted(libpqName));
  }
}
