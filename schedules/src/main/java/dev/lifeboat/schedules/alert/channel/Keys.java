package dev.lifeboat.schedules.alert.channel;

import dev.lifeboat.vault.Digest;
import java.nio.charset.StandardCharsets;

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
    return Digest.of(key.getBytes(StandardCharsets.UTF_8)).toString().substring(0, DIGITS);
  }
}
