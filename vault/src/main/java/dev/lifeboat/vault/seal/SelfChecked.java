package dev.lifeboat.vault.seal;

import dev.lifeboat.vault.Digest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A text file with a member {@code "sha256"}: the SHA-256, in hexadecimal, of the file as it is
 * with 64 zeros there. It tells a damaged file from a wrong passphrase, and protects against
 * nothing else.
 */
final class SelfChecked {
  /** Stands in the member while the digest is computed. */
  static final String ZEROS = "0".repeat(64);

  private SelfChecked() {}

  /** Puts the digest in place of {@link #ZEROS}, in the given array. */
  static byte[] complete(byte[] fileWithZeros) {
    byte[] digest =
        HexFormat.of()
            .formatHex(Digest.sha256().digest(fileWithZeros))
            .getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(digest, 0, fileWithZeros, find(fileWithZeros, ZEROS), digest.length);
    return fileWithZeros;
  }

  /** Whether the digest that the file names is its own. */
  static boolean holds(byte[] file, String named) {
    int at = named.length() == ZEROS.length() ? find(file, named) : -1;
    if (at < 0) {
      return false;
    }
    byte[] withZeros = file.clone();
    Arrays.fill(withZeros, at, at + ZEROS.length(), (byte) '0');
    return HexFormat.of().formatHex(Digest.sha256().digest(withZeros)).equals(named);
  }

  private static int find(byte[] file, String quoted) {
    int at = new String(file, StandardCharsets.ISO_8859_1).lastIndexOf('"' + quoted + '"');
    return at < 0 ? at : at + 1;
  }
}
