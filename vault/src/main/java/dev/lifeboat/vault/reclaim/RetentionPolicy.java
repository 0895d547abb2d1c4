package dev.lifeboat.vault.reclaim;

import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * How many snapshots of a dataset to keep. Rules add up: a snapshot stays if any rule wants it.
 *
 * @param last the newest so many, complete or not
 * @param hourly the newest of each of the latest so many hours that have one; the others likewise
 * @param weekly by ISO week, from Monday
 * @param keepTags a snapshot with one of these stays
 * @param zone in which days begin
 */
public record RetentionPolicy(
    int last,
    int hourly,
    int daily,
    int weekly,
    int monthly,
    int yearly,
    Set<String> keepTags,
    ZoneId zone) {
  /** Keeps everything. */
  public static final RetentionPolicy ALL =
      new RetentionPolicy(Integer.MAX_VALUE, 0, 0, 0, 0, 0, ZoneOffset.UTC);

  public RetentionPolicy(
      int last, int hourly, int daily, int weekly, int monthly, int yearly, ZoneId zone) {
    this(last, hourly, daily, weekly, monthly, yearly, Set.of(), zone);
  }

  public RetentionPolicy {
    if (last < 0 || hourly < 0 || daily < 0 || weekly < 0 || monthly < 0 || yearly < 0) {
      throw new IllegalArgumentException("retention: no number can be negative");
    }
    // Not by their sum, which may be more than an int holds. Tags alone are no policy: what has
    // none would all go.
    if (Math.max(Math.max(last, hourly), Math.max(daily, weekly)) == 0
        && Math.max(monthly, yearly) == 0) {
      throw new IllegalArgumentException(
          "retention keeps nothing: give at least one of last, hourly, daily, weekly, monthly,"
              + " yearly");
    }
    keepTags = Collections.unmodifiableSortedSet(new TreeSet<>(keepTags));
  }
}
