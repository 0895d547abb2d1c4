package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** What the service shows over HTTP, and {@code lifeboat metrics} without it. */
class HttpIT {
  private static final Pattern LISTENING = Pattern.compile("listening on (http://127.0.0.1:\\d+/)");

  @TempDir private Path directory;
  private TestEnvironment here;

  @BeforeEach
  void vault() throws Exception {
    here = new TestEnvironment(directory).with("KIT", "correct horse").with("TOKEN", "let-me-in");
    Files.createDirectory(directory.resolve("files"));
    Files.createDirectory(directory.resolve("regions"));
    Files.writeString(directory.resolve("files/a"), "hello");
    configure("{port: 0, token: {env: TOKEN}, refresh: 1h}");
    assertThat(here.run("init")).as(here.err()).isEqualTo(ExitCode.DONE);
    assertThat(here.run("nightly")).as(here.out()).isEqualTo(ExitCode.DONE);
  }

  private void configure(String http) throws Exception {
    Files.writeString(
        directory.resolve("lifeboat.yaml"),
        """
        vault:
          kit: recovery.kit
          passphrase: {env: KIT}
          regions:
            - {name: north, directory: {path: regions/north}}
            - {name: south, directory: {path: regions/south}}
        datasets:
          - {name: files, tenant: acme, directory: {path: files}}
        schedules: {nightly: {cron: "0 30 1 1 1 ? 2099"}}
        http: %s
        """
            .formatted(http));
  }

  @Test
  void service_showsHealthMetricsAndStatus() throws Exception {
    TestEnvironment service = new TestEnvironment(directory).with("TOKEN", "let-me-in");
    CompletableFuture<ExitCode> ended = new CompletableFuture<>();
    Thread thread = new Thread(() -> ended.complete(service.run("serve")));
    thread.start();
    try (HttpClient client = HttpClient.newHttpClient()) {
      String uri = "";
      while (uri.isEmpty()) {
        assertThat(ended).as(service.err()).isNotDone();
        Matcher listening = LISTENING.matcher(service.err());
        uri = listening.find() ? listening.group(1) : "";
        Thread.sleep(20);
      }
      assertThat(get(client, uri + "health/live", "").statusCode()).isEqualTo(200);
      while (get(client, uri + "health/ready", "").statusCode() != 200) {
        assertThat(ended).as(service.err()).isNotDone();
        Thread.sleep(50);
      }

      assertThat(get(client, uri + "metrics", "").statusCode()).isEqualTo(401);
      assertThat(get(client, uri + "status", "Bearer let-me-out").statusCode()).isEqualTo(401);
      HttpResponse<String> metrics = get(client, uri + "metrics", "Bearer let-me-in");
      assertThat(metrics.statusCode()).isEqualTo(200);
      assertThat(metrics.body())
          .contains("lifeboat_collection_success 1.0")
          .contains("lifeboat_region_up{region=\"north\"} 1.0")
          .contains("lifeboat_night_last_outcome{outcome=\"complete\"} 1.0")
          .contains(
              "lifeboat_dataset_last_success_timestamp_seconds{dataset=\"files\",tenant=\"acme\"}")
          .contains("lifeboat_night_stage_duration_seconds{stage=\"backup\"}");
      HttpResponse<String> status = get(client, uri + "status", "Bearer let-me-in");
      assertThat(JsonMapper.shared().readTree(status.body()).at("/datasets/0/standing").asString())
          .isEqualTo("ok");
      assertThat(service.err()).doesNotContain("let-me");
    } finally {
      thread.interrupt();
    }
    assertThat(ended.get(60, TimeUnit.SECONDS)).isEqualTo(ExitCode.INTERRUPTED);
  }

  private static HttpResponse<String> get(HttpClient client, String uri, String authorization)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(uri)).timeout(Duration.ofSeconds(60));
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void metrics_toAFile_replaceItAllAtOnceOrNotAtAll() throws Exception {
    assertThat(here.run("metrics", "--to", "lifeboat.prom"))
        .as(here.err())
        .isEqualTo(ExitCode.DONE);
    Path file = directory.resolve("lifeboat.prom");
    String text = Files.readString(file);
    assertThat(text).contains("lifeboat_dataset_snapshots{").endsWith("\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).startsWith("rw");
    assertThat(here.run("metrics")).isEqualTo(ExitCode.DONE);
    assertThat(here.out()).contains("# TYPE lifeboat_build_info gauge");

    Files.move(directory.resolve("regions"), directory.resolve("gone"));
    assertThat(here.run("metrics", "--to", "lifeboat.prom")).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(file).hasContent(text);
    try (var files = Files.list(directory)) {
      assertThat(files.map(each -> each.getFileName().toString()))
          .noneMatch(n -> n.contains("unfinished"));
    }
  }

  @Test
  void serve_certificateMissing_namesTheFileAndDoesNotStart() throws Exception {
    configure("{address: 0.0.0.0, tls: {certificate: c.pem, key: k.pem}, token: {env: TOKEN}}");

    assertThat(here.run("serve")).isEqualTo(ExitCode.NOT_FOUND);

    assertThat(here.err()).contains("c.pem");
  }
}
