package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;

/** Digests in the names of objects; there is one for every pack of every region each night. */
final class HexNames {
  private static final int DIGITS = 2 * Digest.BYTES;

  private HexNames() {}

  /** Whether this is a digest as names have them: 64 digits, the letters in lower case. */
  static boolean isDigest(String name) {
    return name.length() == DIGITS && isHex(name, 0);
  }

  /** Whether 64 such digits lie there. */
  static boolean isHex(String name, int from) {
    for (int i = from; i < from + DIGITS; i++) {
      char c = name.charAt(i);
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
        return false;
      }
    }
    return true;
  }

  /** The digest of 64 digits that {@link #isHex} admits. */
  static Digest parse(String name, int from) {
    return new Digest(
        Long.parseUnsignedLong(name, from, from + 16, 16),
        Long.parseUnsignedLong(name, from + 16, from + 32, 16),
        Long.parseUnsignedLong(name, from + 32, from + 48, 16),
        Long.parseUnsignedLong(name, from + 48, from + 64, 16));
  }
}
