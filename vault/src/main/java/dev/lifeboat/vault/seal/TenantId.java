package dev.lifeboat.vault.seal;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The pseudonym under which a tenant's objects lie: 16 random bytes as 32 hexadecimal digits, drawn
 * when the tenant is made, so that a listing tells no name.
 */
public record TenantId(String hex) implements Comparable<TenantId> {
  /** Length in bytes. */
  public static final int BYTES = 16;

  private static final Pattern SHAPE = Pattern.compile("[0-9a-f]{32}");

  public TenantId {
    if (!SHAPE.matcher(hex).matches()) {
      throw new IllegalArgumentException("not a tenant id: " + hex);
    }
  }

  public static TenantId random(SecureRandom random) {
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    return of(bytes);
  }

  /** From its 16 bytes. */
  public static TenantId of(byte[] bytes) {
    return new TenantId(HexFormat.of().formatHex(bytes));
  }

  public byte[] toBytes() {
    return HexFormat.of().parseHex(hex);
  }

  @Override
  public int compareTo(TenantId other) {
    return hex.compareTo(other.hex);
  }

  @Override
  public String toString() {
    return hex;
  }
}
