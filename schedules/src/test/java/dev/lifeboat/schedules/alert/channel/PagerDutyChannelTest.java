package dev.lifeboat.schedules.alert.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.schedules.alert.Alert;
import dev.lifeboat.schedules.alert.AlertEvent;
import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import dev.lifeboat.schedules.watch.Concern.Severity;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class PagerDutyChannelTest extends HttpChannelContract {
  @Override
  Channel channel(ChannelSettings settings) {
    return new PagerDutyChannel(
        settings, SENDER, uri("/v2/enqueue"), Samples.secret(Samples.SECRET));
  }

  @Test
  void trigger_hasWhatTheEventsApiAsksFor() throws Exception {
    receiver.status = 202;
    Delivery _ = channel(Samples.SETTINGS).send(List.of(Samples.raised()), Samples.NOW);

    assertThat(receiver.last().uri()).isEqualTo("/v2/enqueue");
    JsonNode json = receiver.last().json();
    assertThat(json.propertyNames())
        .containsExactly("routing_key", "event_action", "dedup_key", "client", "payload");
    assertThat(json.get("routing_key").asString()).isEqualTo(Samples.SECRET);
    assertThat(json.get("event_action").asString()).isEqualTo("trigger");
    assertThat(json.get("dedup_key").asString()).isEqualTo("snapshot-late:acme/crm");
    JsonNode payload = json.get("payload");
    assertThat(payload.propertyNames())
        .containsExactly(
            "summary", "source", "severity", "timestamp", "component", "class", "custom_details");
    assertThat(payload.get("severity").asString()).isEqualTo("critical");
    assertThat(payload.get("source").asString()).isEqualTo("acme production");
    assertThat(payload.get("timestamp").asString()).isEqualTo("2026-11-22T04:00:00Z");
    assertThat(payload.at("/custom_details/run").asString()).isEqualTo("lifeboat backup acme/crm");
  }

  @Test
  void acknowledgeAndResolve_nameTheIncidentOnly() throws Exception {
    Channel channel = channel(Samples.SETTINGS);
    Delivery _ =
        channel.send(List.of(Samples.notice(Samples.late(), AlertEvent.ACKNOWLEDGED)), Samples.NOW);
    assertThat(receiver.last().text())
        .isEqualTo(
            "{\"routing_key\":\"%s\",\"event_action\":\"acknowledge\",\"dedup_key\":\"snapshot-late:acme/crm\"}"
                .formatted(Samples.SECRET));
    Delivery _ =
        channel.send(List.of(Samples.notice(Samples.late(), AlertEvent.RESOLVED)), Samples.NOW);
    assertThat(receiver.last().json().get("event_action").asString()).isEqualTo("resolve");
    assertThat(receiver.last().json().has("payload")).isFalse();
  }

  @Test
  void longKeysAndTexts_areCutToWhatItTakes_andStayDifferent() throws Exception {
    String name = "tenant/" + "x".repeat(300);
    for (String end : List.of("1", "2")) {
      Alert alert =
          new Alert(
              "no-snapshot:" + name + end,
              "no-snapshot",
              Severity.CRITICAL,
              name,
              Optional.empty(),
              "y".repeat(2000),
              "",
              List.of(),
              Optional.empty(),
              List.of());
      Delivery _ =
          channel(Samples.SETTINGS)
              .send(List.of(Samples.notice(alert, AlertEvent.RAISED)), Samples.NOW);
    }
    List<JsonNode> all = receiver.requests().stream().map(HttpReceiver.Request::json).toList();
    assertThat(all).extracting(json -> json.get("dedup_key").asString()).doesNotHaveDuplicates();
    assertThat(all)
        .allSatisfy(json -> {
          assertThat(json.get("dedup_key").asString()).hasSizeLessThanOrEqualTo(255);
          assertThat(json.at("/payload/summary").asString()).hasSizeLessThanOrEqualTo(1024);
        });
  }
}
