package dev.lifeboat.vault.snapshot;

import java.util.List;

/**
 * What the index key opens of a manifest whose signature was verified.
 *
 * @param packs every pack that holds a part of the snapshot, in ascending order of their ids
 */
public record VerifiedManifest(SnapshotHeader header, List<PackReference> packs) {
  public VerifiedManifest {
    packs = List.copyOf(packs);
  }
}
