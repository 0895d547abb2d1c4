package dev.lifeboat.schedules.alert.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.schedules.alert.AlertEvent;
import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class OpsgenieChannelTest extends HttpChannelContract {
  @Override
  Channel channel(ChannelSettings settings) {
    return new OpsgenieChannel(settings, SENDER, uri("/"), Samples.secret(Samples.SECRET));
  }

  @Test
  void create_hasWhatTheAlertApiAsksFor() throws Exception {
    receiver.status = 202;
    Delivery _ = channel(Samples.SETTINGS).send(List.of(Samples.raised()), Samples.NOW);

    assertThat(receiver.last().uri()).isEqualTo("/v2/alerts");
    assertThat(receiver.last().headers())
        .containsEntry("Authorization", "GenieKey " + Samples.SECRET);
    JsonNode json = receiver.last().json();
    assertThat(json.get("message").asString()).hasSizeLessThanOrEqualTo(130);
    assertThat(json.get("alias").asString()).isEqualTo("snapshot-late:acme/crm");
    assertThat(json.get("priority").asString()).isEqualTo("P1");
    assertThat(json.get("description").asString()).contains("run: lifeboat backup acme/crm");
    assertThat(json.at("/tags/1").asString()).isEqualTo("snapshot-late");
    assertThat(receiver.last().text())
        .as("the key is in the header")
        .doesNotContain(Samples.SECRET);
  }

  @Test
  void closeAndAcknowledge_goByTheAlias() throws Exception {
    Channel channel = channel(Samples.SETTINGS);
    Delivery _ =
        channel.send(List.of(Samples.notice(Samples.late(), AlertEvent.RESOLVED)), Samples.NOW);
    assertThat(receiver.last().uri())
        .isEqualTo("/v2/alerts/snapshot-late%3Aacme%2Fcrm/close?identifierType=alias");
    Delivery _ =
        channel.send(List.of(Samples.notice(Samples.late(), AlertEvent.ACKNOWLEDGED)), Samples.NOW);
    assertThat(receiver.last().uri()).contains("/acknowledge?identifierType=alias");
  }

  @Test
  void closeOfWhatIsNotThere_isDone() throws Exception {
    receiver.status = 404;
    Channel channel = channel(Samples.SETTINGS);
    assertThat(
            channel.send(List.of(Samples.notice(Samples.late(), AlertEvent.RESOLVED)), Samples.NOW))
        .isEqualTo(new Delivery.Taken());
    assertThat(channel.send(List.of(Samples.raised()), Samples.NOW))
        .isInstanceOf(Delivery.Refused.class);
  }
}
