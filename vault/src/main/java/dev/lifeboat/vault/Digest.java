package dev.lifeboat.vault;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * 32 bytes that name something: a SHA-256 or an HMAC-SHA-256. Ordered as unsigned bytes.
 *
 * @param a bytes 0 to 7, big-endian
 * @param b bytes 8 to 15
 * @param c bytes 16 to 23
 * @param d bytes 24 to 31
 */
public record Digest(long a, long b, long c, long d) implements Comparable<Digest> {
  /** Length in bytes. */
  public static final int BYTES = 32;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /** The digest at {@code offset} of {@code bytes}. */
  public static Digest read(byte[] bytes, int offset) {
    return new Digest(
        (long) LONG.get(bytes, offset),
        (long) LONG.get(bytes, offset + 8),
        (long) LONG.get(bytes, offset + 16),
        (long) LONG.get(bytes, offset + 24));
  }

  /** A fresh SHA-256 (FIPS 180-4). */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** SHA-256 of bytes. */
  public static Digest of(byte[] bytes) {
    return read(sha256().digest(bytes), 0);
  }

  /** Whether 64 hexadecimal digits with small letters lie there, as in names of objects. */
  public static boolean isNamedAt(String text, int from) {
    if (text.length() < from + 2 * BYTES) {
      return false;
    }
    for (int i = from; i < from + 2 * BYTES; i++) {
      char c = text.charAt(i);
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
        return false;
      }
    }
    return true;
  }

  /** What {@link #isNamedAt} admits; there is one for every pack of every region each night. */
  public static Digest namedAt(String text, int from) {
    return new Digest(
        Long.parseUnsignedLong(text, from, from + 16, 16),
        Long.parseUnsignedLong(text, from + 16, from + 32, 16),
        Long.parseUnsignedLong(text, from + 32, from + 48, 16),
        Long.parseUnsignedLong(text, from + 48, from + 64, 16));
  }

  /** Parses 64 hexadecimal digits. */
  public static Digest parse(String hex) {
    if (hex.length() != 2 * BYTES) {
      throw new IllegalArgumentException("not 64 hexadecimal digits: " + hex);
    }
    return read(HexFormat.of().parseHex(hex), 0);
  }

  /** Writes the 32 bytes at {@code offset} of {@code bytes}. */
  public void write(byte[] bytes, int offset) {
    LONG.set(bytes, offset, a);
    LONG.set(bytes, offset + 8, b);
    LONG.set(bytes, offset + 16, c);
    LONG.set(bytes, offset + 24, d);
  }

  public byte[] toBytes() {
    byte[] bytes = new byte[BYTES];
    write(bytes, 0);
    return bytes;
  }

  @Override
  public int compareTo(Digest other) {
    int order = Long.compareUnsigned(a, other.a);
    if (order == 0) {
      order = Long.compareUnsigned(b, other.b);
    }
    if (order == 0) {
      order = Long.compareUnsigned(c, other.c);
    }
    return order == 0 ? Long.compareUnsigned(d, other.d) : order;
  }

  /** Uniform already: the first bits do. */
  @Override
  public int hashCode() {
    return Long.hashCode(a);
  }

  @Override
  public String toString() {
    return HexFormat.of().formatHex(toBytes());
  }
}
