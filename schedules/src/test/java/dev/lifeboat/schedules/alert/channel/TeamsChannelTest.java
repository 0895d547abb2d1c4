package dev.lifeboat.schedules.alert.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.schedules.alert.AlertEvent;
import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import dev.lifeboat.schedules.alert.Notice;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class TeamsChannelTest extends HttpChannelContract {
  @Override
  Channel channel(ChannelSettings settings) {
    return new TeamsChannel(
        settings, SENDER, Samples.secret(receiver.url("/workflows/1?sig=" + Samples.SECRET)));
  }

  @Test
  void message_isAnAdaptiveCard() throws Exception {
    receiver.status = 202;
    assertThat(
            channel(Samples.SETTINGS)
                .send(
                    List.of(Samples.raised(), Samples.notice(Samples.drill(), AlertEvent.RESOLVED)),
                    Samples.NOW))
        .isEqualTo(new Delivery.Taken());

    JsonNode json = receiver.last().json();
    assertThat(json.get("type").asString()).isEqualTo("message");
    assertThat(json.at("/attachments/0/contentType").asString())
        .isEqualTo("application/vnd.microsoft.card.adaptive");
    JsonNode card = json.at("/attachments/0/content");
    assertThat(card.get("type").asString()).isEqualTo("AdaptiveCard");
    assertThat(card.get("version").asString()).isEqualTo("1.4");
    assertThat(card.at("/body/1/type").asString()).isEqualTo("TextBlock");
    assertThat(card.at("/body/1/color").asString()).isEqualTo("attention");
    assertThat(card.at("/body/2/type").asString()).isEqualTo("FactSet");
    assertThat(card.at("/body/2/facts/0/title").asString()).isEqualTo("since");
    assertThat(card.at("/body/3/color").asString()).isEqualTo("good");
    assertThat(card.at("/body/3/text").asString()).startsWith("\\[RESOLVED\\] ");
  }

  @Test
  void answerThatSaysItFailed_withStatus200_isNoSuccess() throws Exception {
    receiver.answer =
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429";
    assertThat(channel(Samples.SETTINGS).send(List.of(Samples.raised()), Samples.NOW))
        .isInstanceOf(Delivery.Unreachable.class);
  }

  @Test
  void messageOfAsManyAsComeTogether_staysBelowWhatTeamsTakes() throws Exception {
    List<Notice> many = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      many.add(Samples.raised());
    }
    Delivery _ = channel(Samples.DETAILED).send(many, Samples.NOW);
    assertThat(receiver.last().text().length()).isLessThan(28 * 1024);
  }
}
