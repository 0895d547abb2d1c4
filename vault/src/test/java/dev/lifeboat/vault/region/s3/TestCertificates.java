package dev.lifeboat.vault.region.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A certification authority made for one run of the tests, and the certificate of {@code localhost}
 * and {@code 127.0.0.1} that it signed. Made by {@code openssl}.
 *
 * @param authority PEM file: what clients must be told to trust
 * @param certificate PEM file of the server
 * @param key PEM file of the server's private key, not encrypted
 */
public record TestCertificates(Path authority, Path certificate, Path key) {
  private static final String CURVE = "ec_paramgen_curve:P-256";

  private static final class Shared {
    private static final TestCertificates CERTIFICATES = make(TestServers.directory("tls"));
  }

  /** The same for all servers of this JVM. */
  public static TestCertificates shared() {
    return Shared.CERTIFICATES;
  }

  /** Others, in a directory of the caller's: an authority that nobody was told to trust. */
  public static TestCertificates make(Path directory) {
    Path authority = directory.resolve("ca.pem");
    Path authorityKey = directory.resolve("ca.key");
    Path request = directory.resolve("server.csr");
    Path certificate = directory.resolve("server.pem");
    Path key = directory.resolve("server.key");
    Path extensions = directory.resolve("extensions");
    try {
      Files.writeString(extensions, "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    openssl(
        "req -x509 -newkey ec -pkeyopt %s -nodes -days 2 -subj /CN=Lifeboat-tests -keyout %s -out %s"
            .formatted(CURVE, authorityKey, authority));
    openssl(
        "req -newkey ec -pkeyopt %s -nodes -subj /CN=localhost -keyout %s -out %s"
            .formatted(CURVE, key, request));
    openssl(
        "x509 -req -in %s -CA %s -CAkey %s -CAcreateserial -days 2 -extfile %s -out %s"
            .formatted(request, authority, authorityKey, extensions, certificate));
    return new TestCertificates(authority, certificate, key);
  }

  private static void openssl(String arguments) {
    TestServers.run(List.of(("openssl " + arguments).split(" ")));
  }

  /** For a server in this JVM. */
  public SSLContext serverContext() {
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      Certificate[] chain = new Certificate[2];
      chain[0] = read(factory, certificate);
      chain[1] = read(factory, authority);
      String pem =
          Files.readString(key, StandardCharsets.US_ASCII).replaceAll("-----[^-]+-----|\\s", "");
      PrivateKey privateKey =
          KeyFactory.getInstance("EC")
              .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      char[] none = new char[0];
      store.setKeyEntry("server", privateKey, none, chain);
      KeyManagerFactory managers =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(store, none);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(managers.getKeyManagers(), null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Certificate read(CertificateFactory factory, Path file)
      throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(file)) {
      return factory.generateCertificate(in);
    }
  }
}
