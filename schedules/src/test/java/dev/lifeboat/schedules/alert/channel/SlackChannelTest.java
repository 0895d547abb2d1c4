package dev.lifeboat.schedules.alert.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.schedules.alert.AlertEvent;
import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class SlackChannelTest extends HttpChannelContract {
  @Override
  Channel channel(ChannelSettings settings) {
    return new SlackChannel(
        settings, SENDER, Samples.secret(receiver.url("/services/T0/B0/" + Samples.SECRET)));
  }

  @Test
  void message_isOfTextAndAttachments() throws Exception {
    Delivery _ =
        channel(Samples.SETTINGS)
            .send(
                List.of(
                    Samples.raised(),
                    Samples.notice(Samples.drill(), AlertEvent.RAISED),
                    Samples.notice(Samples.late(), AlertEvent.RESOLVED)),
                Samples.NOW);

    assertThat(receiver.last().uri()).isEqualTo("/services/T0/B0/" + Samples.SECRET);
    JsonNode json = receiver.last().json();
    assertThat(json.get("text").asString())
        .isEqualTo(
            "Lifeboat (acme production) [CRITICAL] acme/crm: its newest complete snapshot is 1 d 5 h old, with an RPO of 1 d 2 h (and 2 more)");
    assertThat(json.at("/attachments/0/color").asString()).isEqualTo("danger");
    assertThat(json.at("/attachments/0/fallback").asString()).startsWith("[CRITICAL] acme/crm");
    assertThat(json.at("/attachments/0/text").asString())
        .contains(
            "dataset acme/crm: last good copy 2026-11-21T01:30:00Z, 1 d 5 h old; RPO 1 d 2 h, EXCEEDED")
        .contains("run: lifeboat backup acme/crm");
    assertThat(json.at("/attachments/0/ts").asLong()).isEqualTo(Samples.RAISED.getEpochSecond());
    assertThat(json.at("/attachments/1/color").asString()).isEqualTo("warning");
    assertThat(json.at("/attachments/1/title").asString())
        .as("no markup, no call to everybody")
        .isEqualTo("[WARNING] acme/&lt;b&gt;&amp;files: no drill of it ever passed");
    assertThat(json.at("/attachments/2/color").asString()).isEqualTo("good");
    assertThat(json.at("/attachments/2/title").asString()).startsWith("[RESOLVED] ");
  }
}
