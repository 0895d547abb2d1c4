package dev.lifeboat.vault.seal;

import java.security.SecureRandom;
import java.util.Arrays;

/**
 * The one secret that opens everything: 32 bytes, from which an X-Wing key pair (the recipient
 * {@code kit} of every tenant) and the Ed25519 root key (signs the vault document) are derived.
 * Closing wipes all of them.
 *
 * <p>Kept by people, as a {@link KitFile} or {@link KitShares}; a host that only writes has none.
 */
public final class RecoveryKit implements AutoCloseable {
  private static final byte[] NO_SALT = new byte[0];

  private final VaultId vault;
  private final SecretBytes secret;
  private final SecretBytes privateKey;
  private final byte[] publicKey;
  private final SigningKey rootKey;

  private RecoveryKit(VaultId vault, SecretBytes secret) {
    this.vault = vault;
    this.secret = secret;
    this.privateKey = derive(secret, "lifeboat v1 kit recipient");
    this.publicKey = Hpke.publicKey(privateKey);
    this.rootKey = new SigningKey(derive(secret, "lifeboat v1 kit root"));
  }

  /** The kit of a new vault. */
  public static RecoveryKit generate(SecureRandom random) {
    return new RecoveryKit(VaultId.random(random), SecretBytes.random(random));
  }

  /** Takes over the secret: it is closed with the kit. */
  public static RecoveryKit fromSecret(VaultId vault, SecretBytes secret) {
    return new RecoveryKit(vault, secret);
  }

  /** The vault it was made with. */
  public VaultId vault() {
    return vault;
  }

  /** The secret itself: only for writing it down. */
  public SecretBytes exposeSecret() {
    return secret;
  }

  /** X-Wing decapsulation seed: opens every key object of the recipient {@code kit}. */
  public SecretBytes privateKey() {
    return privateKey;
  }

  /** X-Wing, 1,216 bytes. */
  public byte[] publicKey() {
    return publicKey.clone();
  }

  /** The kit as a recipient, named {@link RecipientName#KIT}. */
  public Recipient recipient() {
    return new Recipient(RecipientName.KIT, publicKey);
  }

  /** Signs the vault document. Closed with the kit. */
  public SigningKey rootKey() {
    return rootKey;
  }

  private static SecretBytes derive(SecretBytes secret, String label) {
    byte[] derived = Kdf.derive(secret.exposeSecret(), NO_SALT, label, SecretBytes.BYTES);
    try {
      return SecretBytes.copyOf(derived);
    } finally {
      Arrays.fill(derived, (byte) 0);
    }
  }

  @Override
  public void close() {
    secret.close();
    privateKey.close();
    rootKey.close();
  }

  @Override
  public String toString() {
    return "RecoveryKit[of vault %s, redacted]".formatted(vault);
  }
}
