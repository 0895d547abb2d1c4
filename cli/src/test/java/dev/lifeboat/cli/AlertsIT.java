package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Commands that tell somebody: a receiver on this machine takes alerts and heartbeats. */
class AlertsIT {
  @TempDir private Path directory;
  private TestEnvironment here;
  private HttpServer server = listen(0);
  private final List<String> alerts = new CopyOnWriteArrayList<>();
  private final List<String> beats = new CopyOnWriteArrayList<>();

  @BeforeEach
  void setUp() throws Exception {
    here =
        new TestEnvironment(directory)
            .with("KIT", "correct horse")
            .with("HOOK_KEY", "a key")
            .with("CHECK", url("/check-5bf66975"));
    Files.createDirectory(directory.resolve("files"));
    Files.createDirectory(directory.resolve("regions"));
    Files.writeString(directory.resolve("files/a"), "hello");
    configure("");
    expect(ExitCode.DONE, "init");
  }

  @AfterEach
  void tearDown() {
    server.stop(0);
  }

  private HttpServer listen(int port) {
    try {
      HttpServer made =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
      made.createContext(
          "/",
          exchange -> {
            String body =
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String uri = exchange.getRequestURI().toString();
            if (uri.startsWith("/check")) {
              beats.add(uri.replaceAll("rid=.*", "rid") + " " + body);
            } else {
              JsonMapper.shared()
                  .readTree(body)
                  .get("alerts")
                  .forEach(alert ->
                      alerts.add(
                          alert.get("event").asString() + " " + alert.get("key").asString()));
            }
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
          });
      made.start();
      return made;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String url(String path) {
    return "http://127.0.0.1:%d%s".formatted(server.getAddress().getPort(), path);
  }

  private void configure(String dataset) throws IOException {
    Files.writeString(
        directory.resolve("lifeboat.yaml"),
        """
        vault:
          home: home
          kit: recovery.kit
          passphrase: {env: KIT}
          regions:
            - {name: north, directory: {path: regions/north}}
            - {name: south, directory: {path: regions/south}}
        datasets:
          - {name: files, tenant: acme, directory: {path: files}}
        %s
        watch: {disk-free: 1MiB}
        alerts:
          name: test
          channels:
            - {name: hook, webhook: {url: "%s", secret: {env: HOOK_KEY}}, timeout: 5s}
        heartbeats:
          nightly: {url: {env: CHECK}, timeout: 5s, unreachable-after: 0s}
        """
            .formatted(dataset, url("/hook")));
  }

  private void expect(ExitCode code, String... arguments) {
    assertThat(here.run(arguments)).as(here.out() + here.err()).isEqualTo(code);
  }

  private JsonNode list() {
    expect(ExitCode.DONE, "alerts", "list", "--json");
    return JsonMapper.shared().readTree(here.out());
  }

  private List<String> keys() {
    List<String> keys = new ArrayList<>();
    list().get("alerts").forEach(alert -> keys.add(alert.get("key").asString()));
    return keys;
  }

  @Test
  void nightThatFails_isTold_andToldAgainWhenItWentWell() throws Exception {
    configure("  - {name: gone, tenant: acme, directory: {path: no-such-directory-of-a-customer}}");
    assertThat(here.run("nightly")).isNotEqualTo(ExitCode.DONE);
    assertThat(alerts).containsExactly("raised job:nightly");
    assertThat(beats).hasSize(2);
    assertThat(beats.get(0)).isEqualTo("/check-5bf66975/start?rid ");
    assertThat(beats.get(1))
        .matches("/check-5bf66975/[1-9]+\\?rid nightly ended with exit code .*acme/gone .*")
        .doesNotContain("no-such-directory");
    JsonNode alert = list().at("/alerts/0");
    assertThat(alert.get("severity").asString()).isEqualTo("critical");
    assertThat(alert.get("what").asString()).contains("acme/gone");
    assertThat(alert.at("/datasets/0/dataset").asString()).isEqualTo("acme/gone");
    assertThat(alert.at("/datasets/0/late").asBoolean()).isTrue();
    assertThat(alert.at("/datasets/1/lastGood").isNull()).isFalse();
    assertThat(alert.get("run").asString()).isEqualTo("lifeboat doctor");

    expect(ExitCode.NOT_FOUND, "alerts", "ack", "job:weekly");
    expect(ExitCode.DONE, "alerts", "ack", "job:nightly", "--by", "Ann");
    assertThat(alerts).containsExactly("raised job:nightly", "acknowledged job:nightly");
    expect(ExitCode.DONE, "alerts", "list");
    assertThat(here.out()).contains("acknowledged by Ann").contains("1 alerts are open");

    configure("");
    expect(ExitCode.DONE, "nightly");
    assertThat(alerts.getLast()).isEqualTo("resolved job:nightly");
    assertThat(beats.getLast()).as("only now a success").isEqualTo("/check-5bf66975?rid ");
    assertThat(keys()).isEmpty();
  }

  @Test
  void receiverThatIsDown_failsNoNight_andLosesNothing() throws Exception {
    int port = server.getAddress().getPort();
    server.stop(0);
    Files.move(directory.resolve("files"), directory.resolve("away"));
    assertThat(here.run("nightly")).isNotEqualTo(ExitCode.DONE);
    assertThat(here.err()).contains("heartbeat of nightly").doesNotContain("check-5bf66975");
    Files.move(directory.resolve("away"), directory.resolve("files"));
    expect(ExitCode.DONE, "nightly");
    assertThat(here.err()).contains("alert channel hook").contains("it is tried again");
    assertThat(keys()).containsExactly("heartbeat:nightly");
    expect(ExitCode.UNREACHABLE, "alerts", "deliver");
    assertThat(alerts).isEmpty();

    server = listen(port);
    expect(ExitCode.DONE, "alerts", "deliver", "--json");
    assertThat(alerts)
        .containsExactly("raised job:nightly", "raised heartbeat:nightly", "resolved job:nightly");
    expect(ExitCode.DONE, "nightly");
    assertThat(alerts.getLast()).isEqualTo("resolved heartbeat:nightly");
    assertThat(list().get("messagesWaiting").asInt()).isZero();
  }

  @Test
  void watch_raisesAndResolves_unlessItIsToldNotTo() throws Exception {
    expect(ExitCode.UNPROVEN, "watch", "--no-alert");
    assertThat(directory.resolve("home/state/alerts.mv.db")).doesNotExist();
    expect(ExitCode.UNPROVEN, "watch");
    assertThat(alerts).contains("raised no-snapshot:acme/files", "raised drill-late:acme/files");
    int told = alerts.size();
    expect(ExitCode.UNPROVEN, "watch");
    assertThat(alerts).as("once").hasSize(told);

    expect(ExitCode.DONE, "nightly");
    expect(ExitCode.UNPROVEN, "watch");
    assertThat(alerts.subList(told, alerts.size()))
        .containsExactly(
            "resolved no-snapshot:acme/files",
            "resolved copy-late:acme/files in north",
            "resolved copy-late:acme/files in south");

    // What the silent region holds nobody knows: what was wrong with it is not over.
    here.ahead(Duration.ofHours(27));
    expect(ExitCode.UNPROVEN, "watch");
    assertThat(alerts).contains("raised copy-late:acme/files in south");
    Files.move(directory.resolve("regions/south"), directory.resolve("gone"));
    expect(ExitCode.UNPROVEN, "watch");
    assertThat(alerts).contains("raised region-silent:south");
    assertThat(keys()).contains("copy-late:acme/files in south", "clock-skew:south");
    here.ahead(Duration.ofHours(28));
    Files.move(directory.resolve("gone"), directory.resolve("regions/south"));
    expect(ExitCode.UNPROVEN, "watch");
    assertThat(alerts.getLast()).isEqualTo("resolved region-silent:south");
  }

  @Test
  void test_sendsAtOnce_andSaysWhatCameOfIt() throws Exception {
    expect(ExitCode.DONE, "alerts", "test");
    assertThat(alerts).containsExactly("raised test:lifeboat");
    assertThat(keys()).isEmpty();
    expect(ExitCode.USAGE, "alerts", "test", "--channel", "nobody");
    server.stop(0);
    expect(ExitCode.UNREACHABLE, "alerts", "test", "--channel", "hook");
    assertThat(here.out()).contains("hook: NOT SENT");
  }

  @Test
  void withoutAlerts_nothingIsMade_andTheCommandSaysWhatToWrite() throws Exception {
    String text = Files.readString(directory.resolve("lifeboat.yaml"));
    Files.writeString(
        directory.resolve("lifeboat.yaml"), text.substring(0, text.indexOf("alerts:")));
    expect(ExitCode.UNPROVEN, "watch");
    expect(ExitCode.USAGE, "alerts", "list");
    assertThat(here.err()).contains("alerts: {channels:");
    assertThat(directory.resolve("home/state/alerts.mv.db")).doesNotExist();
  }
}
