package dev.lifeboat.schedules.watch;

import java.time.Duration;
import java.util.Optional;

/**
 * By when things must have happened.
 *
 * @param drillWithin in what time a drill of each dataset must have passed; empty if nobody is to
 *     be told
 * @param clockSkew by how much a region's clock may be off this machine's
 * @param certificatesWithin how long before its end a certificate is told of
 * @param diskFree bytes that must be free where this host keeps its state
 */
public record WatchRules(
    Optional<Duration> drillWithin,
    Duration clockSkew,
    Duration certificatesWithin,
    long diskFree) {
  public WatchRules {
    if (drillWithin.filter(time -> !time.isPositive()).isPresent()
        || !clockSkew.isPositive()
        || certificatesWithin.isNegative()
        || diskFree < 0) {
      throw new IllegalArgumentException("times are positive, and bytes not negative");
    }
  }
}
