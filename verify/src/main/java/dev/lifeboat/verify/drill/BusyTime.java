package dev.lifeboat.verify.drill;

import java.time.Duration;
import java.util.function.LongSupplier;

/** How long at least one of many threads was at something. */
final class BusyTime {
  private final LongSupplier nanos;
  private int running;
  private long since;
  private long total;

  BusyTime(LongSupplier nanos) {
    this.nanos = nanos;
  }

  synchronized void begin() {
    if (running++ == 0) {
      since = nanos.getAsLong();
    }
  }

  synchronized void end() {
    if (--running == 0) {
      total += nanos.getAsLong() - since;
    }
  }

  /** So far. */
  synchronized Duration total() {
    return Duration.ofNanos(running == 0 ? total : total + nanos.getAsLong() - since);
  }
}
