package dev.lifeboat.vault.seal;

import dev.lifeboat.vault.VaultException;
import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.hpke.HPKE;

/**
 * Single-shot HPKE (RFC 9180), base mode, with KEM X-Wing (IANA 0x647A: ML-KEM-768 and X25519,
 * draft-connolly-cfrg-xwing-kem), KDF HKDF-SHA-256 (0x0001) and AEAD AES-256-GCM (0x0002): suite 1
 * of the format. A sealed message is the encapsulation (1,120 bytes), then the ciphertext with its
 * 16-byte tag.
 */
public final class Hpke {
  public static final int PUBLIC_KEY_BYTES = 1216;
  public static final int ENCAPSULATION_BYTES = 1120;

  /** What a message grows by: encapsulation and tag. */
  public static final int OVERHEAD_BYTES = ENCAPSULATION_BYTES + 16;

  private static final byte[] NONE = new byte[0];

  private Hpke() {}

  /**
   * Seals {@code plaintext} to a public key.
   *
   * @param info binds the message to its place; opening needs the same
   */
  public static byte[] seal(byte[] publicKey, byte[] info, byte[] plaintext) {
    HPKE hpke = suite();
    try {
      byte[][] sealed =
          hpke.seal(hpke.deserializePublicKey(publicKey), info, NONE, plaintext, null, null, null);
      byte[] message = Arrays.copyOf(sealed[1], sealed[1].length + sealed[0].length);
      System.arraycopy(sealed[0], 0, message, sealed[1].length, sealed[0].length);
      return message;
    } catch (InvalidCipherTextException e) {
      throw new IllegalStateException("sealing cannot fail on valid keys", e);
    }
  }

  /**
   * Opens what {@link #seal} made.
   *
   * @throws VaultException.KeyUnavailable if the key, the info or a byte of the message is not the
   *     one it was sealed with; which of them cannot be told
   */
  public static byte[] open(SecretBytes privateKey, byte[] info, byte[] message) {
    if (message.length < OVERHEAD_BYTES) {
      throw new VaultException.KeyUnavailable(
          "a sealed message has at least %d bytes, not %d"
              .formatted(OVERHEAD_BYTES, message.length));
    }
    byte[] encapsulation = Arrays.copyOf(message, ENCAPSULATION_BYTES);
    byte[] ciphertext = Arrays.copyOfRange(message, ENCAPSULATION_BYTES, message.length);
    HPKE hpke = suite();
    try {
      AsymmetricCipherKeyPair pair = keyPair(hpke, privateKey);
      return hpke.open(encapsulation, pair, info, NONE, ciphertext, null, null, null);
    } catch (InvalidCipherTextException e) {
      throw new VaultException.KeyUnavailable(
          "the key does not open this: it is another key, or the bytes are damaged", e);
    }
  }

  /** The public key, 1,216 bytes, of a 32-byte private key (the X-Wing decapsulation seed). */
  public static byte[] publicKey(SecretBytes privateKey) {
    HPKE hpke = suite();
    return hpke.serializePublicKey(keyPair(hpke, privateKey).getPublic());
  }

  /** A fresh private key: any 32 random bytes are one. */
  public static SecretBytes generatePrivateKey(SecureRandom random) {
    return SecretBytes.random(random);
  }

  private static AsymmetricCipherKeyPair keyPair(HPKE hpke, SecretBytes privateKey) {
    return hpke.deserializePrivateKey(privateKey.exposeSecret().clone(), null);
  }

  private static HPKE suite() {
    return new HPKE(HPKE.mode_base, HPKE.kem_X_WING, HPKE.kdf_HKDF_SHA256, HPKE.aead_AES_GCM256);
  }
}
