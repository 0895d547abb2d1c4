package dev.lifeboat.vault.cbor;

import dev.lifeboat.vault.VaultException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads CBOR strictly: whatever {@link CborWriter} would not have written is {@link
 * VaultException.Damaged}, naming the object and the byte. Announced lengths are compared with what
 * is left before memory is taken. Not safe for use by many threads.
 */
public final class CborReader {
  /** Deeper nesting than any format of ours has; keeps skipping of unknown values off the stack. */
  private static final int MAX_DEPTH = 32;

  private final String what;
  private final byte[] bytes;
  private final int end;
  private int at;

  /**
   * @param what names the object in error messages
   */
  public CborReader(String what, byte[] bytes) {
    this(what, bytes, 0, bytes.length);
  }

  public CborReader(String what, byte[] bytes, int offset, int length) {
    this.what = what;
    this.bytes = bytes;
    this.at = offset;
    this.end = Math.addExact(offset, length);
  }

  /** An array's number of elements; they follow. */
  public int array() {
    return count(CborWriter.ARRAY);
  }

  /** Refuses an array that does not have exactly this many elements. */
  public void array(int elements) {
    int found = array();
    if (found != elements) {
      throw damaged("an array of %d elements instead of %d".formatted(found, elements));
    }
  }

  public String text() {
    int length = count(CborWriter.TEXT);
    if (isAscii(length)) {
      String text = new String(bytes, at, length, StandardCharsets.US_ASCII);
      at += length;
      return text;
    }
    try {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(bytes, at, length))
              .toString();
      at += length;
      return text;
    } catch (CharacterCodingException e) {
      throw damaged("text that is not UTF-8");
    }
  }

  /** Nearly all text is: decoding the rest strictly costs several objects. */
  private boolean isAscii(int length) {
    for (int i = at; i < at + length; i++) {
      if (bytes[i] < 0) {
        return false;
      }
    }
    return true;
  }

  public byte[] bytes() {
    int length = count(CborWriter.BYTE_STRING);
    at += length;
    return Arrays.copyOfRange(bytes, at - length, at);
  }

  /**
   * A byte string left where it is.
   *
   * @return its length; it begins at {@link #position} − length once this returned
   */
  public int skipBytes() {
    int length = count(CborWriter.BYTE_STRING);
    at += length;
    return length;
  }

  public long integer() {
    int first = peek();
    return switch (first >>> 5) {
      case CborWriter.UNSIGNED -> head(CborWriter.UNSIGNED);
      case CborWriter.NEGATIVE -> ~head(CborWriter.NEGATIVE);
      default -> throw damaged("no integer");
    };
  }

  /** An integer from 0 to {@code max}. */
  public long unsigned(long max) {
    long value = head(CborWriter.UNSIGNED);
    if (value > max) {
      throw damaged("%d where at most %d is possible".formatted(value, max));
    }
    return value;
  }

  public boolean bool() {
    long value = head(CborWriter.SIMPLE);
    if (value != CborWriter.TRUE && value != CborWriter.FALSE) {
      throw damaged("no truth value");
    }
    return value == CborWriter.TRUE;
  }

  /** Consumes a null if there is one. */
  public boolean nothing() {
    if (peek() == (CborWriter.SIMPLE << 5 | CborWriter.NULL)) {
      at++;
      return true;
    }
    return false;
  }

  /** Begins a map; its keys come in ascending order. */
  public Keys map() {
    return new Keys(count(CborWriter.MAP));
  }

  /** Passes over one item, whatever it is. */
  public void skip() {
    skip(0);
  }

  public boolean atEnd() {
    return at == end;
  }

  /** Offset of the next byte in the array. */
  public int position() {
    return at;
  }

  /** Refuses anything behind what was read. */
  public void end() {
    if (at != end) {
      throw damaged("%d bytes too many".formatted(end - at));
    }
  }

  /** The exception for content that cannot be, at the present byte. */
  public VaultException.Damaged damaged(String how) {
    return new VaultException.Damaged("%s is damaged at byte %d: %s".formatted(what, at, how));
  }

  /**
   * The keys of a map, one after another; between two calls the caller reads or skips the value.
   */
  public final class Keys {
    private int left;
    private @Nullable String previous;

    private Keys(int entries) {
      left = entries;
    }

    /** The next key, or {@code null} behind the last. */
    public @Nullable String next() {
      if (left == 0) {
        return null;
      }
      left--;
      String key = text();
      String before = previous;
      if (before != null
          && (key.length() < before.length()
              || (key.length() == before.length() && key.compareTo(before) <= 0))) {
        throw damaged("key '%s' behind '%s'".formatted(key, before));
      }
      previous = key;
      return key;
    }
  }

  private void skip(int depth) {
    if (depth > MAX_DEPTH) {
      throw damaged("nested too deep");
    }
    int major = peek() >>> 5;
    switch (major) {
      case CborWriter.UNSIGNED, CborWriter.NEGATIVE, CborWriter.SIMPLE -> head(major);
      case CborWriter.BYTE_STRING, CborWriter.TEXT -> {
        // Not "at += count(…)": that would add to the position before the length was read.
        int length = count(major);
        at += length;
      }
      case CborWriter.ARRAY -> {
        for (int left = count(major); left > 0; left--) {
          skip(depth + 1);
        }
      }
      case CborWriter.MAP -> {
        for (int left = count(major); left > 0; left--) {
          skip(depth + 1);
          skip(depth + 1);
        }
      }
      default -> throw damaged("a tag, which this format has not");
    }
  }

  private int count(int major) {
    long value = head(major);
    if (value > end - at) {
      throw damaged("%d elements or bytes announced, %d bytes left".formatted(value, end - at));
    }
    return (int) value;
  }

  private int peek() {
    if (at >= end) {
      throw damaged("it ends too early");
    }
    return bytes[at] & 0xff;
  }

  private long head(int major) {
    int first = peek();
    if (first >>> 5 != major) {
      throw damaged("major type %d instead of %d".formatted(first >>> 5, major));
    }
    int info = first & 0x1f;
    at++;
    if (info < 24) {
      return info;
    }
    if (info > 27) {
      throw damaged("an indefinite or reserved length");
    }
    int length = 1 << (info - 24);
    if (end - at < length) {
      throw damaged("it ends too early");
    }
    long value = 0;
    for (int i = 0; i < length; i++) {
      value = value << 8 | (bytes[at++] & 0xff);
    }
    long smallest =
        switch (length) {
          case 1 -> 24;
          case 2 -> 0x100L;
          case 4 -> 0x1_0000L;
          default -> 0x1_0000_0000L;
        };
    if (value < smallest) {
      throw damaged("an integer not in its shortest form, or beyond 63 bits");
    }
    return value;
  }
}
