package dev.lifeboat.schedules.alert.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.schedules.alert.Delivery;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What channels over HTTP have in common. */
abstract class HttpChannelContract extends ChannelContract {
  static final HttpSender SENDER = new HttpSender(Trust.USUAL, TIMEOUT);
  HttpReceiver receiver = HttpReceiver.start();

  @Override
  void open() {}

  @Override
  void close() {
    receiver.close();
  }

  @Override
  List<String> received() {
    return receiver.requests().stream().map(HttpReceiver.Request::text).toList();
  }

  @Override
  void goDown() {
    receiver.close();
  }

  @Override
  void comeBack() throws Exception {
    receiver = new HttpReceiver(receiver.port());
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 502, 503, 408})
  void send_whenTheServiceCannotNow_isTriedLater(int status) throws Exception {
    receiver.status = status;
    receiver.headers = Map.of("Retry-After", "120");
    assertThat(channel(Samples.SETTINGS).send(List.of(Samples.raised()), Samples.NOW))
        .isInstanceOfSatisfying(
            Delivery.Unreachable.class,
            unreachable -> {
              assertThat(unreachable.again()).contains(Duration.ofMinutes(2));
              assertThat(unreachable.why()).contains(Integer.toString(status));
            });
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 307, 400, 401, 403, 413})
  void send_whenTheServiceWillNot_isRefused(int status) throws Exception {
    receiver.status = status;
    receiver.headers = Map.of("Location", receiver.url("/elsewhere"));
    receiver.answer = "no: " + receiver.url("/" + Samples.SECRET) + " " + Samples.SECRET;
    assertThat(channel(Samples.SETTINGS).send(List.of(Samples.raised()), Samples.NOW))
        .isInstanceOfSatisfying(
            Delivery.Refused.class,
            refused ->
                assertThat(refused.why())
                    .contains(Integer.toString(status))
                    .doesNotContain(secretOf()));
    assertThat(receiver.requests()).as("redirects are not followed").hasSize(1);
  }

  /** What must not be shown; a text that is nowhere where there is no secret. */
  String secretOf() {
    return Samples.SECRET;
  }

  @Test
  void requests_arePostsOfJson() throws Exception {
    Delivery _ = channel(Samples.SETTINGS).send(List.of(Samples.raised()), Samples.NOW);
    assertThat(receiver.last().method()).isEqualTo("POST");
    assertThat(receiver.last().headers()).containsEntry("Content-Type", "application/json");
  }

  URI uri(String path) {
    return URI.create(receiver.url(path));
  }
}
