package dev.lifeboat.vault.region.s3;

import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;

/**
 * A limit of the bytes per second during a part of every day.
 *
 * @param from when it begins; the same as {@code to} for the whole day
 * @param to when it has ended; before {@code from} for a window over midnight
 * @param zone in which both are told
 */
public record BandwidthWindow(long bytesPerSecond, LocalTime from, LocalTime to, ZoneId zone) {
  /**
   * Below this a pack would not arrive within the time after which a region counts as hung (64 KiB
   * for each second), as soon as a few are under way.
   */
  public static final long LEAST = 256 << 10;

  public BandwidthWindow {
    if (bytesPerSecond < LEAST) {
      throw new IllegalArgumentException(
          "bandwidth: limit: %d bytes per second are too few for packs to arrive in time; at least 256KiB"
              .formatted(bytesPerSecond));
    }
  }

  boolean covers(ZonedDateTime now) {
    LocalTime time = now.withZoneSameInstant(zone).toLocalTime();
    if (from.equals(to)) {
      return true;
    }
    return from.isBefore(to)
        ? !time.isBefore(from) && time.isBefore(to)
        : !time.isBefore(from) || time.isBefore(to);
  }
}
