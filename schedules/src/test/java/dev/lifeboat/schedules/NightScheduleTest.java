package dev.lifeboat.schedules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class NightScheduleTest {
  private static final CronSchedule EVERY_SECOND = new CronSchedule("* * * * * ?", ZoneOffset.UTC);

  @Test
  void next_isToldInTheZoneAlsoWhereClocksChange() {
    CronSchedule schedule = new CronSchedule("0 30 1 * * ?", ZoneId.of("Europe/London"));

    assertThat(schedule.next(Instant.parse("2026-11-20T12:00:00Z")))
        .contains(Instant.parse("2026-11-21T01:30:00Z"));
    assertThat(schedule.next(Instant.parse("2026-07-20T12:00:00Z")))
        .contains(Instant.parse("2026-07-21T00:30:00Z"));
    assertThat(new CronSchedule("0 0 0 1 1 ? 2020", ZoneOffset.UTC).next(Instant.now())).isEmpty();
  }

  @Test
  void schedule_thatIsNone_isRefusedWithAnExample() {
    assertThatThrownBy(() -> new CronSchedule("30 1 * * *", ZoneOffset.UTC))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("30 1 * * *")
        .hasMessageContaining("0 30 1 * * ?");
  }

  @Test
  void open_startsNightsUntilClosed() throws Exception {
    CountDownLatch nights = new CountDownLatch(2);
    AtomicInteger started = new AtomicInteger();
    try (NightSchedule _ =
        new NightSchedule(
            "until-closed",
            EVERY_SECOND,
            () -> {
              started.incrementAndGet();
              nights.countDown();
            },
            () -> {})) {
      assertThat(nights.await(1, TimeUnit.MINUTES)).isTrue();
    }
    int before = started.get();
    Thread.sleep(2_500);
    assertThat(started).hasValue(before);
  }

  @Test
  void night_thatThrows_doesNotEndTheSchedule() throws Exception {
    CountDownLatch nights = new CountDownLatch(2);
    try (NightSchedule _ =
        new NightSchedule(
            "throws",
            EVERY_SECOND,
            () -> {
              nights.countDown();
              throw new IllegalStateException("a bad night");
            },
            () -> {})) {
      assertThat(nights.await(1, TimeUnit.MINUTES)).isTrue();
    }
  }

  @Test
  void close_whileANightRuns_stopsItAndWaits() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    AtomicInteger atOnce = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger ended = new AtomicInteger();
    NightSchedule schedule =
        new NightSchedule(
            "stops",
            EVERY_SECOND,
            () -> {
              most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
              running.countDown();
              try {
                assertThat(stopped.await(1, TimeUnit.MINUTES)).isTrue();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              atOnce.decrementAndGet();
              ended.incrementAndGet();
            },
            stopped::countDown);
    assertThat(running.await(1, TimeUnit.MINUTES)).isTrue();
    // Long enough for other nights to come due beside the one that runs.
    Thread.sleep(2_500);
    schedule.close();

    assertThat(ended).hasValue(1);
    assertThat(most).hasValue(1);
  }
}
