package dev.lifeboat.vault.chunk;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.seal.SecretBytes;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Names chunks: HMAC-SHA-256 under the tenant's chunk-id key. Holds working memory and is therefore
 * not safe for use by many threads: one for each.
 */
public final class ChunkHasher {
  private final Mac mac;
  private final byte[] digest = new byte[Digest.BYTES];

  public ChunkHasher(SecretBytes chunkIdKey) {
    try {
      mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(chunkIdKey.exposeSecret(), "HmacSHA256"));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks HmacSHA256", e);
    }
  }

  public ChunkId hash(byte[] bytes, int offset, int length) {
    digest(bytes, offset, length);
    return ChunkId.read(digest, 0);
  }

  /**
   * Whether the id of the bytes begins as {@code ids} has it.
   *
   * @param ids has {@code idBytes} bytes of an id from {@code idOffset}
   */
  public boolean names(
      byte[] bytes, int offset, int length, byte[] ids, int idOffset, int idBytes) {
    digest(bytes, offset, length);
    return Arrays.equals(digest, 0, idBytes, ids, idOffset, idOffset + idBytes);
  }

  private void digest(byte[] bytes, int offset, int length) {
    mac.update(bytes, offset, length);
    try {
      mac.doFinal(digest, 0);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a digest of 32 bytes does not fit", e);
    }
  }
}
