package dev.lifeboat.schedules.alert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.schedules.watch.Concern.Severity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that are killed while they raise and send. */
class AlertCrashTest {
  private static final AlertRules RULES =
      new AlertRules(
          List.of("file"),
          List.of(),
          Duration.ofHours(4),
          Optional.empty(),
          Duration.ofMinutes(30),
          Duration.ofDays(30));

  @TempDir private Path directory;

  /** Writes each key on a line of a file; then, as it is asked, does not come back. */
  private record ToFile(Path file, boolean sticks) implements Channel {
    @Override
    public boolean groups() {
      return false;
    }

    @Override
    public boolean keepsState() {
      return false;
    }

    @Override
    public Delivery send(List<Notice> notices, Instant now) throws InterruptedException {
      try {
        Files.writeString(
            file,
            notices.getFirst().id() + " " + notices.getFirst().alert().key() + "\n",
            StandardOpenOption.CREATE,
            StandardOpenOption.APPEND);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      if (sticks) {
        Thread.sleep(600_000);
      }
      return new Delivery.Taken();
    }
  }

  private static Alerts alerts(Path directory, boolean sticks) {
    return new Alerts(
        directory.resolve("state"),
        RULES,
        Map.of("file", new ToFile(directory.resolve("sent"), sticks)),
        Clock.systemUTC(),
        line -> {
          throw new IllegalStateException(line);
        });
  }

  private static Alert alert(String key) {
    return new Alert(
        key,
        "job-failed",
        Severity.CRITICAL,
        "nightly",
        Optional.empty(),
        "it failed",
        "",
        List.of(),
        Optional.empty(),
        List.of());
  }

  /** The process that is killed: says what it has raised. */
  static final class Killed {
    private Killed() {}

    public static void main(String[] arguments) throws Exception {
      Path directory = Path.of(arguments[0]);
      Alerts alerts = alerts(directory, arguments[1].equals("sticks"));
      for (int i = 0; i < 100_000; i++) {
        String key = arguments[2] + "-" + i;
        alerts.raise(alert(key), AlertQueue.Origin.JOB);
        System.out.println(key);
        System.out.flush();
        Alerts.Delivered _ = alerts.deliver(Duration.ofMinutes(5), false);
      }
    }
  }

  private Process start(String mode, String name) throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Killed.class.getName(),
            directory.toString(),
            mode,
            name)
        .redirectError(directory.resolve("errors").toFile())
        .start();
  }

  private List<String> sent() throws Exception {
    Path file = directory.resolve("sent");
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  @Test
  void killedBetweenSendingAndNoting_theSameMessageIsSentAgain() throws Exception {
    Process process = start("sticks", "a");
    try {
      long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
      while (sent().isEmpty() && System.nanoTime() < end) {
        Thread.sleep(20);
      }
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor()).isNotZero();

    Alerts.Delivered done = alerts(directory, false).deliver(Duration.ofMinutes(1), false);
    assertThat(done.sent()).isEqualTo(1);
    assertThat(sent()).hasSize(2);
    assertThat(sent().get(0)).isEqualTo(sent().get(1)).endsWith(" a-0");
    assertThat(alerts(directory, false).queue().waiting().messages()).isZero();
  }

  @Test
  void killedAtAnyMoment_nothingThatWasRaisedIsLost() throws Exception {
    Set<String> raised = new HashSet<>();
    for (int round = 0; round < 4; round++) {
      Process process = start("sends", "r" + round);
      try (BufferedReader out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        for (int i = 0; i < 3 + round; i++) {
          String key = out.readLine();
          assertThat(key).as(Files.readString(directory.resolve("errors"))).isNotNull();
          raised.add(key);
        }
        Thread.sleep(7L * round);
        // Of the handle: the process itself would close what is still to be read.
        boolean _ = process.toHandle().destroyForcibly();
        String key;
        while ((key = out.readLine()) != null) {
          raised.add(key);
        }
      } finally {
        process.destroyForcibly();
      }
      int _ = process.waitFor();
    }
    Alerts.Delivered _ = alerts(directory, false).deliver(Duration.ofMinutes(1), true);

    Set<String> arrived = new HashSet<>();
    sent().forEach(line -> arrived.add(line.split(" ", 2)[1]));
    assertThat(arrived).containsAll(raised);
    // At most one of each process was raised and not said, or sent and not noted.
    assertThat(arrived.size()).isLessThanOrEqualTo(raised.size() + 4);
    assertThat(sent().size()).isLessThanOrEqualTo(arrived.size() + 4);
    assertThat(alerts(directory, false).queue().waiting().messages()).isZero();
  }
}
