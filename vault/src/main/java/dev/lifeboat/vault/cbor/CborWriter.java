package dev.lifeboat.vault.cbor;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes CBOR into a growing array. The caller counts: an array or map announced with <i>n</i>
 * elements gets <i>n</i>, map keys in ascending order of their encodings (short before long, then
 * bytewise). Not safe for use by many threads.
 */
public final class CborWriter {
  static final int UNSIGNED = 0;
  static final int NEGATIVE = 1;
  static final int BYTE_STRING = 2;
  static final int TEXT = 3;
  static final int ARRAY = 4;
  static final int MAP = 5;
  static final int SIMPLE = 7;
  static final int FALSE = 20;
  static final int TRUE = 21;
  static final int NULL = 22;

  private byte[] buffer;
  private int at;

  public CborWriter() {
    this(256);
  }

  public CborWriter(int initialBytes) {
    buffer = new byte[initialBytes];
  }

  public CborWriter array(int elements) {
    head(ARRAY, elements);
    return this;
  }

  public CborWriter map(int entries) {
    head(MAP, entries);
    return this;
  }

  public CborWriter text(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    head(TEXT, utf8.length);
    raw(utf8, 0, utf8.length);
    return this;
  }

  /** A map key of one ASCII character, without making a string of bytes. */
  public CborWriter key(char key) {
    room(2);
    buffer[at++] = (byte) (TEXT << 5 | 1);
    buffer[at++] = (byte) key;
    return this;
  }

  public CborWriter bytes(byte[] value) {
    return bytes(value, 0, value.length);
  }

  public CborWriter bytes(byte[] value, int offset, int length) {
    head(BYTE_STRING, length);
    raw(value, offset, length);
    return this;
  }

  /** A byte string of {@code length} bytes, written by the caller with {@link #raw}. */
  public CborWriter bytesHead(int length) {
    head(BYTE_STRING, length);
    return this;
  }

  public CborWriter integer(long value) {
    if (value >= 0) {
      head(UNSIGNED, value);
    } else {
      head(NEGATIVE, ~value);
    }
    return this;
  }

  public CborWriter bool(boolean value) {
    head(SIMPLE, value ? TRUE : FALSE);
    return this;
  }

  public CborWriter nothing() {
    head(SIMPLE, NULL);
    return this;
  }

  /** Bytes as they are: an encoded item, or the contents announced by {@link #bytesHead}. */
  public CborWriter raw(byte[] bytes, int offset, int length) {
    room(length);
    System.arraycopy(bytes, offset, buffer, at, length);
    at += length;
    return this;
  }

  /** How many bytes were written. */
  public int size() {
    return at;
  }

  /** The array written into, valid up to {@link #size} until the next write. */
  public byte[] buffer() {
    return buffer;
  }

  public byte[] toBytes() {
    return Arrays.copyOf(buffer, at);
  }

  /** Forgets what was written and keeps the memory. */
  public void reset() {
    at = 0;
  }

  private void head(int major, long value) {
    room(9);
    int type = major << 5;
    if (value < 24) {
      buffer[at++] = (byte) (type | (int) value);
    } else if (value <= 0xffL) {
      number(type | 24, value, 1);
    } else if (value <= 0xffffL) {
      number(type | 25, value, 2);
    } else if (value <= 0xffff_ffffL) {
      number(type | 26, value, 4);
    } else {
      number(type | 27, value, 8);
    }
  }

  private void number(int first, long value, int bytes) {
    buffer[at++] = (byte) first;
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
      buffer[at++] = (byte) (value >>> shift);
    }
  }

  private void room(int more) {
    if (buffer.length - at < more) {
      int needed = Math.addExact(at, more);
      long doubled = Math.min(2L * buffer.length, Integer.MAX_VALUE - 16);
      buffer = Arrays.copyOf(buffer, (int) Math.max(needed, doubled));
    }
  }
}
