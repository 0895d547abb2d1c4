package dev.lifeboat.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Arguments as the bytes they were given as.
 *
 * <p>Java decodes arguments with the locale's character set and loses what does not fit: everything
 * but ASCII under {@code LANG=C}, and names that are not UTF-8 anywhere. The kernel still has the
 * bytes. They become strings in which each byte that is not UTF-8 stands as a lone surrogate,
 * U+DC80 to U+DCFF (Python's PEP 383), so that {@link #bytes} gives every argument back exactly.
 */
public final class RawArguments {
  private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

  private RawArguments() {}

  /** The arguments without loss; as Java has them where there is no {@code /proc}. */
  static String[] of(String[] decoded) {
    try {
      return of(decoded, Files.readAllBytes(COMMAND_LINE));
    } catch (IOException e) {
      return decoded;
    }
  }

  /**
   * The arguments without loss.
   *
   * @param commandLine of the whole process, each part ending in a zero byte; ours are the last
   */
  static String[] of(String[] decoded, byte[] commandLine) {
    List<byte[]> parts = new ArrayList<>();
    int start = 0;
    for (int at = 0; at < commandLine.length; at++) {
      if (commandLine[at] == 0) {
        byte[] part = new byte[at - start];
        System.arraycopy(commandLine, start, part, 0, part.length);
        parts.add(part);
        start = at + 1;
      }
    }
    if (parts.size() < decoded.length) {
      return decoded;
    }
    return parts.subList(parts.size() - decoded.length, parts.size()).stream()
        .map(RawArguments::text)
        .toArray(String[]::new);
  }

  /** UTF-8, with a lone surrogate for each byte that is none. */
  static String text(byte[] bytes) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length + 1);
    while (true) {
      CoderResult result = decoder.decode(in, out, true);
      if (!result.isError()) {
        return out.flip().toString();
      }
      for (int i = 0; i < result.length(); i++) {
        out.put((char) (0xdc00 | (in.get() & 0xff)));
      }
      decoder.reset();
    }
  }

  /** The bytes of an argument. */
  public static byte[] bytes(String argument) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(argument.length());
    for (int at = 0; at < argument.length(); ) {
      int codePoint = argument.codePointAt(at);
      if (codePoint >= 0xdc80 && codePoint <= 0xdcff) {
        out.write(codePoint);
      } else {
        out.writeBytes(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
      }
      at += Character.charCount(codePoint);
    }
    return out.toByteArray();
  }

  /** Whether every byte of the argument is UTF-8. */
  static boolean isUtf8(String argument) {
    return argument.codePoints().noneMatch(c -> c >= 0xdc80 && c <= 0xdcff);
  }
}
