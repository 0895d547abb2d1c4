package dev.lifeboat.vault.reclaim;

import java.time.ZoneId;

/**
 * How many snapshots of a dataset to keep. Rules add up: a snapshot stays if any rule wants it.
 *
 * @param last the newest so many, complete or not
 * @param hourly the newest of each of the latest so many hours that have one; the others likewise
 * @param weekly by ISO week, from Monday
 * @param zone in which days begin
 */
public record RetentionPolicy(
    int last, int hourly, int daily, int weekly, int monthly, int yearly, ZoneId zone) {
  public RetentionPolicy {
    if (last < 0 || hourly < 0 || daily < 0 || weekly < 0 || monthly < 0 || yearly < 0) {
      throw new IllegalArgumentException("retention: no number can be negative");
    }
    if (last + hourly + daily + weekly + monthly + yearly == 0) {
      throw new IllegalArgumentException(
          "retention keeps nothing: give at least one of last, hourly, daily, weekly, monthly,"
              + " yearly");
    }
  }
}
