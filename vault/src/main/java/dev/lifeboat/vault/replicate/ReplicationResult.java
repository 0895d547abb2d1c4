package dev.lifeboat.vault.replicate;

import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a replication came to.
 *
 * @param regions what happened in each region that could be listed
 * @param unreachable regions that could not be listed, and why: nothing is known of them
 * @param conflicts keys under which regions hold different objects, and what is known of it;
 *     neither was changed
 * @param stopped whether time was up before everything was looked at; running again continues
 */
public record ReplicationResult(
    SortedMap<RegionName, PerRegion> regions,
    SortedMap<RegionName, String> unreachable,
    SortedMap<ObjectKey, String> conflicts,
    boolean stopped) {
  /** So many reasons are kept for each region; the count goes on. */
  static final int REASONS = 1000;

  public ReplicationResult {
    regions = Collections.unmodifiableSortedMap(new TreeMap<>(regions));
    unreachable = Collections.unmodifiableSortedMap(new TreeMap<>(unreachable));
    conflicts = Collections.unmodifiableSortedMap(new TreeMap<>(conflicts));
  }

  /** Whether every region is known to be a complete copy now. */
  public boolean complete() {
    return !stopped
        && unreachable.isEmpty()
        && conflicts.isEmpty()
        && regions.values().stream().allMatch(r -> r.missing() == 0);
  }

  /**
   * What happened in one region.
   *
   * @param copied objects it lacked and has now
   * @param bytes of these
   * @param missing objects it still lacks
   * @param reasons why, for the first of them
   */
  public record PerRegion(long copied, long bytes, long missing, List<NotCopied> reasons) {
    public PerRegion {
      reasons = List.copyOf(reasons);
    }
  }

  /** Why a region still lacks an object. */
  public record NotCopied(ObjectKey key, String reason) {}
}
