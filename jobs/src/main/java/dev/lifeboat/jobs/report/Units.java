package dev.lifeboat.jobs.report;

import java.time.Duration;
import java.util.Locale;

/** Numbers as people read them. */
final class Units {
  private static final String[] BYTES = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private Units() {}

  /** {@code 999 B}, {@code 1.2 GiB}. */
  static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    // 1023.95 would be rounded to 1024.0.
    while (Math.abs(value) >= 1023.95 && unit < BYTES.length - 1) {
      value /= 1024;
      unit++;
    }
    return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", value, BYTES[unit]);
  }

  /** {@code 1 finding}, {@code 2 findings}. */
  static String count(long count, String noun) {
    return count == 1 ? "1 " + noun : count + " " + noun + "s";
  }

  /** {@code 0.4 s}, {@code 3 m 05 s}, {@code 2 h 10 m}, {@code 3 d 04 h}. */
  static String duration(Duration duration) {
    long seconds = duration.toSeconds();
    if (seconds < 60) {
      return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }
    if (seconds < 3_600) {
      return "%d m %02d s".formatted(seconds / 60, seconds % 60);
    }
    if (seconds < 86_400) {
      return "%d h %02d m".formatted(seconds / 3_600, seconds / 60 % 60);
    }
    return "%d d %02d h".formatted(seconds / 86_400, seconds / 3_600 % 24);
  }

  /** On one line, and without characters that would steer a terminal. */
  static String printable(String text) {
    StringBuilder safe = new StringBuilder(text.length());
    text.codePoints()
        .map(point -> point == '\n' ? ' ' : point)
        .forEach(point -> safe.appendCodePoint(Character.isISOControl(point) ? '?' : point));
    return safe.toString();
  }
}
