package dev.lifeboat.schedules.alert.channel;

import dev.lifeboat.vault.Authorities;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * Whose certificates are trusted.
 *
 * @param ca file in PEM with the certificates of the authorities, and no others; empty for those of
 *     the Java runtime
 */
public record Trust(Optional<Path> ca) {
  /** The Java runtime's. */
  public static final Trust USUAL = new Trust(Optional.empty());

  static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

  /**
   * For connections.
   *
   * @throws IllegalArgumentException if the file cannot be read or has no certificate in it
   */
  public SSLContext context() {
    try {
      return Authorities.context(ca);
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "ca %s cannot be used: %s".formatted(ca.map(Path::toString).orElse(""), e.getMessage()),
          e);
    }
  }
}
