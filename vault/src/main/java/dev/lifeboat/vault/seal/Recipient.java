package dev.lifeboat.vault.seal;

import dev.lifeboat.vault.Digest;
import java.util.Arrays;

/** Someone a tenant's private key can be sealed to: a name and an X-Wing public key. */
public final class Recipient {
  private final RecipientName name;
  private final byte[] publicKey;

  /**
   * A recipient.
   *
   * @param publicKey X-Wing, 1,216 bytes; copied
   */
  public Recipient(RecipientName name, byte[] publicKey) {
    if (publicKey.length != Hpke.PUBLIC_KEY_BYTES) {
      throw new IllegalArgumentException(
          "recipient %s: not an X-Wing public key: %d bytes".formatted(name, publicKey.length));
    }
    this.name = name;
    this.publicKey = publicKey.clone();
  }

  public RecipientName name() {
    return name;
  }

  public byte[] publicKey() {
    return publicKey.clone();
  }

  /** SHA-256 of the public key: what key objects bind to, and what people compare. */
  public Digest fingerprint() {
    return fingerprint(publicKey);
  }

  static Digest fingerprint(byte[] publicKey) {
    return Digest.read(Digest.sha256().digest(publicKey), 0);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Recipient that
        && name.equals(that.name)
        && Arrays.equals(publicKey, that.publicKey);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return "%s (%.16s)".formatted(name, fingerprint());
  }
}
