package dev.lifeboat.vault.region;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BreakerTest {
  private static final RegionName A = new RegionName("a");
  private final AtomicLong nanos = new AtomicLong(-5);
  private final Breaker breaker = new Breaker(nanos::get);

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private static RegionException permanent(String why) {
    return new RegionException.Permanent(A, why, null);
  }

  private static RegionException busy() {
    return new RegionException.Transient(A, "busy", null);
  }

  @Test
  void outage_permanentFailure_endsAfterThePauseAndTheFirstSuccess() {
    assertThat(breaker.outage()).isNull();
    breaker.failed(permanent("disk full"));
    assertThat(breaker.outage()).contains("disk full");
    assertThat(breaker.hang()).isNull();
    pass(Breaker.FIRST_PAUSE.minusNanos(1));
    assertThat(breaker.outage()).isNotNull();
    pass(Duration.ofNanos(1));
    assertThat(breaker.outage()).isNull();
    breaker.succeeded();
    breaker.failed(busy());
    breaker.failed(busy());
    assertThat(breaker.outage()).isNull();
    breaker.failed(busy());
    assertThat(breaker.outage()).contains("busy");
  }

  @Test
  void outage_failsAgainOnTrial_isTwiceAsLong() {
    breaker.failed(permanent("disk full"));
    pass(Breaker.FIRST_PAUSE);
    breaker.failed(busy());
    assertThat(breaker.outage()).contains("busy");
    pass(Breaker.FIRST_PAUSE.multipliedBy(2).minusNanos(1));
    assertThat(breaker.outage()).isNotNull();
    pass(Duration.ofNanos(1));
    assertThat(breaker.outage()).isNull();
  }

  @Test
  void outage_successDuringThePause_doesNotEndIt() {
    breaker.failed(permanent("disk full"));
    breaker.succeeded();
    assertThat(breaker.outage()).contains("disk full");
  }
}
