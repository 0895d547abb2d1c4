package dev.lifeboat.verify;

import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How much of what a region holds was proven lately. Of the moment, as leases are, counts nothing.
 *
 * @param within everything is promised to be proven again in this time
 * @param now of the region
 * @param ciphertext of every object
 * @param deep of the packs that snapshots need; nothing is promised of it
 */
public record Coverage(
    RegionName region, Duration within, Instant now, Share ciphertext, Share deep) {
  /**
   * What was proven of some objects.
   *
   * @param objects there are
   * @param proven of them, within the promised time
   * @param overdue those that were neither proven nor stored within it
   * @param oldest the object that was unproven for the longest time; empty if there is none, or if
   *     it was read just now and the next one is not known
   */
  public record Share(Amount objects, Amount proven, Amount overdue, Optional<Oldest> oldest) {
    /** Of the bytes, from 0 to 1; 0 where there is nothing. */
    public double provenShare() {
      return objects.bytes() == 0 ? 0 : (double) proven.bytes() / objects.bytes();
    }
  }

  /** A number of objects and their length. */
  public record Amount(long objects, long bytes) {
    static final Amount NONE = new Amount(0, 0);

    Amount plus(long moreObjects, long moreBytes) {
      return new Amount(objects + moreObjects, bytes + moreBytes);
    }
  }

  /**
   * An object.
   *
   * @param since when it was proven last, or stored
   * @param proven whether it ever was
   */
  public record Oldest(ObjectKey key, Instant since, boolean proven) {}

  /** Whether something is there, and all of it was proven within the time or is not older. */
  public boolean kept() {
    return ciphertext.objects().objects() > 0 && ciphertext.overdue().objects() == 0;
  }
}
