package dev.lifeboat.vault.seal;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.ObjectKey;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * <em>Key objects</em>: one generation of a tenant's keys, sealed to one recipient and signed by
 * the host that made them.
 */
public final class KeyObjects {
  /** Prefix of all key objects. */
  public static final String PREFIX = "keys/";

  private static final String LABEL = "lifeboat v1 tenant key";
  private static final int TRAILER_BYTES = VerifyKey.BYTES + VerifyKey.SIGNATURE_BYTES;
  private static final Pattern NAME =
      Pattern.compile("keys/([0-9a-f]{32})/([0-9]{8})-([a-z0-9][a-z0-9._-]{0,62})");

  private KeyObjects() {}

  /**
   * What the name of a key object says.
   *
   * @param generation from 1
   */
  public record Address(TenantId tenant, int generation, RecipientName recipient) {
    public Address {
      if (generation < 1 || generation > 99_999_999) {
        throw new IllegalArgumentException(
            "key generations run from 1 to 99999999, not " + generation);
      }
    }

    public ObjectKey key() {
      return new ObjectKey("%s%08d-%s".formatted(KeyObjects.prefix(tenant), generation, recipient));
    }

    /**
     * Reads it back from a listing.
     *
     * @throws VaultException.Damaged if no key object can have this name
     */
    public static Address parse(ObjectKey key) {
      Matcher matcher = NAME.matcher(key.value());
      if (!matcher.matches()) {
        throw new VaultException.Damaged(key + " is not the name of a key object");
      }
      try {
        return new Address(
            new TenantId(matcher.group(1)),
            Integer.parseInt(matcher.group(2)),
            new RecipientName(matcher.group(3)));
      } catch (IllegalArgumentException e) {
        throw new VaultException.Damaged(key + " is not the name of a key object", e);
      }
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
    Prologue prologue =
        new Prologue(Prologue.Kind.KEY, vault, keys.write().id(), keys.write().generation());
    byte[] plaintext = KeyCodec.encode(keys);
    byte[] sealed;
    try {
      byte[] publicKey = recipient.publicKey();
      sealed = Hpke.seal(publicKey, info(prologue, recipient.fingerprint()), plaintext);
    } finally {
      Arrays.fill(plaintext, (byte) 0);
    }
    byte[] signed =
        ByteBuffer.allocate(Prologue.BYTES + sealed.length + VerifyKey.BYTES)
            .put(prologue.toBytes())
            .put(sealed)
            .put(writer.verifyKey().toBytes())
            .array();
    return ByteBuffer.allocate(signed.length + VerifyKey.SIGNATURE_BYTES)
        .put(signed)
        .put(writer.sign(LABEL, signed))
        .array();
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
    Address address = Address.parse(key);
    Prologue prologue = Prologue.read(object, Prologue.Kind.KEY, key.value());
    if (object.length < Prologue.BYTES + Hpke.OVERHEAD_BYTES + TRAILER_BYTES) {
      throw new VaultException.Damaged(
          "%s has %d bytes, too few for a key object".formatted(key, object.length));
    }
    if (!prologue.vault().equals(document.vault())) {
      throw new VaultException.Untrusted(
          "%s is of vault %s, not of %s".formatted(key, prologue.vault(), document.vault()));
    }
    int signatureAt = object.length - VerifyKey.SIGNATURE_BYTES;
    byte[] signed = Arrays.copyOf(object, signatureAt);
    VerifyKey writer =
        new VerifyKey(Arrays.copyOfRange(object, signatureAt - VerifyKey.BYTES, signatureAt));
    // The writer first: whoever is unknown need not be listened to.
    if (document.writer(writer).isEmpty()) {
      throw new VaultException.Untrusted(
          "%s is signed by %s, who is no writer in %s".formatted(key, writer, document));
    }
    byte[] signature = Arrays.copyOfRange(object, signatureAt, object.length);
    if (!writer.verifies(LABEL, signed, signature)) {
      throw new VaultException.Untrusted(key + " has a wrong signature: forged, or damaged");
    }
    if (!prologue.tenant().equals(address.tenant())
        || prologue.generation() != address.generation()) {
      throw new VaultException.Damaged(
          "%s holds keys of tenant %s, generation %d: it was stored under a wrong name"
              .formatted(key, prologue.tenant(), prologue.generation()));
    }
    return address;
  }

  /** Whether {@link #verify} finds nothing wrong: tells a good region from a bad one. */
  public static boolean isIntact(ObjectKey key, byte[] object, VaultDocument document) {
    try {
      verify(key, object, document);
      return true;
    } catch (VaultException.Damaged
        | VaultException.Untrusted
        | VaultException.UnsupportedFormat e) {
      return false;
    }
  }

  /**
   * Verifies and opens. The caller closes the result.
   *
   * @param recipientKey X-Wing decapsulation seed, {@link RecoveryKit#privateKey} for instance
   * @throws VaultException.KeyUnavailable if it is sealed to another key
   */
  public static TenantReadKeys open(
      ObjectKey key, byte[] object, SecretBytes recipientKey, VaultDocument document) {
    Address address = verify(key, object, document);
    byte[] publicKey = Hpke.publicKey(recipientKey);
    Prologue prologue = Prologue.read(object, Prologue.Kind.KEY, key.value());
    byte[] sealed = Arrays.copyOfRange(object, Prologue.BYTES, object.length - TRAILER_BYTES);
    byte[] plaintext;
    try {
      plaintext = Hpke.open(recipientKey, info(prologue, Recipient.fingerprint(publicKey)), sealed);
    } catch (VaultException.KeyUnavailable e) {
      throw new VaultException.KeyUnavailable(
          "%s is sealed to recipient %s, whose key this is not (this one is %.16s)"
              .formatted(key, address.recipient(), Recipient.fingerprint(publicKey)),
          e);
    }
    try {
      return KeyCodec.decode(plaintext, prologue, key.value());
    } finally {
      Arrays.fill(plaintext, (byte) 0);
    }
  }

  private static byte[] info(Prologue prologue, Digest recipient) {
    return prologue.info(LABEL, recipient.toBytes());
  }
}
