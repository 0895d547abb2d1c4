package dev.lifeboat.vault.seal;

import java.util.regex.Pattern;

/** What the operator calls a tenant. Never appears in a region in the clear. */
public record TenantName(String value) implements Comparable<TenantName> {
  private static final Pattern SHAPE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  public TenantName {
    if (!SHAPE.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "tenant name '%s': use 1 to 100 of A-Z, a-z, 0-9, '.', '_', '-', starting with a letter or digit"
              .formatted(value));
    }
  }

  @Override
  public int compareTo(TenantName other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
