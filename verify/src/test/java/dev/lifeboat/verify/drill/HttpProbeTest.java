package dev.lifeboat.verify.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.sources.fence.Children;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With the web server of the JDK as the application. */
class HttpProbeTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir private Path directory;
  private String drill = "";
  private int port;

  @BeforeEach
  void findAPort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    drill = "test-" + port;
    Files.writeString(directory.resolve("page.txt"), "300 items in stock");
  }

  private String server() {
    return "%s/bin/jwebserver -b 127.0.0.1 -p %d -d %s"
        .formatted(System.getProperty("java.home"), port, directory);
  }

  private DrillReport.Check probe(String start, String path, String contains, Duration within)
      throws Exception {
    return probe(start, path, contains, within, System::nanoTime);
  }

  private DrillReport.Check probe(
      String start, String path, String contains, Duration within, LongSupplier nanos)
      throws Exception {
    Children children = Children.of(directory, drill).withNetwork();
    DrillReport.Check check =
        new HttpProbe(children, directory, drill + "-probe-0", nanos)
            .run(
                new CustomCheck.Http(
                    "page",
                    Optional.empty(),
                    start,
                    URI.create("http://127.0.0.1:%d/%s".formatted(port, path)),
                    200,
                    Optional.of(contains),
                    within));
    assertThat(Leftovers.marked(drill)).as("what it started has ended").isEmpty();
    return check;
  }

  @Test
  void run_applicationThatAnswers_passesAndIsEnded() throws Exception {
    DrillReport.Check check = probe(server(), "page.txt", "300 items", LONG);
    assertThat(check.passed()).as(check.toString()).isTrue();
    assertThat(check.count()).isEqualTo(1);
  }

  @Test
  void run_applicationThatGoesIntoTheBackground_isEndedToo() throws Exception {
    DrillReport.Check check =
        probe("setsid " + server() + " >server.log 2>&1 &", "page.txt", "300 items", LONG);
    assertThat(check.passed()).as(check.toString()).isTrue();
  }

  @Test
  void run_wrongAnswer_fails_sayingWhatItWas() throws Exception {
    // Time is up as soon as the first question was answered, however long that takes here.
    LongSupplier impatient =
        () -> System.nanoTime() + (isAnswered() ? LONG.multipliedBy(2).toNanos() : 0);
    DrillReport.Check other = probe(server(), "page.txt", "301 items", LONG, impatient);
    assertThat(other.passed()).isFalse();
    assertThat(other.actual()).contains("200").contains("without '301 items'");
  }

  /** The server writes a line for each answer. */
  private boolean isAnswered() {
    try {
      return Files.readString(directory.resolve(drill + "-probe-0.log")).contains("GET /page.txt");
    } catch (IOException e) {
      return false; // not started yet
    }
  }

  @Test
  void run_applicationThatDies_failsAtOnce_withItsLastWords() throws Exception {
    DrillReport.Check check = probe("echo no database; exit 3", "", "", LONG);
    assertThat(check.passed()).isFalse();
    assertThat(check.actual()).contains("ended with 3").contains("no database");
  }

  @Test
  void run_nobodyAnswers_fails() throws Exception {
    DrillReport.Check check = probe("trap '' TERM; sleep 600", "", "", Duration.ofSeconds(3));
    assertThat(check.passed()).isFalse();
    assertThat(check.actual()).contains("nothing answered within 3.0 s");
  }

  @Test
  void run_somebodyElseAnswers_fails() throws Exception {
    try (ServerSocket other = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      DrillReport.Check check = probe("sleep 600", "", "", LONG);
      assertThat(other.isBound()).isTrue();
      assertThat(check.passed()).isFalse();
      assertThat(check.actual()).contains("before the application was started");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://example.net:80/",
        "https://127.0.0.1:443/",
        "http://127.0.0.1/",
        "http://127.0.0.1.example.net:80/",
        "http://10.0.0.1:80/",
        "http://user@127.0.0.1:80/",
        "file:///etc/passwd"
      })
  void http_anotherHost_isRefused(String address) {
    assertThatThrownBy(() ->
            new CustomCheck.Http(
                "page", Optional.empty(), "true", URI.create(address), 200, Optional.empty(), LONG))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("write http://127.0.0.1:PORT/PATH");
  }
}
