package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What became of a commit.
 *
 * @param durable whether as many regions as the quorum asks have it
 * @param missing regions that do not have it, and why; replication brings it there
 */
public record Committed(
    SnapshotRecord snapshot, boolean durable, SortedMap<RegionName, String> missing) {
  public Committed {
    missing = Collections.unmodifiableSortedMap(new TreeMap<>(missing));
  }
}
