package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.region.ObjectKey;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * SHA-256 of what is stored, which goes along with every body.
 *
 * @param named whether it was taken from the object's name instead of the bytes
 */
record Content(String sha256, boolean named) {
  /** Packs and index objects are named by the SHA-256 of their bytes (docs/format.md). */
  private static final Pattern NAMED =
      Pattern.compile("(packs/[0-9a-f]{2}|index/[^/]+)/[0-9a-f]{64}");

  /** Of an object; the bytes are hashed only if its name does not tell. */
  static Content of(ObjectKey key, ByteBuffer bytes) {
    return NAMED.matcher(key.value()).matches()
        ? new Content(key.lastSegment(), true)
        : hashed(bytes);
  }

  /** Of bytes, from position to limit. */
  static Content hashed(ByteBuffer bytes) {
    MessageDigest digest = Digest.sha256();
    digest.update(bytes.duplicate());
    return new Content(HexFormat.of().formatHex(digest.digest()), false);
  }

  /** As the header {@code x-amz-checksum-sha256} has it. */
  String base64() {
    return Base64.getEncoder().encodeToString(HexFormat.of().parseHex(sha256));
  }
}
