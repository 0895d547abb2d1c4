package dev.lifeboat.schedules.alert.channel;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

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
      SSLContext context = SSLContext.getInstance("TLS");
      if (ca.isEmpty()) {
        context.init(null, null, null);
        return context;
      }
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      int number = 0;
      try (InputStream in = Files.newInputStream(ca.get())) {
        for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
          store.setCertificateEntry("ca" + number++, each);
        }
      }
      if (number == 0) {
        throw new IllegalArgumentException("ca %s has no certificate in it".formatted(ca.get()));
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      context.init(null, factory.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "ca %s cannot be used: %s".formatted(ca.map(Path::toString).orElse(""), e.getMessage()),
          e);
    }
  }
}
