package dev.lifeboat.vault;

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

/** Whose certificates are trusted when we connect. */
public final class Authorities {
  private Authorities() {}

  /**
   * For connections.
   *
   * @param file in PEM with the certificates of the authorities, and no others are trusted; empty
   *     for those of the Java runtime
   * @throws IOException if the file cannot be read or holds no certificate
   * @throws GeneralSecurityException if what it holds is none
   */
  public static SSLContext context(Optional<Path> file)
      throws IOException, GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    if (file.isEmpty()) {
      context.init(null, null, null);
      return context;
    }
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    int number = 0;
    try (InputStream in = Files.newInputStream(file.get())) {
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        trusted.setCertificateEntry("ca-" + number++, each);
      }
    }
    if (number == 0) {
      throw new IOException("it has no certificate in it");
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    context.init(null, factory.getTrustManagers(), null);
    return context;
  }
}
