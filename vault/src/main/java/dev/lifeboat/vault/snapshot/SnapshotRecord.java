package dev.lifeboat.vault.snapshot;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A snapshot as the regions list it, its signature verified.
 *
 * @param key of its manifest
 * @param digest SHA-256 of its manifest
 * @param regions that list the manifest
 */
public record SnapshotRecord(
    ObjectKey key, Digest digest, SnapshotHeader header, SortedSet<RegionName> regions) {
  private static final Shared<SortedSet<RegionName>> REGIONS = new Shared<>();

  public SnapshotRecord {
    regions = REGIONS.of(regions, set -> Collections.unmodifiableSortedSet(new TreeSet<>(set)));
  }
}
