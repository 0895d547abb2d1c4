package dev.lifeboat.vault.tree;

import java.util.Arrays;
import java.util.HexFormat;

/** A byte string that does not change, with the equality of its bytes. */
public final class Bytes {
  private final byte[] value;

  private Bytes(byte[] value) {
    this.value = value;
  }

  /** Copies. */
  public static Bytes of(byte[] value) {
    return new Bytes(value.clone());
  }

  public byte[] toBytes() {
    return value.clone();
  }

  public int length() {
    return value.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes that && Arrays.equals(value, that.value);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(value);
  }

  @Override
  public String toString() {
    return "0x" + HexFormat.of().formatHex(value);
  }
}
