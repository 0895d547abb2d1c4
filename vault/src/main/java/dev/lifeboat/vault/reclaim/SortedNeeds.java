package dev.lifeboat.vault.reclaim;

import java.io.IOException;

/** Packs that are needed, in ascending order of their ids, and how long each must be. */
interface SortedNeeds extends SortedIds, AutoCloseable {
  /** Length of the pack that came last. */
  long bytes();

  @Override
  void close() throws IOException;
}
