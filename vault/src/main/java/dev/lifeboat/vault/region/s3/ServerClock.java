package dev.lifeboat.vault.region.s3;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The clock of a service, as the {@code Date} headers of its answers tell it.
 *
 * <p>A header is a little old when it arrives, and cut to the second: every sample is a lower
 * bound, so that the latest of a few minutes is the best one. Between samples time passes as the
 * monotonic clock of this machine does; its own date is never asked.
 */
final class ServerClock {
  private static final long FRESH_NANOS = Duration.ofMinutes(5).toNanos();

  private final LongSupplier nanos;
  private boolean known;
  private long sampledNanos;
  private Instant atSample = Instant.EPOCH;

  ServerClock(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** Notes what an answer told that arrived now. */
  synchronized void sample(Instant date) {
    long now = nanos.getAsLong();
    if (!known
        || now - sampledNanos > FRESH_NANOS
        || date.isAfter(atSample.plusNanos(now - sampledNanos))) {
      known = true;
      sampledNanos = now;
      atSample = date;
    }
  }

  /** What time it is there, if an answer told lately. */
  synchronized Optional<Instant> now() {
    long passed = nanos.getAsLong() - sampledNanos;
    return known && passed <= FRESH_NANOS
        ? Optional.of(atSample.plusNanos(passed))
        : Optional.empty();
  }
}
