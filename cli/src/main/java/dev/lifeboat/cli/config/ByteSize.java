package dev.lifeboat.cli.config;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A number of bytes, written {@code 512}, {@code 64KiB}, {@code 10GB}. */
public record ByteSize(long bytes) {
  static final String SHAPE = "[0-9]+(\\.[0-9]+)? ?([kKMGTP]i?)?B?";
  private static final Pattern PATTERN =
      Pattern.compile("([0-9]+(?:\\.[0-9]+)?) ?([kKMGTP]?)(i?)B?");

  public ByteSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("a size is not negative: " + bytes);
    }
  }

  /**
   * Parses a size: {@code k}, {@code M}, {@code G}, {@code T}, {@code P} count by 1,000, with an
   * {@code i} by 1,024.
   */
  public static ByteSize parse(String text) {
    Matcher matcher = PATTERN.matcher(text);
    if (!matcher.matches() || (matcher.group(2).isEmpty() && !matcher.group(3).isEmpty())) {
      throw new IllegalArgumentException(
          "'%s' is no size; write for example 500MB or 64GiB".formatted(text));
    }
    String prefix = matcher.group(2).toUpperCase(Locale.ROOT);
    int power = prefix.isEmpty() ? 0 : "KMGTP".indexOf(prefix) + 1;
    double bytes =
        Double.parseDouble(matcher.group(1))
            * Math.pow(matcher.group(3).isEmpty() ? 1000 : 1024, power);
    if (bytes > Long.MAX_VALUE / 2.0) {
      throw new IllegalArgumentException("'%s' is too large".formatted(text));
    }
    return new ByteSize(Math.round(bytes));
  }

  /** In the unit that {@link #parse} reads back to the same number. */
  @Override
  public String toString() {
    String[] units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    long value = bytes;
    int unit = 0;
    while (unit < units.length - 1 && value != 0 && value % 1024 == 0) {
      value /= 1024;
      unit++;
    }
    return value + units[unit];
  }
}
