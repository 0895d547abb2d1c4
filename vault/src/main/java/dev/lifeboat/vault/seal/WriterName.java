package dev.lifeboat.vault.seal;

import java.util.regex.Pattern;

/** What the operator calls a backup host. Appears in the vault document in the clear. */
public record WriterName(String value) implements Comparable<WriterName> {
  private static final Pattern SHAPE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  public WriterName {
    if (!SHAPE.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "writer name '%s': use 1 to 100 of A-Z, a-z, 0-9, '.', '_', '-', starting with a letter or digit"
              .formatted(value));
    }
  }

  @Override
  public int compareTo(WriterName other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
