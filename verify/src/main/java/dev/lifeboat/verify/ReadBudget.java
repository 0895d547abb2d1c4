package dev.lifeboat.verify;

import java.time.Duration;
import java.util.Optional;

/**
 * How much of each region one verification reads.
 *
 * @param bytes at most, and one object more
 * @param within in what time everything is to have its turn: what is ahead of that is left for
 *     another day. Empty to read as much as {@code bytes} allows
 * @param time after which nothing more is begun, shared by the regions; empty for no limit
 * @param cost of what is read of each region at the most, in the currency of its configured price;
 *     empty for no limit
 */
public record ReadBudget(
    long bytes, Optional<Duration> within, Optional<Duration> time, Optional<Double> cost) {
  private static final double GB = 1e9;

  public ReadBudget {
    if (bytes < 0
        || within.filter(duration -> !duration.isPositive()).isPresent()
        || time.filter(duration -> !duration.isPositive()).isPresent()
        || cost.filter(amount -> !(amount >= 0)).isPresent()) {
      throw new IllegalArgumentException(
          "no way to read %d bytes, everything within %s, for %s and at a cost of %s"
              .formatted(bytes, within, time, cost));
    }
  }

  /** Without a limit of time or money. */
  public ReadBudget(long bytes, Optional<Duration> within) {
    this(bytes, within, Optional.empty(), Optional.empty());
  }

  /** As much as {@code bytes} allows. */
  public static ReadBudget of(long bytes) {
    return new ReadBudget(bytes, Optional.empty());
  }

  /**
   * The same with no more bytes than its cost allows.
   *
   * @param perGb what reading a gigabyte costs in this region
   */
  ReadBudget at(double perGb) {
    if (cost.isEmpty() || perGb <= 0) {
      return this;
    }
    double most = cost.get() / perGb * GB;
    return new ReadBudget(most < bytes ? (long) most : bytes, within, time, cost);
  }
}
