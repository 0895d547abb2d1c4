package dev.lifeboat.vault.region;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a region's health: whether it is to be left out for now. A circuit breaker: it
 * opens when the region fails for good, hangs, or fails again and again; after a pause the region
 * may be tried again, and the first failure then opens it for twice as long. Safe for use by many
 * threads.
 */
final class Breaker {
  /** So many failures in a row, each after its retries, and the region is left out. */
  private static final int PATIENCE = 3;

  /** The first pause. Long enough that a dead region costs a night a few retries only. */
  static final Duration FIRST_PAUSE = Duration.ofMinutes(5);

  private static final Duration LONGEST_PAUSE = Duration.ofHours(1);

  private final LongSupplier nanos;
  private int failuresInARow;
  private @Nullable String outage;
  private boolean hung;
  private long reopens;
  private Duration pause = FIRST_PAUSE;

  /**
   * @param nanos a clock that never goes back, as {@link System#nanoTime}
   */
  Breaker(LongSupplier nanos) {
    this.nanos = nanos;
  }

  synchronized void succeeded() {
    failuresInARow = 0;
    if (outage != null && isPauseOver()) {
      outage = null;
      hung = false;
      pause = FIRST_PAUSE;
    }
  }

  synchronized void failed(RegionException e) {
    failuresInARow++;
    boolean hangs = Attempts.isHung(e);
    boolean onTrial = outage != null && isPauseOver();
    if (outage != null && !onTrial) {
      return;
    }
    if (onTrial || hangs || e instanceof RegionException.Permanent || failuresInARow >= PATIENCE) {
      if (onTrial) {
        Duration doubled = pause.multipliedBy(2);
        pause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
      }
      outage = String.valueOf(e.getMessage());
      hung = hangs;
      reopens = nanos.getAsLong() + pause.toNanos();
    }
  }

  /** Why the region is left out at present; {@code null} if it is not. */
  synchronized @Nullable String outage() {
    return outage == null || isPauseOver() ? null : outage;
  }

  /** Why nothing at all should be asked of the region at present: it would not answer. */
  synchronized @Nullable String hang() {
    return hung ? outage() : null;
  }

  private boolean isPauseOver() {
    return nanos.getAsLong() - reopens >= 0;
  }
}
