package dev.lifeboat.cli.config;

import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A share, written {@code 30%}.
 *
 * @param share from 0 to 1
 */
public record Percentage(BigDecimal share) {
  static final String SHAPE = "[0-9]+(\\.[0-9]+)? ?%";
  private static final Pattern PATTERN = Pattern.compile("([0-9]+(?:\\.[0-9]+)?) ?%");

  public Percentage {
    if (share.signum() <= 0 || share.compareTo(BigDecimal.ONE) > 0) {
      throw new IllegalArgumentException("a share is more than 0% and at most 100%");
    }
  }

  /** Parses a share. */
  public static Percentage parse(String text) {
    Matcher matcher = PATTERN.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "'%s' is no share; write for example 30%%".formatted(text));
    }
    return new Percentage(new BigDecimal(matcher.group(1)).movePointLeft(2));
  }

  @Override
  public String toString() {
    return share.movePointRight(2).stripTrailingZeros().toPlainString() + "%";
  }
}
