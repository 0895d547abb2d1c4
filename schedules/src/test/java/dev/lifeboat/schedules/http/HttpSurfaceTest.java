package dev.lifeboat.schedules.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over real sockets. */
class HttpSurfaceTest {
  private static final char[] TOKEN = "a-long-token".toCharArray();

  @TempDir private Path directory;
  private final List<AutoCloseable> open = new ArrayList<>();
  private volatile boolean ready = true;
  private volatile Optional<String> metrics = Optional.of("lifeboat_concerns 0\n");

  private final HttpSurface.Pages pages =
      new HttpSurface.Pages() {
        @Override
        public boolean isReady() {
          return ready;
        }

        @Override
        public Optional<String> metrics() {
          return metrics;
        }

        @Override
        public Optional<String> status() {
          return Optional.of("{\"datasets\" : []}");
        }
      };

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  private HttpSurface surface(Gate gate, Optional<SSLContext> tls) throws IOException {
    HttpSurface surface =
        new HttpSurface(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), tls, gate, pages);
    open.add(surface);
    return surface;
  }

  private HttpClient client(Optional<SSLContext> tls) {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(30));
    tls.ifPresent(builder::sslContext);
    HttpClient client = builder.build();
    open.add(client);
    return client;
  }

  private static HttpResponse<String> get(HttpClient client, String uri, String authorization)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(uri)).timeout(Duration.ofSeconds(30));
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void health_needsNoAuthenticationAndTellsNothing() throws Exception {
    String uri = surface(Gate.ofToken(TOKEN), Optional.empty()).uri();
    HttpClient client = client(Optional.empty());

    assertThat(get(client, uri + "health/live", "").body()).isEqualTo("alive\n");
    assertThat(get(client, uri + "health/ready", "").statusCode()).isEqualTo(200);
    ready = false;
    HttpResponse<String> notReady = get(client, uri + "health/ready", "");
    assertThat(notReady.statusCode()).isEqualTo(503);
    assertThat(notReady.body()).isEqualTo("not ready\n");
    assertThat(get(client, uri + "health/live", "").statusCode()).isEqualTo(200);
  }

  @Test
  void token_rightOrWrong_opensOrDoesNot() throws Exception {
    String uri = surface(Gate.ofToken(TOKEN), Optional.empty()).uri();
    HttpClient client = client(Optional.empty());

    HttpResponse<String> open = get(client, uri + "metrics", "Bearer a-long-token");
    assertThat(open.statusCode()).isEqualTo(200);
    assertThat(open.body()).isEqualTo("lifeboat_concerns 0\n");
    assertThat(open.headers().firstValue("Content-Type"))
        .contains("text/plain; version=0.0.4; charset=utf-8");
    assertThat(
            get(client, uri + "status", "bearer a-long-token").headers().firstValue("Content-Type"))
        .contains("application/json");

    String basic =
        "Basic "
            + Base64.getEncoder().encodeToString("x:a-long-token".getBytes(StandardCharsets.UTF_8));
    for (String wrong :
        List.of(
            "",
            "Bearer",
            "Bearer ",
            "Bearer a-long-tokeN",
            "Bearer a-long-token2",
            "a-long-token",
            basic)) {
      for (String page : List.of("metrics", "status", "", "other", "metrics?token=a-long-token")) {
        HttpResponse<String> refused = get(client, uri + page, wrong);
        assertThat(refused.statusCode()).as("'%s' with '%s'", page, wrong).isEqualTo(401);
        assertThat(refused.headers().firstValue("WWW-Authenticate"))
            .contains("Bearer realm=\"lifeboat\"");
        assertThat(refused.body()).doesNotContain("lifeboat_");
      }
    }
    assertThat(get(client, uri + "other", "Bearer a-long-token").statusCode()).isEqualTo(404);
  }

  @Test
  void password_rightOrWrong_opensOrDoesNot() throws Exception {
    String uri = surface(Gate.ofPassword("prom", "pä:ss".toCharArray()), Optional.empty()).uri();
    HttpClient client = client(Optional.empty());

    assertThat(get(client, uri + "metrics", basic("prom:pä:ss")).statusCode()).isEqualTo(200);
    assertThat(get(client, uri + "metrics", basic("prom:pass")).statusCode()).isEqualTo(401);
    assertThat(get(client, uri + "metrics", basic("root:pä:ss")).statusCode()).isEqualTo(401);
    assertThat(get(client, uri + "metrics", "Bearer pä:ss").statusCode()).isEqualTo(401);
  }

  private static String basic(String text) {
    return "Basic " + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void request_otherThanReading_isRefused_andBeforeTheFirstPageThereIsNone() throws Exception {
    String uri = surface(Gate.ofToken(TOKEN), Optional.empty()).uri();
    HttpClient client = client(Optional.empty());
    HttpRequest post =
        HttpRequest.newBuilder(URI.create(uri + "metrics"))
            .header("Authorization", "Bearer a-long-token")
            .POST(HttpRequest.BodyPublishers.ofString("x".repeat(1_000)))
            .build();
    assertThat(client.send(post, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(405);

    metrics = Optional.empty();
    assertThat(get(client, uri + "metrics", "Bearer a-long-token").statusCode()).isEqualTo(503);
  }

  @Test
  void client_thatSendsSlowly_blocksNobody() throws Exception {
    HttpSurface surface = surface(Gate.ofToken(TOKEN), Optional.empty());
    URI uri = URI.create(surface.uri());
    for (int i = 0; i < 40; i++) {
      Socket slow = new Socket(uri.getHost(), uri.getPort());
      open.add(slow);
      slow.getOutputStream()
          .write("GET /metrics HTTP/1.1\r\nHost: x\r\nA: b".getBytes(StandardCharsets.UTF_8));
      slow.getOutputStream().flush();
    }

    HttpClient client = client(Optional.empty());
    for (int i = 0; i < 20; i++) {
      assertThat(get(client, uri + "health/live", "").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void header_thatIsTooLong_isNotTaken() throws Exception {
    URI uri = URI.create(surface(Gate.ofToken(TOKEN), Optional.empty()).uri());
    try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
      socket.setSoTimeout(30_000);
      byte[] request =
          ("GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a-long-token\r\nA: "
                  + "y".repeat(100_000)
                  + "\r\n\r\n")
              .getBytes(StandardCharsets.UTF_8);
      String answer = "";
      try {
        socket.getOutputStream().write(request);
        answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        // Closed while we were still sending.
      }
      assertThat(answer).doesNotContain(" 200 ").doesNotContain("lifeboat_");
    }
  }

  @Test
  void listen_whereOthersCanConnect_needsTls() {
    assertThatThrownBy(() ->
            new HttpSurface(
                new InetSocketAddress("0.0.0.0", 0), Optional.empty(), Gate.ofToken(TOKEN), pages))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("TLS");
  }

  @Test
  void tls_oneThree_isSpokenAlone() throws Exception {
    openssl(
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        "key.pem",
        "-out",
        "cert.pem",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=IP:127.0.0.1");
    Certificates certificates =
        Certificates.read(directory.resolve("cert.pem"), directory.resolve("key.pem"));
    assertThat(certificates.until()).isAfter(Instant.now());
    HttpSurface surface = surface(Gate.ofToken(TOKEN), Optional.of(certificates.context()));
    SSLContext trusting = trusting(directory.resolve("cert.pem"));

    assertThat(surface.uri()).startsWith("https://127.0.0.1:");
    HttpResponse<String> answer =
        get(client(Optional.of(trusting)), surface.uri() + "metrics", "Bearer a-long-token");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.sslSession().orElseThrow().getProtocol()).isEqualTo("TLSv1.3");

    URI uri = URI.create(surface.uri());
    SSLContext older = SSLContext.getInstance("TLSv1.2");
    older.init(null, null, null);
    try (SSLSocket socket =
        (SSLSocket) older.getSocketFactory().createSocket(uri.getHost(), uri.getPort())) {
      socket.setSoTimeout(30_000);
      socket.setEnabledProtocols(new String[] {"TLSv1.2"});
      assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
    }
    try (Socket plain = new Socket(uri.getHost(), uri.getPort())) {
      plain.setSoTimeout(30_000);
      plain
          .getOutputStream()
          .write("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.UTF_8));
      assertThat(new String(plain.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .doesNotContain("alive");
    }
  }

  @Test
  void certificates_thatAreNone_areRefusedWithTheRemedy() throws Exception {
    openssl(
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "key.pem",
        "-out",
        "cert.pem",
        "-days",
        "2",
        "-subj",
        "/CN=localhost");
    Path cert = directory.resolve("cert.pem");
    Path key = directory.resolve("key.pem");
    assertThat(Certificates.read(cert, key).context().getProtocol()).isEqualTo("TLSv1.3");

    openssl("rsa", "-in", "key.pem", "-traditional", "-out", "old.pem");
    assertThatThrownBy(() -> Certificates.read(cert, directory.resolve("old.pem")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("openssl pkcs8 -topk8 -nocrypt");
    assertThatThrownBy(() -> Certificates.read(cert, cert))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no private key");
    assertThatThrownBy(() -> Certificates.read(key, key)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> Certificates.read(directory.resolve("absent"), key))
        .isInstanceOf(IOException.class);
  }

  private void openssl(String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(words));
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("openssl.log").toFile())
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(directory.resolve("openssl.log"))).isZero();
  }

  private static SSLContext trusting(Path certificate) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (InputStream in = Files.newInputStream(certificate)) {
      store.setCertificateEntry(
          "server", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
