package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectKey;
import java.util.Collection;

/** Tells which packs an index object describes. */
public interface IndexReferences {
  /**
   * The packs of an index object.
   *
   * @throws VaultException.KeyUnavailable if the index key of its tenant and generation is not here
   * @throws VaultException.Damaged if it is not whole
   */
  Collection<PackId> of(ObjectKey key, byte[] index);
}
