package dev.lifeboat.vault.snapshot;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.ObjectKey;
import java.util.Collection;

/** Tells which packs a snapshot needs, for those who look after objects and not after contents. */
public interface ManifestReferences {
  /**
   * Verifies a manifest and reads its references.
   *
   * @param key it was read from
   * @throws VaultException.KeyUnavailable if the index key of its tenant and generation is not here
   * @throws VaultException.Damaged if it is not whole
   * @throws VaultException.Untrusted if its signature is wrong, or its writer unknown
   */
  Collection<PackReference> of(ObjectKey key, byte[] manifest);
}
