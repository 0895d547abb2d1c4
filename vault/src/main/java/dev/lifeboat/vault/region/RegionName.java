package dev.lifeboat.vault.region;

import java.util.regex.Pattern;

/** What the operator calls a region: {@code eu-west-2}, {@code cellar}. */
public record RegionName(String value) implements Comparable<RegionName> {
  private static final Pattern SHAPE = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");

  public RegionName {
    if (!SHAPE.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "region name '%s': use 1 to 63 of a-z, 0-9, '.', '_', '-', starting with a letter or digit"
              .formatted(value));
    }
  }

  @Override
  public int compareTo(RegionName other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
