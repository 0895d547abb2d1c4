package dev.lifeboat.sources.postgres;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Identifiers of SQL as path components, as SQL, and as patterns of {@code pg_dump}. */
final class Names {
  private Names() {}

  /**
   * An identifier as a part of a file name or a fact: {@code %}, slash, dot and control characters
   * become {@code %XX}, everything else stays as it is.
   */
  static String encode(String identifier) {
    StringBuilder out = new StringBuilder(identifier.length());
    for (byte b : identifier.getBytes(StandardCharsets.UTF_8)) {
      int c = b & 0xff;
      if (c < 0x20 || c == 0x7f || c == '%' || c == '/' || c == '.') {
        out.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
      } else {
        // Bytes as characters for now: they are put together again below.
        out.append((char) c);
      }
    }
    return new String(out.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  /** A table, sequence or other relation within its schema. */
  static String encode(String schema, String name) {
    return encode(schema) + "." + encode(name);
  }

  /**
   * The identifier that {@link #encode} was given.
   *
   * @throws IllegalArgumentException if a percent sign is not followed by two hexadecimal digits
   */
  static String decode(String encoded) {
    byte[] in = encoded.getBytes(StandardCharsets.UTF_8);
    byte[] out = new byte[in.length];
    int length = 0;
    for (int at = 0; at < in.length; at++) {
      if (in[at] == '%') {
        if (at + 2 >= in.length) {
          throw new IllegalArgumentException("'%s' ends in an incomplete %%XX".formatted(encoded));
        }
        out[length++] = (byte) HexFormat.fromHexDigits(encodedHex(in, at));
        at += 2;
      } else {
        out[length++] = in[at];
      }
    }
    return new String(out, 0, length, StandardCharsets.UTF_8);
  }

  private static String encodedHex(byte[] in, int at) {
    return new String(in, at + 1, 2, StandardCharsets.ISO_8859_1);
  }

  /** As an identifier in SQL, always quoted. */
  static String quote(String identifier) {
    return '"' + identifier.replace("\"", "\"\"") + '"';
  }

  static String quote(String schema, String name) {
    return quote(schema) + "." + quote(name);
  }

  /** As a string in SQL; {@code standard_conforming_strings} is on in all our sessions. */
  static String literal(String text) {
    return '\'' + text.replace("'", "''") + '\'';
  }

  static boolean isAscii(String text) {
    return text.chars().allMatch(c -> c < 0x80);
  }
}
