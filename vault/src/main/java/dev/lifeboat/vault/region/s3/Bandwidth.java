package dev.lifeboat.vault.region.s3;

import java.time.Clock;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Spreads bytes over time so that a region gets no more than its limit of the hour. All transfers
 * of a region share it, in the order in which they ask: each reserves the next stretch of the line,
 * and waits until that begins.
 */
final class Bandwidth {
  /** Waits; another one in tests. */
  interface Sleeper {
    void sleep(Duration time) throws InterruptedException;
  }

  /** How much may go at once after a pause; short enough to look even to the neighbours. */
  private static final long BURST_NANOS = Duration.ofMillis(250).toNanos();

  private final List<BandwidthWindow> windows;
  private final Clock clock;
  private final LongSupplier nanos;
  private final Sleeper sleeper;
  private long free;

  Bandwidth(List<BandwidthWindow> windows, Clock clock) {
    this(windows, clock, System::nanoTime, Thread::sleep);
  }

  Bandwidth(List<BandwidthWindow> windows, Clock clock, LongSupplier nanos, Sleeper sleeper) {
    this.windows = windows;
    this.clock = clock;
    this.nanos = nanos;
    this.sleeper = sleeper;
    this.free = nanos.getAsLong() - BURST_NANOS;
  }

  /** The limit of this moment in bytes per second; {@link Long#MAX_VALUE} for none. */
  long limit() {
    if (windows.isEmpty()) {
      return Long.MAX_VALUE;
    }
    ZonedDateTime now = clock.instant().atZone(clock.getZone());
    for (BandwidthWindow window : windows) {
      if (window.covers(now)) {
        return window.bytesPerSecond();
      }
    }
    return Long.MAX_VALUE;
  }

  /** Waits until {@code bytes} more may go. */
  void take(int bytes) throws InterruptedException {
    long limit = limit();
    if (limit == Long.MAX_VALUE) {
      return;
    }
    long wait;
    synchronized (this) {
      long now = nanos.getAsLong();
      if (free - (now - BURST_NANOS) < 0) {
        free = now - BURST_NANOS;
      }
      wait = free - now;
      free += (long) (bytes * 1e9 / limit);
    }
    if (wait > 0) {
      sleeper.sleep(Duration.ofNanos(wait));
    }
  }
}
