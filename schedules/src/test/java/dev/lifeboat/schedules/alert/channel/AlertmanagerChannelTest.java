package dev.lifeboat.schedules.alert.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.schedules.alert.AlertEvent;
import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class AlertmanagerChannelTest extends HttpChannelContract {
  @Override
  Channel channel(ChannelSettings settings) {
    return new AlertmanagerChannel(
        settings, SENDER, uri("/prefix/"), Optional.of(Samples.secret(Samples.SECRET)));
  }

  private JsonNode send(AlertEvent event) throws Exception {
    Delivery _ =
        channel(Samples.SETTINGS).send(List.of(Samples.notice(Samples.late(), event)), Samples.NOW);
    return receiver.last().json();
  }

  @Test
  void alerts_areWhatApiV2AsksFor() throws Exception {
    JsonNode json = send(AlertEvent.RAISED);
    assertThat(receiver.last().uri()).isEqualTo("/prefix/api/v2/alerts");
    assertThat(receiver.last().headers())
        .containsEntry("Authorization", "Bearer " + Samples.SECRET);
    JsonNode alert = json.get(0);
    assertThat(alert.propertyNames())
        .containsExactly("labels", "annotations", "startsAt", "endsAt");
    assertThat(alert.at("/labels/alertname").asString()).isEqualTo("Lifeboat");
    assertThat(alert.at("/labels/severity").asString()).isEqualTo("critical");
    assertThat(alert.at("/labels/dataset").asString()).isEqualTo("acme/crm");
    assertThat(alert.at("/labels/instance").asString()).isEqualTo("acme production");
    alert.get("labels").forEach(value -> assertThat(value.isString()).isTrue());
    alert.get("annotations").forEach(value -> assertThat(value.isString()).isTrue());
    assertThat(alert.get("startsAt").asString()).isEqualTo("2026-11-22T04:00:00Z");
    assertThat(Instant.parse(alert.get("endsAt").asString())).isAfter(Samples.NOW);
  }

  @Test
  void resolution_hasTheSameLabels_andAnEnd_alsoAsTheWarningThatItMayHaveBeen() throws Exception {
    JsonNode labels = send(AlertEvent.RAISED).get(0).get("labels");
    JsonNode over = send(AlertEvent.RESOLVED);
    assertThat(over.get(0).get("labels")).isEqualTo(labels);
    assertThat(over.get(0).get("endsAt").asString()).isEqualTo("2026-11-22T06:29:00Z");
    assertThat(over.at("/1/labels/severity").asString()).isEqualTo("warning");
    assertThat(over.at("/1/endsAt").asString()).isEqualTo("2026-11-22T06:29:00Z");
  }

  @Test
  void acknowledgement_leavesItFiring() throws Exception {
    JsonNode json = send(AlertEvent.ACKNOWLEDGED);
    assertThat(json).hasSize(1);
    assertThat(Instant.parse(json.at("/0/endsAt").asString())).isAfter(Samples.NOW);
    assertThat(json.at("/0/annotations/description").asString()).contains("acknowledged by: Ann");
  }
}
