package dev.lifeboat.vault.seal;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Which vault: 16 random bytes as 32 hexadecimal digits, drawn with the recovery kit and part of
 * every object, so that an object of one vault is never taken for another's.
 */
public record VaultId(String hex) implements Comparable<VaultId> {
  /** Length in bytes. */
  public static final int BYTES = 16;

  private static final Pattern SHAPE = Pattern.compile("[0-9a-f]{32}");

  public VaultId {
    if (!SHAPE.matcher(hex).matches()) {
      throw new IllegalArgumentException("not a vault id: " + hex);
    }
  }

  public static VaultId random(SecureRandom random) {
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    return of(bytes);
  }

  /** From its 16 bytes. */
  public static VaultId of(byte[] bytes) {
    return new VaultId(HexFormat.of().formatHex(bytes));
  }

  public byte[] toBytes() {
    return HexFormat.of().parseHex(hex);
  }

  @Override
  public int compareTo(VaultId other) {
    return hex.compareTo(other.hex);
  }

  @Override
  public String toString() {
    return hex;
  }
}
