package dev.lifeboat.schedules.alert.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.schedules.alert.AlertEvent;
import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WebhookChannelTest extends HttpChannelContract {
  @Override
  Channel channel(ChannelSettings settings) {
    return new WebhookChannel(
        settings, SENDER, uri("/hook"), Optional.of(Samples.secret(Samples.SECRET)));
  }

  @Override
  String secretOf() {
    // Its secret is a key, which never leaves this machine; the receiver of the test makes it up.
    return "a text that is nowhere";
  }

  /** docs/alerts.md shows the same bytes. */
  static final String BODY =
      """
      {"version":1,"from":"acme production","sent":"2026-11-22T06:30:00Z","alerts":[{"id":"1795320000000-7","event":"raised","key":"snapshot-late:acme/crm","kind":"snapshot-late","severity":"critical","subject":"acme/crm","since":"2026-11-22T03:30:00Z","what":"its newest complete snapshot is 1 d 5 h old, with an RPO of 1 d 2 h","atRisk":"what was written since 2026-11-21T01:30:00Z","datasets":[{"dataset":"acme/crm","lastGood":"2026-11-21T01:30:00Z","ageSeconds":104400,"rpoSeconds":93600,"late":true}],"run":"lifeboat backup acme/crm","raised":"2026-11-22T04:00:00Z"}]}\
      """
          .strip();

  @Test
  void bytes_andSignature_areWhatTheDocumentSays() throws Exception {
    assertThat(channel(Samples.SETTINGS).send(List.of(Samples.raised()), Samples.NOW))
        .isEqualTo(new Delivery.Taken());

    assertThat(receiver.last().text()).isEqualTo(BODY);
    assertThat(receiver.last().uri()).isEqualTo("/hook");
    // printf '%s' "1795329000.$BODY" | openssl dgst -sha256 -hmac s3cr3t-t0k3n-of-the-channel
    assertThat(receiver.last().headers())
        .containsEntry("X-Lifeboat-Timestamp", "1795329000")
        .containsEntry(
            "X-Lifeboat-Signature",
            "v1=4966fb73cbecd1552030ee69ff1aa4b7b591011fa631bf103dc12a41ffd70d91");
  }

  @Test
  void withoutASecret_nothingIsSigned() throws Exception {
    Delivery _ =
        new WebhookChannel(Samples.SETTINGS, SENDER, uri("/"), Optional.empty())
            .send(List.of(Samples.raised()), Samples.NOW);
    assertThat(receiver.last().headers()).doesNotContainKey("X-Lifeboat-Signature");
  }

  @Test
  void endOfAnAlert_saysWhenAndByWhom() throws Exception {
    Channel channel = channel(Samples.SETTINGS);
    Delivery _ =
        channel.send(
            List.of(
                Samples.notice(Samples.late(), AlertEvent.RESOLVED),
                Samples.notice(Samples.drill(), AlertEvent.ACKNOWLEDGED)),
            Samples.NOW);
    assertThat(receiver.last().json().at("/alerts/0/over").asString())
        .isEqualTo("2026-11-22T06:29:00Z");
    assertThat(receiver.last().json().at("/alerts/1/acknowledgedBy").asString()).isEqualTo("Ann");
  }

  @Test
  void address_ofPlainHttpElsewhere_isRefused_andNotShown() {
    assertThatThrownBy(() -> Address.of("http://hooks.example.com/services/T0/B0/XYZ"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("https")
        .hasMessageNotContaining("XYZ");
    assertThatThrownBy(() -> Address.of("ftp://127.0.0.1/XYZ")).hasMessageNotContaining("XYZ");
    assertThatThrownBy(() -> Address.of("https://a b/XYZ")).hasMessageNotContaining("XYZ");
    assertThat(Address.of("http://localhost:8080/x").getPort()).isEqualTo(8080);
    assertThat(Address.of("http://[::1]:8080/x").getPort()).isEqualTo(8080);
    assertThat(Address.isThisMachine("127.example.com")).isFalse();
  }
}
