package dev.lifeboat.cli.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.schedules.alert.channel.Trust;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ends of certificates as a server shows them. */
class CertificateEndsTest {
  private static final String PASSWORD = "changeit";

  @TempDir private Path directory;

  private void keytool(String... arguments) throws Exception {
    String[] command = new String[arguments.length + 5];
    command[0] = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    command[arguments.length + 1] = "-keystore";
    command[arguments.length + 2] = "keys.p12";
    command[arguments.length + 3] = "-storepass";
    command[arguments.length + 4] = PASSWORD;
    Path log = directory.resolve("log");
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(process.waitFor()).as(Files.readString(log)).isZero();
  }

  @Test
  void served_ofAServerThatIsTrusted_isTheEndOfItsCertificate() throws Exception {
    keytool(
        "-genkeypair",
        "-keyalg",
        "EC",
        "-dname",
        "CN=store",
        "-ext",
        "SAN=IP:127.0.0.1",
        "-validity",
        "9",
        "-alias",
        "server",
        "-storetype",
        "PKCS12");
    keytool("-exportcert", "-rfc", "-alias", "server", "-file", "server.pem");
    Trust trust = new Trust(Optional.of(directory.resolve("server.pem")));
    try (SSLServerSocket server = server()) {
      Thread.ofVirtual().start(() -> greet(server));
      URI address = URI.create("https://127.0.0.1:" + server.getLocalPort());

      assertThat(CertificateEnds.served(address, trust).orElseThrow())
          .isBetween(
              Instant.now().plus(Duration.ofDays(8)), Instant.now().plus(Duration.ofDays(10)));
      // Connections to it fail, and that is told of the region.
      assertThat(CertificateEnds.served(address, Trust.USUAL)).isEmpty();
    }
  }

  private SSLServerSocket server() throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(directory.resolve("keys.p12"))) {
      keys.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return (SSLServerSocket)
        context.getServerSocketFactory().createServerSocket(0, 5, InetAddress.getLoopbackAddress());
  }

  private static void greet(SSLServerSocket server) {
    while (!server.isClosed()) {
      try (SSLSocket client = (SSLSocket) server.accept()) {
        client.startHandshake();
      } catch (IOException _) {
        // A client that does not trust it ends the handshake; the next may.
      }
    }
  }
}
