package dev.lifeboat.schedules.alert;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What there is of a dataset, for somebody who asks what would be lost now.
 *
 * @param dataset as {@code tenant/name}
 * @param lastGood instant of its newest complete snapshot that a quorum of regions holds; empty if
 *     there is none, or nobody knows of one
 * @param rpo how old that may be
 */
public record Standing(String dataset, Optional<Instant> lastGood, Optional<Duration> rpo) {

  /** How old the last good copy is. */
  public Optional<Duration> age(Instant now) {
    return lastGood.map(time -> time.isAfter(now) ? Duration.ZERO : Duration.between(time, now));
  }

  /** Whether it is older than it may be, or there is none. */
  public boolean late(Instant now) {
    return lastGood.isEmpty()
        || (rpo.isPresent() && age(now).orElseThrow().compareTo(rpo.get()) > 0);
  }
}
