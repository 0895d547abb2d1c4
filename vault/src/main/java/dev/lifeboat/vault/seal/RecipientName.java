package dev.lifeboat.vault.seal;

import java.util.regex.Pattern;

/**
 * What the operator calls someone who can read: {@code kit}, {@code drill-host}, {@code on-call}.
 * Part of the names of key objects, hence in lower case: some regions tell no {@code A} from an
 * {@code a}.
 */
public record RecipientName(String value) implements Comparable<RecipientName> {
  private static final Pattern SHAPE = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");

  /** The recovery kit: a recipient of every vault. */
  public static final RecipientName KIT = new RecipientName("kit");

  public RecipientName {
    if (!SHAPE.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "recipient name '%s': use 1 to 63 of a-z, 0-9, '.', '_', '-', starting with a letter or digit"
              .formatted(value));
    }
  }

  @Override
  public int compareTo(RecipientName other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
