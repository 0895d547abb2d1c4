package dev.lifeboat.schedules.alert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.schedules.alert.AlertQueue.Origin;
import dev.lifeboat.schedules.store.SharedStore;
import dev.lifeboat.schedules.store.SharedStores;
import dev.lifeboat.sources.postgres.PostgresServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(240)
final class SharedAlertsIT extends AlertsContract {
  @AutoClose private static PostgresServer server;
  private SharedStores hosts;
  private Path home;
  private String host = "a";

  @BeforeAll
  static void start() throws Exception {
    server = PostgresServer.start();
  }

  @BeforeEach
  void setUp() {
    hosts = new SharedStores(server);
    home = state();
    SharedStore _ = hosts.host("a");
  }

  @AfterEach
  void close() {
    hosts.close();
  }

  @Override
  Alerts make(AlertRules rules, Map<String, Channel> channels) {
    return new Alerts(
        () -> SharedStore.open(hosts.settings(host)), home, rules, channels, clock, said::add);
  }

  private boolean canDeliver() throws InterruptedException {
    try {
      deliver();
      return true;
    } catch (AlertQueueException e) {
      return false;
    }
  }

  /** As another host. */
  private void on(String name) {
    host = name;
    home = state().resolveSibling(name);
  }

  @Test
  void raisedByOneHost_isOverByTheSuccessOfAnother() throws Exception {
    routes = List.of(route(List.of("mail"), List.of()));
    alerts().raise(critical("a"), Origin.JOB);
    deliver();
    on("b");
    alerts().resolve("a");
    deliver();
    on("a");
    clock.go(Duration.ofDays(1));
    deliver();

    assertThat(mail.got()).containsExactly("raised a", "resolved a");
  }

  @Test
  void databaseThatIsAway_alertsAreToldFromTheHome_andHandedOverWhenItIsBack() throws Exception {
    routes = List.of(route(List.of("mail"), List.of()));
    alerts().raise(critical("before"), Origin.JOB);
    deliver();
    server.kill();
    try {
      alerts().raise(critical("a"), Origin.JOB);
      alerts().raise(critical("b"), Origin.JOB);
      assertThat(said).last().asString().contains("alerts are in the queue of this home");
      try {
        deliver();
      } catch (AlertQueueException e) {
        assertThat(e).hasMessageContaining("2 messages were sent");
      }
      assertThat(mail.got()).containsExactly("raised before", "raised a", "raised b");
      // What ends meanwhile is told too.
      alerts().resolve("b");
    } finally {
      server.startAgain();
    }
    while (!canDeliver()) {
      Thread.sleep(100);
    }
    assertThat(mail.got()).containsExactly("raised before", "raised a", "raised b", "resolved b");

    // From here on it is that of all.
    on("b");
    assertThat(alerts().queue().list(false))
        .extracting(state -> state.alert().key())
        .containsExactlyInAnyOrder("before", "a");
    alerts().resolve("a");
    deliver();
    on("a");
    clock.go(Duration.ofHours(5));
    deliver();
    assertThat(mail.got().subList(4, mail.got().size()))
        .containsExactly("resolved a", "repeated before");
  }
}
