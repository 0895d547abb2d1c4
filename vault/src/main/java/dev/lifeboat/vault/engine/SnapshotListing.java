package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The snapshots that the regions list, and what could not be learnt.
 *
 * @param snapshots oldest first
 * @param unreadable manifests that are there and cannot be read: there are snapshots nobody sees
 * @param unlisted regions that did not answer, and why
 */
public record SnapshotListing(
    List<SnapshotRecord> snapshots,
    List<Unreadable> unreadable,
    SortedMap<RegionName, RegionException> unlisted) {
  public SnapshotListing {
    snapshots = List.copyOf(snapshots);
    unreadable = List.copyOf(unreadable);
    unlisted = Collections.unmodifiableSortedMap(new TreeMap<>(unlisted));
  }
}
