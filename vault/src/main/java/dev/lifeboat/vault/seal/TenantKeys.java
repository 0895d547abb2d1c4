package dev.lifeboat.vault.seal;

import java.security.SecureRandom;

/** Makes the keys of tenants. */
public final class TenantKeys {
  private TenantKeys() {}

  /**
   * All keys of a new tenant, generation 1. A backup host seals them to the recipients, keeps
   * {@link TenantReadKeys#write}, and closes the rest.
   */
  public static TenantReadKeys create(TenantName name, SecureRandom random) {
    return make(
        TenantId.random(random),
        name,
        1,
        SecretBytes.random(random),
        SecretBytes.random(random),
        random);
  }

  /**
   * The next generation: a new key pair and index key; chunk-id and name keys stay, so that
   * deduplication and listing go on. What older generations wrote stays readable with their keys
   * alone.
   *
   * @param newest untouched; needs no private key, so that a backup host can rotate
   */
  public static TenantReadKeys rotate(TenantWriteKeys newest, SecureRandom random) {
    return make(
        newest.id(),
        newest.name(),
        Math.addExact(newest.generation(), 1),
        newest.chunkIdKey().copy(),
        newest.nameKey().copy(),
        random);
  }

  private static TenantReadKeys make(
      TenantId id,
      TenantName name,
      int generation,
      SecretBytes chunkIdKey,
      SecretBytes nameKey,
      SecureRandom random) {
    SecretBytes privateKey = Hpke.generatePrivateKey(random);
    return new TenantReadKeys(
        new TenantWriteKeys(
            id,
            name,
            generation,
            Hpke.publicKey(privateKey),
            chunkIdKey,
            SecretBytes.random(random),
            nameKey),
        privateKey);
  }
}
