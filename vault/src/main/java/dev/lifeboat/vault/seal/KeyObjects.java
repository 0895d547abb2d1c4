package dev.lifeboat.vault.seal;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.ObjectKey;

/**
 * <em>Key objects</em>: one generation of a tenant's keys, sealed to one recipient and signed by
 * the host that made them.
 */
public final class KeyObjects {
  /** Prefix of all key objects. */
  public static final String PREFIX = "keys/";

  private KeyObjects() {}

  /**
   * What the name of a key object says.
   *
   * @param generation from 1
   */
  public record Address(TenantId tenant, int generation, RecipientName recipient) {
    public ObjectKey key() {
      return Pending.body();
    }

    /**
     * Reads it back from a listing.
     *
     * @throws VaultException.Damaged if no key object can have this name
     */
    public static Address parse(ObjectKey key) {
      return Pending.body();
    }
  }

  /** Prefix of one tenant's key objects. */
  public static String prefix(TenantId tenant) {
    return PREFIX + tenant + "/";
  }

  /** The name of the object that {@link #seal} makes. */
  public static ObjectKey key(TenantReadKeys keys, Recipient recipient) {
    return new Address(keys.write().id(), keys.write().generation(), recipient.name()).key();
  }

  /** The object's bytes. Sealing twice gives different bytes, of which either will do. */
  public static byte[] seal(
      TenantReadKeys keys, Recipient recipient, VaultId vault, SigningKey writer) {
    return Pending.body();
  }

  /**
   * Checks all that can be checked without a private key: form, name, vault, writer, signature.
   *
   * @throws VaultException.Damaged if it is no key object, or not the one its name says
   * @throws VaultException.UnsupportedFormat if it has another version or suite
   * @throws VaultException.Untrusted if it is of another vault, by a writer the document does not
   *     know, or its signature is wrong, which is also how a damaged object shows
   */
  public static Address verify(ObjectKey key, byte[] object, VaultDocument document) {
    return Pending.body();
  }

  /** Whether {@link #verify} finds nothing wrong: tells a good region from a bad one. */
  public static boolean isIntact(ObjectKey key, byte[] object, VaultDocument document) {
    return Pending.body();
  }

  /**
   * Verifies and opens. The caller closes the result.
   *
   * @param recipientKey X-Wing decapsulation seed, {@link RecoveryKit#privateKey} for instance
   * @throws VaultException.KeyUnavailable if it is sealed to another key
   */
  public static TenantReadKeys open(
      ObjectKey key, byte[] object, SecretBytes recipientKey, VaultDocument document) {
    return Pending.body();
  }
}
