package dev.lifeboat.schedules.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.lifeboat.schedules.alert.channel.HttpSender;
import dev.lifeboat.schedules.alert.channel.Trust;
import dev.lifeboat.sources.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a receiver on this machine. */
class HeartbeatTest {
  private static final UUID RUN = UUID.fromString("728b3763-e80d-4113-9fc0-f11b7f8c8b8e");
  private static final String CHECK = "5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278";

  private final List<String> pings = new CopyOnWriteArrayList<>();
  private volatile int status = 200;
  private HttpServer server;

  HeartbeatTest() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
  }

  @BeforeEach
  void open() {
    server.createContext(
        "/",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          pings.add(
              "%s %s %s".formatted(exchange.getRequestMethod(), exchange.getRequestURI(), body));
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void close() {
    server.stop(0);
  }

  private Heartbeat heartbeat(String query) {
    String address =
        "http://127.0.0.1:%d/%s%s".formatted(server.getAddress().getPort(), CHECK, query);
    return new Heartbeat(
        () -> new Secret(address.toCharArray()),
        new HttpSender(Trust.USUAL, Duration.ofSeconds(5)),
        RUN,
        Duration.ofMillis(10));
  }

  @Test
  void success_isTheAddressItself_behindTheStart_withTheSameRun() throws Exception {
    Heartbeat heartbeat = heartbeat("");
    heartbeat.begin();
    assertThat(heartbeat.end(0, "not sent with a success")).isEmpty();
    assertThat(pings)
        .containsExactly(
            "POST /%s/start?rid=%s ".formatted(CHECK, RUN),
            "POST /%s?rid=%s ".formatted(CHECK, RUN));
    assertThat(heartbeat.startProblem()).isEmpty();
  }

  @Test
  void failure_hasTheExitCodeAndTheLog() throws Exception {
    Heartbeat heartbeat = heartbeat("?create=1");
    heartbeat.begin();
    assertThat(heartbeat.end(3, "nightly ended with exit code 3")).isEmpty();
    assertThat(pings.getLast())
        .isEqualTo(
            "POST /%s/3?create=1&rid=%s nightly ended with exit code 3".formatted(CHECK, RUN));
  }

  @Test
  void log_isLimited() throws Exception {
    assertThat(heartbeat("").end(1, "x".repeat(100_000))).isEmpty();
    assertThat(pings.getLast().length()).isLessThan(10_200);
  }

  @Test
  void receiverThatIsDown_isTriedAgain_andToldWithoutTheAddress() throws Exception {
    status = 503;
    Heartbeat heartbeat = heartbeat("");
    heartbeat.begin();
    Optional<String> problem = heartbeat.end(0, "");
    assertThat(problem).isPresent().get().asString().contains("503").doesNotContain(CHECK);
    assertThat(pings).hasSize(1 + 3);
    server.stop(0);
    assertThat(heartbeat("").end(0, "")).get().asString().doesNotContain(CHECK);
  }

  @Test
  void receiverThatDoesNotKnowTheCheck_isNotAskedAgain() throws Exception {
    status = 404;
    assertThat(heartbeat("").end(0, "")).isPresent();
    assertThat(pings).hasSize(1);
  }

  @Test
  void addressThatIsNone_isAProblemAndNoMore() throws Exception {
    Heartbeat heartbeat =
        new Heartbeat(
            () -> new Secret("http://hc.example.com/secret".toCharArray()),
            new HttpSender(Trust.USUAL, Duration.ofSeconds(5)),
            RUN,
            Duration.ZERO);
    heartbeat.begin();
    assertThat(heartbeat.end(0, "")).get().asString().contains("https").doesNotContain("secret");
  }
}
