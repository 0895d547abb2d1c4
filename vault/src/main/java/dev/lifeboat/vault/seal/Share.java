package dev.lifeboat.vault.seal;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One share, and how it is printed: 64 bytes on eight numbered lines of eight bytes, each with a
 * checksum, so that a typing error is found in its line. The checksum of every line but the first
 * covers the first too, so that a line of another share is found as well.
 */
final class Share implements AutoCloseable {
  static final int SET_BYTES = 4;
  static final int CHECK_BYTES = 8;

  private static final int LINES = 8;
  private static final int LINE_BYTES = 8;
  private static final int LINE_CHECK_BYTES = 2;
  private static final Pattern LINE =
      Pattern.compile("^\\s*([1-8])\\s*[:.)](.*)$", Pattern.MULTILINE);
  private static final HexFormat HEX = HexFormat.of();

  private final int threshold;
  private final int count;
  private final int index;
  private final byte[] set;
  private final VaultId vault;
  private final byte[] check;
  private final SecretBytes point;

  /** Takes over the point: it is closed with this. */
  Share(
      int threshold,
      int count,
      int index,
      byte[] set,
      VaultId vault,
      byte[] check,
      SecretBytes point) {
    this.threshold = threshold;
    this.count = count;
    this.index = index;
    this.set = set.clone();
    this.vault = vault;
    this.check = check.clone();
    this.point = point;
  }

  int threshold() {
    return threshold;
  }

  int index() {
    return index;
  }

  VaultId vault() {
    return vault;
  }

  byte[] check() {
    return check.clone();
  }

  SecretBytes point() {
    return point;
  }

  String setHex() {
    return HEX.formatHex(set);
  }

  /** Whether both came from one splitting. */
  boolean isOfSetOf(Share other) {
    return threshold == other.threshold
        && count == other.count
        && Arrays.equals(set, other.set)
        && vault.equals(other.vault)
        && Arrays.equals(check, other.check);
  }

  String print() {
    return print(Prologue.FORMAT_VERSION);
  }

  /** As a program of that version would: for tests. */
  String print(int version) {
    byte[] bytes =
        ByteBuffer.allocate(LINES * LINE_BYTES)
            .put((byte) version)
            .put((byte) threshold)
            .put((byte) count)
            .put((byte) index)
            .put(set)
            .put(vault.toBytes())
            .put(check)
            .put(point.exposeSecret())
            .array();
    String lines =
        IntStream.rangeClosed(1, LINES)
            .mapToObj(line ->
                "%d: %s  %s"
                    .formatted(
                        line,
                        groups(line(bytes, line)),
                        HEX.formatHex(lineCheck(line, line(bytes, 1), line(bytes, line)))))
            .collect(Collectors.joining("\n"));
    Arrays.fill(bytes, (byte) 0);
    return """
    LIFEBOAT RECOVERY KIT, SHARE %d OF %d (set %s)
    Any %d shares of this set open the vault %s.
    Keep this one secret and apart from the others. To use it, type the
    numbered lines; the last four digits of each are its checksum.

    %s
    """
        .formatted(index, count, setHex(), threshold, vault, lines);
  }

  /**
   * Reads a share out of a text.
   *
   * @param number of the text, from 1, for messages
   * @param faults gets a sentence for everything that is wrong
   * @return the share, if nothing is
   * @throws VaultException.UnsupportedFormat if it is of a later version
   */
  static Optional<Share> parse(String text, int number, List<String> faults) {
    @Nullable String[] typed = new @Nullable String[LINES];
    Matcher matcher = LINE.matcher(text);
    while (matcher.find()) {
      int line = Integer.parseInt(matcher.group(1));
      if (typed[line - 1] != null) {
        faults.add("share text %d has a line %d twice".formatted(number, line));
        return Optional.empty();
      }
      typed[line - 1] = matcher.group(2);
    }
    String who = "share text " + number;
    byte[] bytes = new byte[LINES * LINE_BYTES];
    int before = faults.size();
    for (int line = 1; line <= LINES; line++) {
      String fault = readLine(line, typed[line - 1], bytes);
      if (fault != null) {
        faults.add("line %d of %s %s".formatted(line, who, fault));
      }
      if (line == 1) {
        if (fault != null) {
          // The other checksums depend on the first line.
          return Optional.empty();
        }
        if (bytes[0] != Prologue.FORMAT_VERSION) {
          throw new VaultException.UnsupportedFormat(who, bytes[0] & 0xff, Prologue.FORMAT_VERSION);
        }
        who = "share " + (bytes[3] & 0xff);
      }
    }
    try {
      return faults.size() > before ? Optional.empty() : decode(bytes, who, faults);
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  private static Optional<Share> decode(byte[] bytes, String who, List<String> faults) {
    ByteBuffer in = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
    int threshold = in.get() & 0xff;
    int count = in.get() & 0xff;
    int index = in.get() & 0xff;
    byte[] set = new byte[SET_BYTES];
    byte[] vault = new byte[VaultId.BYTES];
    byte[] check = new byte[CHECK_BYTES];
    byte[] point = new byte[SecretBytes.BYTES];
    in.get(set).get(vault).get(check).get(point);
    try {
      if (threshold < 2 || threshold > count || index < 1 || index > count) {
        faults.add(
            "%s says that it is share %d of %d with %d needed, which cannot be"
                .formatted(who, index, count, threshold));
        return Optional.empty();
      }
      return Optional.of(
          new Share(
              threshold, count, index, set, VaultId.of(vault), check, SecretBytes.copyOf(point)));
    } finally {
      Arrays.fill(point, (byte) 0);
    }
  }

  /** What is wrong with a line, or {@code null} after its bytes went into {@code bytes}. */
  private static @Nullable String readLine(int line, @Nullable String typed, byte[] bytes) {
    if (typed == null) {
      return "is missing; type each numbered line, with its number and a colon";
    }
    // What people read into handwriting and poor print: no hexadecimal digit is meant by these.
    String digits =
        typed
            .toLowerCase(Locale.ROOT)
            .replaceAll("[\\s_-]", "")
            .replace('o', '0')
            .replace('i', '1')
            .replace('l', '1');
    Optional<String> foreign =
        digits
            .codePoints()
            .filter(c -> c > 'f' || !HexFormat.isHexDigit(c))
            .mapToObj(Character::toString)
            .findFirst();
    if (foreign.isPresent()) {
      return "has '%s', which is no hexadecimal digit".formatted(foreign.get());
    }
    int expected = 2 * (LINE_BYTES + LINE_CHECK_BYTES);
    if (digits.length() != expected) {
      return "has %d digits instead of %d".formatted(digits.length(), expected);
    }
    byte[] read = HEX.parseHex(digits);
    System.arraycopy(read, 0, bytes, (line - 1) * LINE_BYTES, LINE_BYTES);
    byte[] named = Arrays.copyOfRange(read, LINE_BYTES, read.length);
    return Arrays.equals(named, lineCheck(line, line(bytes, 1), line(bytes, line)))
        ? null
        : "has a wrong digit, or is of another share";
  }

  private static byte[] line(byte[] bytes, int line) {
    return Arrays.copyOfRange(bytes, (line - 1) * LINE_BYTES, line * LINE_BYTES);
  }

  private static byte[] lineCheck(int line, byte[] first, byte[] own) {
    byte[] label = "lifeboat v1 share line".getBytes(StandardCharsets.UTF_8);
    byte[] message =
        ByteBuffer.allocate(label.length + 2 + 2 * LINE_BYTES)
            .put(label)
            .put((byte) 0)
            .put((byte) line)
            .put(first)
            .put(own)
            .array();
    return Arrays.copyOf(Digest.sha256().digest(message), LINE_CHECK_BYTES);
  }

  private static String groups(byte[] bytes) {
    return HEX.formatHex(bytes).replaceAll("(.{4})(?!$)", "$1 ");
  }

  @Override
  public void close() {
    point.close();
  }

  /** Names the share, and nothing of its secret. */
  @Override
  public String toString() {
    return "share %d of set %s".formatted(index, setHex());
  }
}
