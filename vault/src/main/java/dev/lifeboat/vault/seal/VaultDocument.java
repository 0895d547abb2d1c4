package dev.lifeboat.vault.seal;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.ObjectKey;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The <em>vault document</em>: which vault this is, who may read (recipients), who may write
 * (writers). Signed by the root key of the recovery kit; a change makes the next generation.
 *
 * <p>Does not change: {@code with…} methods return the next generation, unsigned until {@link
 * #encode}.
 */
public final class VaultDocument {
  /** Prefix of all generations. */
  public static final String PREFIX = "vault/";

  /** What eight digits can say. */
  static final int MAX_GENERATION = 99_999_999;

  private final VaultId vault;
  private final int generation;
  private final VerifyKey root;
  private final SortedMap<RecipientName, Recipient> recipients;
  private final SortedMap<WriterName, VerifyKey> writers;
  private final Instant created;

  VaultDocument(
      VaultId vault,
      int generation,
      VerifyKey root,
      SortedMap<RecipientName, Recipient> recipients,
      SortedMap<WriterName, VerifyKey> writers,
      Instant created) {
    if (generation < 1 || generation > MAX_GENERATION) {
      throw new IllegalArgumentException(
          "generations of the vault document run from 1 to %d, not %d"
              .formatted(MAX_GENERATION, generation));
    }
    this.vault = vault;
    this.generation = generation;
    this.root = root;
    this.recipients = Collections.unmodifiableSortedMap(new TreeMap<>(recipients));
    this.writers = Collections.unmodifiableSortedMap(new TreeMap<>(writers));
    this.created = created.truncatedTo(ChronoUnit.MILLIS);
  }

  /** Generation 1 of a new vault: the kit is its only recipient, and nobody writes yet. */
  public static VaultDocument create(RecoveryKit kit, Instant now) {
    TreeMap<RecipientName, Recipient> recipients = new TreeMap<>();
    recipients.put(RecipientName.KIT, kit.recipient());
    return new VaultDocument(
        kit.vault(), 1, kit.rootKey().verifyKey(), recipients, new TreeMap<>(), now);
  }

  public VaultId vault() {
    return vault;
  }

  /** From 1. */
  public int generation() {
    return generation;
  }

  public VerifyKey root() {
    return root;
  }

  /** When this generation was made, to the millisecond. */
  public Instant created() {
    return created;
  }

  public SortedMap<RecipientName, Recipient> recipients() {
    return recipients;
  }

  public SortedMap<WriterName, VerifyKey> writers() {
    return writers;
  }

  /** The writer that has this key, if the document knows it. */
  public Optional<WriterName> writer(VerifyKey key) {
    return writers.entrySet().stream()
        .filter(writer -> writer.getValue().equals(key))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** The next generation, with a recipient more. Refuses a name that is taken. */
  public VaultDocument withRecipient(Recipient recipient, Instant now) {
    if (recipients.containsKey(recipient.name())) {
      throw new VaultException.Conflict(
          "vault %s has a recipient %s already; choose another name"
              .formatted(vault, recipient.name()));
    }
    TreeMap<RecipientName, Recipient> more = new TreeMap<>(recipients);
    more.put(recipient.name(), recipient);
    return next(more, writers, now);
  }

  /** The next generation, with a writer more. Refuses a name or key that is taken. */
  public VaultDocument withWriter(WriterName name, VerifyKey key, Instant now) {
    if (writers.containsKey(name)) {
      throw new VaultException.Conflict(
          "vault %s has a writer %s already; choose another name".formatted(vault, name));
    }
    writer(key)
        .ifPresent(owner -> {
          throw new VaultException.Conflict(
              "vault %s knows this key as writer %s already".formatted(vault, owner));
        });
    TreeMap<WriterName, VerifyKey> more = new TreeMap<>(writers);
    more.put(name, key);
    return next(recipients, more, now);
  }

  /**
   * The next generation, without this writer: readers then refuse all it ever wrote.
   *
   * @throws VaultException.NotFound if there is no such writer
   */
  public VaultDocument withoutWriter(WriterName name, Instant now) {
    TreeMap<WriterName, VerifyKey> fewer = new TreeMap<>(writers);
    if (fewer.remove(name) == null) {
      throw new VaultException.NotFound("vault %s has no writer %s".formatted(vault, name));
    }
    return next(recipients, fewer, now);
  }

  private VaultDocument next(
      SortedMap<RecipientName, Recipient> nextRecipients,
      SortedMap<WriterName, VerifyKey> nextWriters,
      Instant now) {
    return new VaultDocument(
        vault, Math.addExact(generation, 1), root, nextRecipients, nextWriters, now);
  }

  /** The object's bytes, signed. */
  public byte[] encode(SigningKey rootKey) {
    if (!rootKey.verifyKey().equals(root)) {
      throw new VaultException.KeyUnavailable(
          "%s is to be signed by %s, not by %s: this is another vault's recovery kit"
              .formatted(this, root, rootKey.verifyKey()));
    }
    return DocumentCodec.encode(this, rootKey);
  }

  /**
   * Reads and verifies.
   *
   * @param expectedRoot the key it must be signed with: pinned in the host keystore, or of the kit
   *     at hand. When empty, the key it names itself, which proves no more than that the document
   *     is whole
   * @throws VaultException.Untrusted if the signature is wrong or by another key
   * @throws VaultException.UnsupportedFormat if it has another version or suite
   * @throws VaultException.Damaged if it is no vault document
   */
  public static VaultDocument decode(byte[] bytes, Optional<VerifyKey> expectedRoot) {
    return DocumentCodec.decode(bytes, expectedRoot);
  }

  /**
   * Refuses a document of another vault or one that is older than one already seen.
   *
   * @return this
   * @throws VaultException.Untrusted if so
   */
  public VaultDocument require(VaultId expected, int oldestGeneration) {
    if (!vault.equals(expected)) {
      throw new VaultException.Untrusted(
          "the vault document is of vault %s, not of %s".formatted(vault, expected));
    }
    if (generation < oldestGeneration) {
      throw new VaultException.Untrusted(
          "the vault document is generation %d, but generation %d has been seen: an old one was put in its place"
              .formatted(generation, oldestGeneration));
    }
    return this;
  }

  /** The object it is stored as. */
  public ObjectKey key() {
    return key(generation);
  }

  /** The object that a generation is stored as. */
  public static ObjectKey key(int generation) {
    return new ObjectKey("%s%08d.json".formatted(PREFIX, generation));
  }

  /** Two documents that say the same. */
  @Override
  public boolean equals(Object other) {
    return other instanceof VaultDocument that
        && vault.equals(that.vault)
        && generation == that.generation
        && root.equals(that.root)
        && recipients.equals(that.recipients)
        && writers.equals(that.writers)
        && created.equals(that.created);
  }

  @Override
  public int hashCode() {
    return Objects.hash(vault, generation);
  }

  @Override
  public String toString() {
    return "VaultDocument[%s, generation %d]".formatted(vault, generation);
  }
}
