package dev.lifeboat.schedules.alert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.schedules.alert.AlertQueue.Origin;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class AlertsTest extends AlertsContract {
  @Override
  Alerts make(AlertRules rules, Map<String, Channel> channels) {
    return new Alerts(state(), rules, channels, clock, said::add);
  }

  @Test
  void queueThatCannotBeWritten_alertsAreSentAtOnce_andItIsSaid() throws Exception {
    routes = List.of(route(List.of("mail"), List.of()));
    Files.createDirectories(state());
    Files.writeString(state().resolve("alerts.mv.db"), "this is no database at all");
    alerts().raise(critical("a"), Origin.JOB);
    assertThat(mail.got()).containsExactly("raised a");
    assertThat(said).singleElement().asString().contains("alerts.mv.db").contains("sent at once");
  }

  @Test
  void withoutAnythingToTell_noDatabaseIsMade() throws Exception {
    alerts().settle(List.of(), Origin.WATCH, _ -> false);
    alerts().resolve("a");
    deliver();
    assertThat(alerts().queue().waiting().messages()).isZero();
    assertThat(state().resolve("alerts.mv.db")).doesNotExist();
  }
}
