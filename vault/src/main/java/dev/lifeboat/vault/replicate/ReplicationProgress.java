package dev.lifeboat.vault.replicate;

import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;

/** Told of every object that a region got. Called by many threads. */
public interface ReplicationProgress {
  /** Says nothing to nobody. */
  ReplicationProgress SILENT = (_, _, _) -> {};

  void copied(RegionName to, ObjectKey key, long bytes);
}
