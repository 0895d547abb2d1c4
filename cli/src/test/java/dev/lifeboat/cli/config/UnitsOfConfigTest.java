package dev.lifeboat.cli.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitsOfConfigTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "512, 512",
    "512B, 512",
    "1k, 1000",
    "1KiB, 1024",
    "64MiB, 67108864",
    "1.5GB, 1500000000",
    "10 GiB, 10737418240"
  })
  void size_wellWritten_isRead(String text, long bytes) {
    assertThat(ByteSize.parse(text).bytes()).isEqualTo(bytes);
    assertThat(ByteSize.parse(ByteSize.parse(text).toString()).bytes()).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "-1", "1i", "5 apples", "1e9", "99999999999PB"})
  void size_badlyWritten_isRefused(String text) {
    assertThatThrownBy(() -> ByteSize.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({"26h, PT26H", "7d, P7D", "1h30m, PT1H30M", "2w, P14D", "250ms, PT0.25S", "0s, PT0S"})
  void duration_wellWritten_isRead(String text, Duration duration) {
    assertThat(Durations.parse(text)).isEqualTo(duration);
    assertThat(Durations.parse(Durations.format(duration))).isEqualTo(duration);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "26", "h", "1 h", "-1h", "1h x"})
  void duration_badlyWritten_isRefused(String text) {
    assertThatThrownBy(() -> Durations.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void distance_swappedNeighbours_isOne() {
    assertThat(Spelling.distance("quorum", "qourum")).isEqualTo(1);
    assertThat(Spelling.distance("kit", "")).isEqualTo(3);
  }
}
