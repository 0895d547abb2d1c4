package dev.lifeboat.sources.fence;

import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.SnapshotHeader;

/** Makes places of a kind of source. */
public interface Fence {
  /** Name of the kind of source. */
  String kind();

  /**
   * Makes a place and starts what is to run there, empty. When this throws, what was made is gone,
   * or named in {@link FenceContext#marks}.
   *
   * @param snapshot that is to come there
   * @throws SourceException.Refused if it cannot be done on this machine, with the remedy
   */
  Fenced raise(SnapshotHeader snapshot, FenceContext context)
      throws SourceException, InterruptedException;
}
