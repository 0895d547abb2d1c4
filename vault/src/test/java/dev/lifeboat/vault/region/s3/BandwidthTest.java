package dev.lifeboat.vault.region.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BandwidthTest {
  private static final ZoneId LONDON = ZoneId.of("Europe/London");

  /** Noon in UTC, 13:00 in London. */
  private static final Clock NOON =
      Clock.fixed(Instant.parse("2026-07-01T12:00:00Z"), ZoneOffset.UTC);

  private final AtomicLong nanos = new AtomicLong();

  private static BandwidthWindow window(long limit, String from, String to) {
    return new BandwidthWindow(limit, LocalTime.parse(from), LocalTime.parse(to), LONDON);
  }

  private Bandwidth over(Clock clock, BandwidthWindow... windows) {
    return new Bandwidth(
        List.of(windows), clock, nanos::get, time -> nanos.addAndGet(time.toNanos()));
  }

  @ParameterizedTest
  @CsvSource({
    "08:00, 18:00, true",
    "13:00, 13:01, true",
    "12:59, 13:00, false",
    "22:00, 13:01, true",
    "22:00, 06:00, false",
    "00:00, 00:00, true",
  })
  void limit_byTheTimeInTheZone(String from, String to, boolean covered) {
    assertThat(over(NOON, window(1 << 20, from, to)).limit())
        .isEqualTo(covered ? 1 << 20 : Long.MAX_VALUE);
  }

  @Test
  void limit_severalWindows_theFirstThatFitsCounts() {
    assertThat(
            over(
                    NOON,
                    window(1 << 20, "18:00", "19:00"),
                    window(2 << 20, "12:00", "14:00"),
                    window(4 << 20, "00:00", "00:00"))
                .limit())
        .isEqualTo(2 << 20);
  }

  @Test
  void take_tenSecondsWorth_takesTenSeconds() throws Exception {
    Bandwidth bandwidth = over(NOON, window(1 << 20, "00:00", "00:00"));
    for (int i = 0; i < 160; i++) {
      bandwidth.take(64 << 10);
    }
    assertThat(Duration.ofNanos(nanos.get()))
        .isBetween(Duration.ofMillis(9_500), Duration.ofSeconds(10));
  }

  @Test
  void take_afterAPause_doesNotCatchUp() throws Exception {
    Bandwidth bandwidth = over(NOON, window(1 << 20, "00:00", "00:00"));
    nanos.addAndGet(Duration.ofHours(1).toNanos());
    long before = nanos.get();
    for (int i = 0; i < 32; i++) {
      bandwidth.take(64 << 10);
    }
    assertThat(Duration.ofNanos(nanos.get() - before)).isGreaterThan(Duration.ofMillis(1_500));
  }

  @Test
  void take_noLimit_doesNotWait() throws Exception {
    Bandwidth bandwidth = over(NOON);
    bandwidth.take(1 << 30);
    assertThat(nanos.get()).isZero();
  }
}
