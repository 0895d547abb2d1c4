package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.region.ObjectKey;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What reading all of a pack showed.
 *
 * @param hash SHA-256 of all its bytes; empty if it has become shorter than it was listed
 * @param bad what is wrong with each frame that cannot be used
 * @param fault what is wrong with header or directory, in words
 * @param staleIndex the index object that tells something else of the pack than the pack itself
 * @param frames that were opened, and whose chunks all have their ids
 * @param rawBytes of these, opened
 */
public record PackProof(
    Optional<Digest> hash,
    SortedMap<Integer, String> bad,
    Optional<String> fault,
    Optional<ObjectKey> staleIndex,
    long frames,
    long rawBytes) {
  public PackProof {
    bad = Collections.unmodifiableSortedMap(new TreeMap<>(bad));
  }

  /** Whether everything in the pack can be used, and is found by its index object. */
  public boolean isSound() {
    return hash.isPresent() && bad.isEmpty() && fault.isEmpty() && staleIndex.isEmpty();
  }
}
