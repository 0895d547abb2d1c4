package dev.lifeboat.vault.region.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ServerClockTest {
  private static final Instant NOON = Instant.parse("2026-07-01T12:00:00Z");

  private final AtomicLong nanos = new AtomicLong();
  private final ServerClock clock = new ServerClock(nanos::get);

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Test
  void now_neverTold_isUnknown() {
    assertThat(clock.now()).isEmpty();
  }

  @Test
  void now_afterASample_passesAndNeverGoesBack() {
    clock.sample(NOON);
    pass(Duration.ofMillis(1_900));
    // The header is cut to the second: it tells less than is known already.
    clock.sample(NOON.plusSeconds(1));
    assertThat(clock.now()).contains(NOON.plusMillis(1_900));
    clock.sample(NOON.plusSeconds(3));
    assertThat(clock.now()).contains(NOON.plusSeconds(3));
  }

  @Test
  void now_longAfterTheLastSample_isUnknownAgain() {
    clock.sample(NOON);
    pass(Duration.ofMinutes(6));
    assertThat(clock.now()).isEmpty();
    // Then also an earlier time is believed: somebody set their clock.
    clock.sample(NOON.minusSeconds(60));
    assertThat(clock.now()).contains(NOON.minusSeconds(60));
  }
}
