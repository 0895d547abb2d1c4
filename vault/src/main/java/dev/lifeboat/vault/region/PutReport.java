package dev.lifeboat.vault.region;

import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What became of one object that was to go to several regions.
 *
 * @param held regions that have it durably now, whether this put stored it or an earlier one
 * @param failed regions that may lack it, and why
 */
public record PutReport(Set<RegionName> held, SortedMap<RegionName, RegionException> failed) {
  public PutReport {
    held = Set.copyOf(held);
    failed = Collections.unmodifiableSortedMap(new TreeMap<>(failed));
  }

  /** Whether at least {@code quorum} regions hold the object. */
  public boolean reaches(int quorum) {
    return held.size() >= quorum;
  }
}
