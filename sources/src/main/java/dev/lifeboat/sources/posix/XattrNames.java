package dev.lifeboat.sources.posix;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Names of extended attributes as text. Linux has bytes there, too: a byte that is not part of
 * valid UTF-8 becomes {@code \xNN}, a backslash {@code \\}.
 */
final class XattrNames {
  private XattrNames() {}

  static String toText(byte[] name) {
    StringBuilder out = new StringBuilder(name.length);
    int at = 0;
    while (at < name.length) {
      int length = valid(name, at);
      if (length == 0) {
        out.append("\\x%02x".formatted(name[at] & 0xff));
        at++;
      } else {
        String character = new String(name, at, length, StandardCharsets.UTF_8);
        out.append(character.equals("\\") ? "\\\\" : character);
        at += length;
      }
    }
    return out.toString();
  }

  static byte[] toBytes(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream(utf8.length);
    for (int at = 0; at < utf8.length; at++) {
      if (utf8[at] != '\\' || at + 1 == utf8.length) {
        out.write(utf8[at]);
      } else if (utf8[at + 1] == 'x' && at + 3 < utf8.length) {
        out.write(Integer.parseInt(new String(utf8, at + 2, 2, StandardCharsets.UTF_8), 16));
        at += 3;
      } else {
        out.write(utf8[at + 1]);
        at++;
      }
    }
    return out.toByteArray();
  }

  /** Length of the valid UTF-8 sequence at an offset, 0 if there is none. */
  private static int valid(byte[] bytes, int at) {
    int lead = bytes[at] & 0xff;
    int length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (at + length > bytes.length) {
      return 0;
    }
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, at, length));
      return length;
    } catch (CharacterCodingException e) {
      return 0;
    }
  }
}
