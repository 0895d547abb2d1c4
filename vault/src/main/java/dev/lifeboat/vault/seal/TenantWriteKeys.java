package dev.lifeboat.vault.seal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * What a backup host keeps of a tenant: enough to write, deduplicate and list, not to read back.
 *
 * <p>Closing wipes the secrets.
 */
public final class TenantWriteKeys implements AutoCloseable {
  private final TenantId id;
  private final TenantName name;
  private final int generation;
  private final byte[] publicKey;
  private final SecretBytes chunkIdKey;
  private final SecretBytes indexKey;
  private final SecretBytes nameKey;

  /**
   * Takes over the secrets: they are closed with this.
   *
   * @param generation from 1; grows when the key pair and the index key are rotated
   * @param publicKey X-Wing, 1,216 bytes
   * @param chunkIdKey names chunks and shapes the chunker; kept over rotations, so that
   *     deduplication goes on
   * @param indexKey opens footers, index objects and manifest headers of this generation
   * @param nameKey makes pseudonyms of dataset names; kept over rotations
   */
  public TenantWriteKeys(
      TenantId id,
      TenantName name,
      int generation,
      byte[] publicKey,
      SecretBytes chunkIdKey,
      SecretBytes indexKey,
      SecretBytes nameKey) {
    if (generation < 1) {
      throw new IllegalArgumentException("key generations start at 1, not " + generation);
    }
    if (publicKey.length != Hpke.PUBLIC_KEY_BYTES) {
      throw new IllegalArgumentException(
          "not an X-Wing public key: %d bytes".formatted(publicKey.length));
    }
    this.id = id;
    this.name = name;
    this.generation = generation;
    this.publicKey = publicKey.clone();
    this.chunkIdKey = chunkIdKey;
    this.indexKey = indexKey;
    this.nameKey = nameKey;
  }

  public TenantId id() {
    return id;
  }

  public TenantName name() {
    return name;
  }

  public int generation() {
    return generation;
  }

  public byte[] publicKey() {
    return publicKey.clone();
  }

  public SecretBytes chunkIdKey() {
    return chunkIdKey;
  }

  public SecretBytes indexKey() {
    return indexKey;
  }

  public SecretBytes nameKey() {
    return nameKey;
  }

  /** The 32 hexadecimal digits under which a dataset's manifests lie. */
  public String pseudonym(DatasetName dataset) {
    byte[] digest =
        Kdf.derive(
            nameKey.exposeSecret(),
            dataset.value().getBytes(StandardCharsets.UTF_8),
            "lifeboat v1 dataset name",
            16);
    return HexFormat.of().formatHex(digest);
  }

  /** An independent copy, to be closed on its own. */
  public TenantWriteKeys copy() {
    return new TenantWriteKeys(
        id, name, generation, publicKey, chunkIdKey.copy(), indexKey.copy(), nameKey.copy());
  }

  /** Whether all of it is equal, secrets compared in constant time. */
  boolean sameAs(TenantWriteKeys other) {
    return id.equals(other.id)
        && name.equals(other.name)
        && generation == other.generation
        && Arrays.equals(publicKey, other.publicKey)
        && chunkIdKey.equals(other.chunkIdKey)
        && indexKey.equals(other.indexKey)
        && nameKey.equals(other.nameKey);
  }

  @Override
  public void close() {
    chunkIdKey.close();
    indexKey.close();
    nameKey.close();
    Arrays.fill(publicKey, (byte) 0);
  }

  @Override
  public String toString() {
    return "TenantWriteKeys[%s, generation %d, secrets redacted]".formatted(name, generation);
  }
}
