package dev.lifeboat.cli.config;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people write them: {@code 26h}, {@code 7d}, {@code 1h30m}. */
public final class Durations {
  static final String SHAPE = "([0-9]+(ms|[smhdw]))+";
  private static final Pattern PART = Pattern.compile("([0-9]{1,12})(ms|[smhdw])");

  private Durations() {}

  /** Parses numbers with {@code ms}, {@code s}, {@code m}, {@code h}, {@code d} or {@code w}. */
  public static Duration parse(String text) {
    Matcher matcher = PART.matcher(text);
    Duration sum = Duration.ZERO;
    int at = 0;
    while (at < text.length() && matcher.find(at) && matcher.start() == at) {
      long number = Long.parseLong(matcher.group(1));
      sum =
          sum.plus(
              switch (matcher.group(2)) {
                case "ms" -> Duration.ofMillis(number);
                case "s" -> Duration.ofSeconds(number);
                case "m" -> Duration.ofMinutes(number);
                case "h" -> Duration.ofHours(number);
                case "d" -> Duration.ofDays(number);
                default -> Duration.ofDays(7 * number);
              });
      at = matcher.end();
    }
    if (text.isEmpty() || at < text.length()) {
      throw new IllegalArgumentException(
          "'%s' is no duration; write for example 26h, 7d or 1h30m".formatted(text));
    }
    return sum;
  }

  /** The shortest text that {@link #parse} reads back to the same. */
  public static String format(Duration duration) {
    long millis = duration.toMillis();
    if (millis == 0) {
      return "0s";
    }
    StringBuilder out = new StringBuilder();
    long[] sizes = {86_400_000, 3_600_000, 60_000, 1_000, 1};
    String[] units = {"d", "h", "m", "s", "ms"};
    for (int i = 0; i < sizes.length; i++) {
      if (millis >= sizes[i]) {
        out.append(millis / sizes[i]).append(units[i]);
        millis %= sizes[i];
      }
    }
    return out.toString();
  }
}
