package dev.lifeboat.vault.tree;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One component of a path, as the bytes the file system has: 1 to 255 of them, neither NUL nor
 * slash, not {@code .} or {@code ..}. Ordered as unsigned bytes.
 *
 * <p>A name read from a vault passes the same checks, so that no forged snapshot can point outside
 * the target of a restore.
 */
public final class Name implements Comparable<Name> {
  private static final int MAX_BYTES = 255;

  private final byte[] bytes;

  private Name(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * A name of these bytes.
   *
   * @throws IllegalArgumentException if no file can have this name
   */
  public static Name of(byte[] bytes) {
    if (bytes.length == 0 || bytes.length > MAX_BYTES) {
      throw new IllegalArgumentException("a name has 1 to 255 bytes, not " + bytes.length);
    }
    boolean onlyDots = bytes.length <= 2;
    for (byte b : bytes) {
      if (b == 0 || b == '/') {
        throw new IllegalArgumentException("a name has neither NUL nor slash: " + display(bytes));
      }
      onlyDots &= b == '.';
    }
    if (onlyDots) {
      throw new IllegalArgumentException("'.' and '..' are not names");
    }
    return new Name(bytes.clone());
  }

  /** The UTF-8 bytes of {@code text}. */
  public static Name of(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  public byte[] toBytes() {
    return bytes.clone();
  }

  public int length() {
    return bytes.length;
  }

  @Override
  public int compareTo(Name other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Name that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /**
   * For people: UTF-8 where the bytes are, with {@code \} as {@code \\} and every byte that is not
   * valid UTF-8 or is a control character as {@code \xNN}. {@link TreePath#parse} reads it back.
   */
  @Override
  public String toString() {
    return display(bytes);
  }

  private static String display(byte[] bytes) {
    StringBuilder out = new StringBuilder(bytes.length);
    int at = 0;
    while (at < bytes.length) {
      int length = Math.min(sequenceLength(bytes[at]), bytes.length - at);
      CharBuffer decoded = decode(bytes, at, length);
      if (decoded == null) {
        out.append("\\x%02x".formatted(bytes[at] & 0xff));
        at++;
        continue;
      }
      int codePoint = Character.codePointAt(decoded, 0);
      if (codePoint == '\\') {
        out.append("\\\\");
      } else if (Character.isISOControl(codePoint) || isInvisible(codePoint)) {
        for (int i = at; i < at + length; i++) {
          out.append("\\x%02x".formatted(bytes[i] & 0xff));
        }
      } else {
        out.append(decoded);
      }
      at += length;
    }
    return out.toString();
  }

  /** Characters that could make one name look like another on a terminal. */
  private static boolean isInvisible(int codePoint) {
    int type = Character.getType(codePoint);
    return type == Character.FORMAT
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR
        || type == Character.UNASSIGNED;
  }

  private static int sequenceLength(byte first) {
    int lead = first & 0xff;
    if (lead < 0x80) {
      return 1;
    }
    if (lead >= 0xf0) {
      return 4;
    }
    return lead >= 0xe0 ? 3 : 2;
  }

  private static @Nullable CharBuffer decode(byte[] bytes, int at, int length) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(bytes, at, length));
    } catch (CharacterCodingException e) {
      return null;
    }
  }
}
