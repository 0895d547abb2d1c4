package dev.lifeboat.schedules.alert.channel;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Keys of alerts as services take them. */
final class Keys {
  private static final int DIGITS = 16;

  private Keys() {}

  /** The key itself if it is short enough, else its beginning and a hash of all of it. */
  static String fit(String key, int most) {
    if (key.length() <= most) {
      return key;
    }
    return key.substring(0, most - DIGITS - 1) + "~" + hash(key);
  }

  /** Sixteen digits that are the same for the same key. */
  static String hash(String key) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash).substring(0, DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
