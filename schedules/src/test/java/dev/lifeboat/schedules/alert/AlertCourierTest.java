package dev.lifeboat.schedules.alert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.schedules.watch.Concern.Severity;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AlertCourierTest {
  @TempDir private Path directory;
  private final FakeChannel channel = new FakeChannel(true);

  private Alerts alerts() {
    return new Alerts(
        directory.resolve("state"),
        new AlertRules(
            List.of("mail"),
            List.of(),
            Duration.ofHours(4),
            Optional.empty(),
            Duration.ofMinutes(30),
            Duration.ofDays(30)),
        Map.of("mail", channel),
        Clock.systemUTC(),
        _ -> {});
  }

  @Test
  void courier_sendsWhatOthersRaise_untilItIsClosed() throws Exception {
    Alert alert =
        new Alert(
            "job:nightly",
            "job-failed",
            Severity.CRITICAL,
            "nightly",
            Optional.empty(),
            "it failed",
            "",
            List.of(),
            Optional.empty(),
            List.of());
    try (AlertCourier _ = AlertCourier.start(alerts(), Clock.systemUTC())) {
      alerts().raise(alert, AlertQueue.Origin.JOB);
      await(1);
      alerts().resolve(alert.key());
      await(2);
    }
    assertThat(channel.got()).containsExactly("raised job:nightly", "resolved job:nightly");
    alerts().raise(alert, AlertQueue.Origin.JOB);
    assertThat(alerts().queue().waiting().messages()).isEqualTo(1);
  }

  private void await(int messages) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (channel.got().size() < messages && System.nanoTime() < end) {
      Thread.sleep(50);
    }
    assertThat(channel.got()).hasSize(messages);
  }
}
