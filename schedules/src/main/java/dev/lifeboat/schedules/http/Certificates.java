package dev.lifeboat.schedules.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A certificate and its key from PEM files.
 *
 * @param until the end of the first certificate
 */
public record Certificates(SSLContext context, Instant until) {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----([^-]*)-----END");

  /**
   * Reads them.
   *
   * @param certificate the server's own first, then those that vouch for it
   * @param key PKCS #8, not encrypted
   * @throws IOException if they cannot be read or are not what they should be; names the file and
   *     never shows the key
   */
  public static Certificates read(Path certificate, Path key) throws IOException {
    char[] none = new char[0];
    try {
      List<X509Certificate> chain = chain(certificate);
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, none);
      store.setKeyEntry("server", privateKey(key), none, chain.toArray(Certificate[]::new));
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, none);
      SSLContext context = SSLContext.getInstance("TLSv1.3");
      context.init(keys.getKeyManagers(), null, null);
      return new Certificates(context, chain.getFirst().getNotAfter().toInstant());
    } catch (GeneralSecurityException e) {
      throw new IOException(
          "%s and %s are no certificate and its key: %s"
              .formatted(certificate, key, e.getMessage()),
          e);
    }
  }

  /**
   * The certificates of a file, as they stand there.
   *
   * @throws IOException if it cannot be read or holds none; names the file
   */
  public static List<X509Certificate> chain(Path file) throws IOException {
    List<X509Certificate> chain = new ArrayList<>();
    try {
      for (Certificate each :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)))) {
        if (each instanceof X509Certificate certificate) {
          chain.add(certificate);
        }
      }
    } catch (CertificateException e) {
      throw new IOException("%s holds no certificate: %s".formatted(file, e.getMessage()), e);
    }
    if (chain.isEmpty()) {
      throw new IOException(file + " holds no certificate in PEM");
    }
    return chain;
  }

  private static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
    String text = Files.readString(file, StandardCharsets.US_ASCII);
    Matcher pem = KEY.matcher(text);
    if (!pem.find()) {
      throw new IOException(file + " holds no private key in PEM");
    }
    if (!pem.group(1).isEmpty()) {
      throw new IOException(
          "%s holds a %sPRIVATE KEY; make it PKCS #8 without a passphrase: openssl pkcs8 -topk8 -nocrypt -in %s"
              .formatted(file, pem.group(1), file));
    }
    byte[] bytes = Base64.getMimeDecoder().decode(pem.group(2));
    try {
      for (String algorithm : List.of("EC", "RSA", "EdDSA")) {
        try {
          return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(bytes));
        } catch (InvalidKeySpecException e) {
          // Of another kind.
        }
      }
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
    throw new IOException(file + " holds a key that is neither EC nor RSA nor Ed25519");
  }
}
