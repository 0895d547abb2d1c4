package dev.lifeboat.vault.seal;

import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * AES-256-GCM for one message under one key: the nonce is twelve zero bytes, so a key must never
 * see a second message. The format derives each such key with a random salt.
 */
public final class Aead {
  /** What a message grows by. */
  public static final int TAG_BYTES = 16;

  private static final byte[] ZERO_NONCE = new byte[12];

  private Aead() {}

  /**
   * Seals the one message of a key.
   *
   * @param key 32 bytes, used for nothing else
   * @return ciphertext and tag
   */
  public static byte[] sealOnce(byte[] key, byte[] associated, byte[] plaintext) {
    try {
      return cipher(Cipher.ENCRYPT_MODE, key, associated).doFinal(plaintext);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("sealing cannot fail", e);
    }
  }

  /** Opens what {@link #sealOnce} made; {@code null} if a byte of anything is not as it was. */
  public static byte @Nullable [] open(
      byte[] key, byte[] associated, byte[] sealed, int offset, int length) {
    if (length < TAG_BYTES) {
      return null;
    }
    try {
      return cipher(Cipher.DECRYPT_MODE, key, associated).doFinal(sealed, offset, length);
    } catch (AEADBadTagException e) {
      return null;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks AES-256-GCM", e);
    }
  }

  private static Cipher cipher(int mode, byte[] key, byte[] associated)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(
        mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(8 * TAG_BYTES, ZERO_NONCE));
    cipher.updateAAD(associated);
    return cipher;
  }
}
