package dev.lifeboat.vault.seal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;

/** An Ed25519 public key (RFC 8032), 32 bytes. */
public final class VerifyKey {
  public static final int BYTES = 32;
  public static final int SIGNATURE_BYTES = 64;

  private final byte[] bytes;

  public VerifyKey(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("an Ed25519 public key has 32 bytes, not " + bytes.length);
    }
    this.bytes = bytes.clone();
  }

  public byte[] toBytes() {
    return bytes.clone();
  }

  /**
   * Whether {@link SigningKey#sign} made {@code signature} of this label and message. Never, if
   * these 32 bytes are no point of the curve.
   */
  public boolean verifies(String label, byte[] message, byte[] signature) {
    byte[] prefix = label.getBytes(StandardCharsets.UTF_8);
    byte[] labelled = Arrays.copyOf(prefix, prefix.length + 1 + message.length);
    System.arraycopy(message, 0, labelled, prefix.length + 1, message.length);
    return insecureVerifiesWithoutLabel(labelled, signature);
  }

  /** Whether {@link SigningKey#insecureSignWithoutLabel} made {@code signature} of this message. */
  boolean insecureVerifiesWithoutLabel(byte[] message, byte[] signature) {
    if (signature.length != SIGNATURE_BYTES) {
      return false;
    }
    Ed25519PublicKeyParameters key;
    try {
      key = new Ed25519PublicKeyParameters(bytes, 0);
    } catch (IllegalArgumentException e) {
      return false;
    }
    Ed25519Signer verifier = new Ed25519Signer();
    verifier.init(false, key);
    verifier.update(message, 0, message.length);
    return verifier.verifySignature(signature);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof VerifyKey that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return HexFormat.of().formatHex(bytes);
  }
}
