package dev.lifeboat.vault.region;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * How a region locks what is stored in it: for a time nobody deletes or changes an object, whatever
 * credentials he has.
 *
 * <p>What keeps a snapshot readable is locked; what tells of work under way, and is removed when
 * that is done, is not: see {@link #covers}.
 *
 * @param mode who may shorten a lock after all
 * @param period for how long a snapshot stays locked, from its time on
 */
public record ObjectLock(Mode mode, Duration period) {
  /** Modes of S3 Object Lock. */
  public enum Mode {
    /** Nobody, not even the owner of the account. */
    COMPLIANCE,
    /** Whoever has the special right to. */
    GOVERNANCE;

    /** As people write it. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final List<String> FREE =
      List.of("leases/", "trash/", "ledger/counts/", "ledger/proofs/", "quarantine/", "probe/");

  public ObjectLock {
    if (!period.isPositive()) {
      throw new IllegalArgumentException("a lock must last for some time, not " + period);
    }
  }

  /** Whether objects of this name are locked. */
  public static boolean covers(ObjectKey key) {
    return FREE.stream().noneMatch(key.value()::startsWith);
  }

  /**
   * By how much locks are made longer than needed, so that an object which every night's snapshot
   * needs is not extended every night: a quarter of the period.
   */
  public Duration slack() {
    return period.dividedBy(4);
  }

  /** Until when an object that is stored now is locked. */
  public Instant fresh(Instant now) {
    return until(now).plus(slack());
  }

  /** Until when the objects of a snapshot of this time must be locked, at least. */
  public Instant until(Instant snapshot) {
    return snapshot.plus(period);
  }
}
