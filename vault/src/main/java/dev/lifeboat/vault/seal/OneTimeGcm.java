package dev.lifeboat.vault.seal;

import java.security.GeneralSecurityException;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** AES-256-GCM with a nonce of zeros: for keys that seal one message in their life. */
final class OneTimeGcm {
  private OneTimeGcm() {}

  static byte[] seal(byte[] key, byte[] aad, byte[] plaintext) {
    try {
      return cipher(Cipher.ENCRYPT_MODE, key, aad).doFinal(plaintext);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has AES-GCM", e);
    }
  }

  /** Nothing if the key, the aad or a byte of the message is another. */
  static Optional<byte[]> open(byte[] key, byte[] aad, byte[] sealed) {
    try {
      return Optional.of(cipher(Cipher.DECRYPT_MODE, key, aad).doFinal(sealed));
    } catch (AEADBadTagException e) {
      return Optional.empty();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has AES-GCM", e);
    }
  }

  private static Cipher cipher(int mode, byte[] key, byte[] aad) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, new byte[12]));
    cipher.updateAAD(aad);
    return cipher;
  }
}
