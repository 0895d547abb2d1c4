package dev.lifeboat.vault.region;

import java.util.regex.Pattern;

/** Checks that every region makes in the same way. */
public final class Regions {
  private static final Pattern PREFIX = Pattern.compile("([A-Za-z0-9_-][A-Za-z0-9._-]*/)*");

  private Regions() {}

  /**
   * Refuses what is no prefix for {@link Region#list}.
   *
   * @throws IllegalArgumentException if it is neither empty nor whole segments ending with a slash
   */
  public static void requirePrefix(String prefix) {
    if (prefix.length() > 512 || !PREFIX.matcher(prefix).matches()) {
      throw new IllegalArgumentException(
          "a prefix is empty or ends with a slash after whole segments: " + prefix);
    }
  }

  /**
   * Refuses what is no range for {@link Region#read(ObjectKey, long, int)}.
   *
   * @throws IllegalArgumentException if it is negative or beyond all numbers
   */
  public static void requireRange(long offset, int length) {
    if (offset < 0 || length < 0 || offset > Long.MAX_VALUE - length) {
      throw new IllegalArgumentException("no range of %d bytes at %d".formatted(length, offset));
    }
  }

  /** The detail of a {@link RegionException.Missing} for a range beyond the end. */
  public static String endsBefore(long bytes, long offset, int length) {
    return "has %d bytes; asked for %d at %d".formatted(bytes, length, offset);
  }
}
