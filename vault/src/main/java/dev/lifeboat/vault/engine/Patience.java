package dev.lifeboat.vault.engine;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How long a session waits for regions that are late when its snapshot is durable already: as long
 * again as it took until then, a minute at least, and never past the deadline.
 */
final class Patience {
  private static final Duration LEAST = Duration.ofMinutes(1);

  private final Clock clock;
  private final Optional<Instant> deadline;
  private final long begunNanos = System.nanoTime();

  Patience(Clock clock, Optional<Instant> deadline) {
    this.clock = clock;
    this.deadline = deadline;
  }

  /** To be asked when the snapshot is durable. */
  Duration left() {
    Duration taken = Duration.ofNanos(System.nanoTime() - begunNanos);
    Duration patience = taken.compareTo(LEAST) < 0 ? LEAST : taken;
    if (deadline.isEmpty()) {
      return patience;
    }
    Duration until = Duration.between(clock.instant(), deadline.get());
    return until.isNegative() ? Duration.ZERO : until.compareTo(patience) < 0 ? until : patience;
  }
}
