package dev.lifeboat.vault.region;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How often, and after which pauses, a region that failed with {@link RegionException.Transient} is
 * asked again. Nothing else is ever retried.
 *
 * @param attempts in all, at least 1
 * @param firstPause upper bound of the pause before the second attempt; doubled for each further
 *     one
 * @param longestPause upper bound of every pause
 * @param patience how long one attempt may take before the region counts as hung; reads get in
 *     addition one second for every 256 KiB, puts one second for every 64 KiB
 */
public record RetryPolicy(
    int attempts, Duration firstPause, Duration longestPause, Duration patience) {
  /** Rides out a short network outage, gives up within half a minute. */
  public static final RetryPolicy DEFAULT =
      new RetryPolicy(5, Duration.ofMillis(250), Duration.ofSeconds(10), Duration.ofMinutes(2));

  public RetryPolicy {
    if (attempts < 1
        || firstPause.isNegative()
        || longestPause.isNegative()
        || !patience.isPositive()) {
      throw new IllegalArgumentException(
          "no way to try %d times, pausing %s to %s, waiting %s"
              .formatted(attempts, firstPause, longestPause, patience));
    }
  }

  /** The same with another patience. */
  public RetryPolicy withPatience(Duration other) {
    return new RetryPolicy(attempts, firstPause, longestPause, other);
  }

  /**
   * The pause after attempt {@code attempt}, from 1: uniformly random up to the bound ("full
   * jitter"), so that many writers thrown off by one outage do not come back in step.
   */
  Duration pauseAfter(int attempt, RandomGenerator random) {
    long bound = firstPause.toMillis() << Math.min(attempt - 1, 20);
    bound = Math.min(bound, longestPause.toMillis());
    return Duration.ofMillis(bound == 0 ? 0 : random.nextLong(bound + 1));
  }
}
