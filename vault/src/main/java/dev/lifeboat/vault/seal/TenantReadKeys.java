package dev.lifeboat.vault.seal;

/** A tenant's write keys and the private key that opens what was written. Closing wipes both. */
public final class TenantReadKeys implements AutoCloseable {
  private final TenantWriteKeys write;
  private final SecretBytes privateKey;

  /**
   * Takes over both: they are closed with this.
   *
   * @param privateKey X-Wing decapsulation seed
   */
  public TenantReadKeys(TenantWriteKeys write, SecretBytes privateKey) {
    this.write = write;
    this.privateKey = privateKey;
  }

  public TenantWriteKeys write() {
    return write;
  }

  public SecretBytes privateKey() {
    return privateKey;
  }

  @Override
  public void close() {
    write.close();
    privateKey.close();
  }

  @Override
  public String toString() {
    return "TenantReadKeys[%s, generation %d, secrets redacted]"
        .formatted(write.name(), write.generation());
  }
}
