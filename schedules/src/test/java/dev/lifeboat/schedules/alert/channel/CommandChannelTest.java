package dev.lifeboat.schedules.alert.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandChannelTest extends ChannelContract {
  @TempDir private Path directory;
  private String script = "";

  @Override
  void open() throws Exception {
    comeBack();
  }

  @Override
  void close() {}

  @Override
  Channel channel(ChannelSettings settings) {
    return channel(settings, TIMEOUT);
  }

  private Channel channel(ChannelSettings settings, Duration timeout) {
    return new CommandChannel(
        settings,
        List.of("/bin/sh", "-c", script, "sh", "an $(argument) as it is"),
        Map.of("PATH", "/usr/bin:/bin", "KIT_PASSPHRASE", Samples.SECRET),
        timeout);
  }

  @Override
  List<String> received() throws Exception {
    Path file = directory.resolve("got");
    return Files.exists(file) ? Files.readString(file).lines().toList() : List.of();
  }

  @Override
  void goDown() {
    script = "exit 75";
  }

  @Override
  void comeBack() {
    script = "cat >> '%s'; echo >> '%s'".formatted(file("got"), file("got"));
  }

  private Path file(String name) {
    return directory.resolve(name);
  }

  @Test
  void input_isTheJsonOfTheWebhook() throws Exception {
    Delivery _ = channel(Samples.SETTINGS).send(List.of(Samples.raised()), Samples.NOW);
    assertThat(received()).containsExactly(WebhookChannelTest.BODY);
  }

  @Test
  void argumentsAreTakenAsTheyAre_andNoSecretOfTheEnvironmentIsPassed() throws Exception {
    script = "{ echo \"$1\"; env; } > '%s'".formatted(file("seen"));
    Delivery _ = channel(Samples.SETTINGS).send(List.of(Samples.raised()), Samples.NOW);
    assertThat(Files.readString(file("seen")))
        .startsWith("an $(argument) as it is\n")
        .contains("PATH=")
        .doesNotContain(Samples.SECRET);
  }

  @Test
  void programThatDoesNotEnd_isEnded() throws Exception {
    script = "sleep 600";
    assertThat(
            channel(Samples.SETTINGS, Duration.ofMillis(200))
                .send(List.of(Samples.raised()), Samples.NOW))
        .isInstanceOf(Delivery.Unreachable.class);
  }

  @Test
  void programThatDoesNotRead_decidesByItsExitCode() throws Exception {
    script = "exit 0";
    assertThat(channel(Samples.SETTINGS).send(List.of(Samples.raised()), Samples.NOW))
        .isEqualTo(new Delivery.Taken());
  }

  @Test
  void programThatIsNotThere_isNamed() throws Exception {
    assertThat(
            new CommandChannel(Samples.SETTINGS, List.of("/no/such/program"), Map.of(), TIMEOUT)
                .send(List.of(Samples.raised()), Samples.NOW))
        .isInstanceOfSatisfying(
            Delivery.Refused.class,
            refused -> assertThat(refused.why()).contains("/no/such/program"));
  }
}
