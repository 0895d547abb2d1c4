package dev.lifeboat.sources.posix;

import dev.lifeboat.vault.tree.Name;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A path of this machine's file system, as bytes.
 *
 * <p>A {@link Path} is decoded with the locale's character set: under {@code LANG=C} it cannot hold
 * a name beyond ASCII. This one can hold every name in every locale.
 */
public final class RawPath {
  private final byte[] bytes;

  private RawPath(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * A path of these bytes, absolute or relative to the working directory.
   *
   * @throws IllegalArgumentException if it is empty or holds a NUL
   */
  public static RawPath of(byte[] bytes) {
    if (bytes.length == 0) {
      throw new IllegalArgumentException("an empty path names nothing");
    }
    for (byte b : bytes) {
      if (b == 0) {
        throw new IllegalArgumentException("a path cannot hold NUL: " + display(bytes));
      }
    }
    return new RawPath(bytes.clone());
  }

  /** A path of the UTF-8 bytes of {@code text}. */
  public static RawPath of(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The absolute form of a path that {@code java.nio} was able to hold, byte for byte. */
  public static RawPath of(Path path) {
    return of(path.toUri());
  }

  /**
   * The path of a {@code file:} URI, whose percent escapes may be any bytes.
   *
   * @throws IllegalArgumentException if it is another scheme, names another host or is not
   *     hierarchical
   */
  public static RawPath of(URI uri) {
    String host = uri.getAuthority();
    String path = uri.getRawPath();
    if (!"file".equalsIgnoreCase(uri.getScheme())
        || path == null
        || path.isEmpty()
        || !(host == null || host.isEmpty() || host.equals("localhost"))) {
      throw new IllegalArgumentException("not a file of this machine: " + uri);
    }
    byte[] escaped = path.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream(escaped.length);
    for (int at = 0; at < escaped.length; at++) {
      if (escaped[at] == '%') {
        // URI has checked that two hexadecimal digits follow.
        out.write(Integer.parseInt(new String(escaped, at + 1, 2, StandardCharsets.UTF_8), 16));
        at += 2;
      } else {
        out.write(escaped[at]);
      }
    }
    byte[] bytes = out.toByteArray();
    int end = bytes.length;
    while (end > 1 && bytes[end - 1] == '/') {
      end--;
    }
    return of(Arrays.copyOf(bytes, end));
  }

  /** The path that another one means when this is the working directory. */
  public RawPath resolve(RawPath other) {
    if (other.bytes[0] == '/') {
      return other;
    }
    byte[] joined = Arrays.copyOf(bytes, bytes.length + 1 + other.bytes.length);
    joined[bytes.length] = '/';
    System.arraycopy(other.bytes, 0, joined, bytes.length + 1, other.bytes.length);
    return new RawPath(joined);
  }

  /** The absolute path as a {@code file:} URI, which {@link #of(URI)} reads back. */
  public URI toUri() {
    if (bytes[0] != '/') {
      throw new IllegalStateException("a relative path has no URI: " + this);
    }
    StringBuilder out = new StringBuilder("file://");
    for (byte b : bytes) {
      boolean plain =
          b == '/'
              || b == '.'
              || b == '-'
              || b == '_'
              || b == '~'
              || (b >= '0' && b <= '9')
              || (b >= 'a' && b <= 'z')
              || (b >= 'A' && b <= 'Z');
      if (plain) {
        out.append((char) b);
      } else {
        out.append("%%%02X".formatted(b & 0xff));
      }
    }
    return URI.create(out.toString());
  }

  public byte[] toBytes() {
    return bytes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RawPath that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** For people, with the escapes of {@link Name#toString}. */
  @Override
  public String toString() {
    return display(bytes);
  }

  private static String display(byte[] bytes) {
    StringBuilder out = new StringBuilder();
    int start = 0;
    for (int at = 0; at <= bytes.length; at++) {
      if (at == bytes.length || bytes[at] == '/') {
        for (int from = start; from < at; from += 255) {
          out.append(displayPart(Arrays.copyOfRange(bytes, from, Math.min(at, from + 255))));
        }
        if (at < bytes.length) {
          out.append('/');
        }
        start = at + 1;
      }
    }
    return out.toString();
  }

  private static String displayPart(byte[] part) {
    if (part.length <= 2 && part[0] == '.') {
      return new String(part, StandardCharsets.UTF_8);
    }
    for (byte b : part) {
      if (b == 0) {
        return "?";
      }
    }
    return Name.of(part).toString();
  }
}
