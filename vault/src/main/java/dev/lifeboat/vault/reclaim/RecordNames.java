package dev.lifeboat.vault.reclaim;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.HexFormat;

/** Names of records: a time to sort by, and chance, so that two hosts never take the same. */
final class RecordNames {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS'Z'").withZone(ZoneOffset.UTC);

  private RecordNames() {}

  /** {@code <time>-<16 hexadecimal digits>}. */
  static String next(Instant time, SecureRandom random) {
    return TIME.format(time) + "-" + hex(random);
  }

  /**
   * The time that a name begins with, of a manifest's too.
   *
   * @return the far past if it begins with none
   */
  static Instant time(String name) {
    int dash = name.indexOf('-');
    try {
      return dash < 0
          ? Instant.EPOCH
          : LocalDateTime.parse(name.substring(0, dash), TIME).toInstant(ZoneOffset.UTC);
    } catch (DateTimeParseException e) {
      return Instant.EPOCH;
    }
  }

  /** 16 hexadecimal digits. */
  static String hex(SecureRandom random) {
    byte[] bytes = new byte[8];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
