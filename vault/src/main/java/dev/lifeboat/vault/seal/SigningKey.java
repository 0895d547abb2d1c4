package dev.lifeboat.vault.seal;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;

/** An Ed25519 private key (RFC 8032). Closing wipes it. */
public final class SigningKey implements AutoCloseable {
  private final SecretBytes seed;
  private final VerifyKey verifyKey;

  /** Takes over the seed: it is closed with this. */
  public SigningKey(SecretBytes seed) {
    this.seed = seed;
    this.verifyKey =
        new VerifyKey(
            new Ed25519PrivateKeyParameters(seed.exposeSecret(), 0)
                .generatePublicKey()
                .getEncoded());
  }

  public static SigningKey generate(SecureRandom random) {
    return new SigningKey(SecretBytes.random(random));
  }

  public VerifyKey verifyKey() {
    return verifyKey;
  }

  /** The secret itself: only for writing it into a keystore. */
  public SecretBytes exposeSeed() {
    return seed;
  }

  /**
   * Signs {@code label}, a zero byte, and {@code message}: a signature for one purpose is none for
   * another.
   *
   * @return 64 bytes
   */
  public byte[] sign(String label, byte[] message) {
    Ed25519Signer signer = new Ed25519Signer();
    signer.init(true, new Ed25519PrivateKeyParameters(seed.exposeSecret(), 0));
    byte[] prefix = label.getBytes(StandardCharsets.UTF_8);
    signer.update(prefix, 0, prefix.length);
    signer.update((byte) 0);
    signer.update(message, 0, message.length);
    return signer.generateSignature();
  }

  /**
   * Signs bytes as they are, with nothing that says what for: only where another standard fixes
   * what is signed, and its messages can be none of {@link #sign}'s. A JSON Web Signature begins
   * with {@code ey}, our labels with {@code lifeboat}.
   */
  byte[] insecureSignWithoutLabel(byte[] message) {
    Ed25519Signer signer = new Ed25519Signer();
    signer.init(true, new Ed25519PrivateKeyParameters(seed.exposeSecret(), 0));
    signer.update(message, 0, message.length);
    return signer.generateSignature();
  }

  @Override
  public void close() {
    seed.close();
  }

  @Override
  public String toString() {
    return "SigningKey[of " + verifyKey + ", redacted]";
  }
}
