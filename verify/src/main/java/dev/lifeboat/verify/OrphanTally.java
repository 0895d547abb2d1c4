package dev.lifeboat.verify;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.Trash;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Packs that nobody needs, region by region, but for those that a reclamation has marked already or
 * that a backup may be about to need.
 *
 * <p>Memory: the names of up to {@value #MOST} of them; with more, the others are counted, and
 * taken for unmarked if one of these is.
 */
final class OrphanTally {
  private static final int MOST = 10_000;

  /** Longer than any backup takes, and than reclamation should let pass. */
  static final Duration GRACE = Duration.ofDays(14);

  private final Instant before;
  private final SortedMap<RegionName, Candidates> regions = new TreeMap<>();

  private static final class Candidates {
    private final TreeMap<PackId, Long> named = new TreeMap<>();
    private long more;
    private long moreBytes;
  }

  OrphanTally(Instant now) {
    this.before = now.minus(GRACE);
  }

  /** A pack that no snapshot needs. */
  void unneeded(RegionName region, ObjectInfo info) {
    Optional<PackId> pack = info.key().pack();
    if (pack.isEmpty() || !info.modified().isBefore(before)) {
      return;
    }
    Candidates of = regions.computeIfAbsent(region, _ -> new Candidates());
    if (of.named.size() < MOST) {
      of.named.put(pack.get(), info.bytes());
    } else {
      of.more++;
      of.moreBytes += info.bytes();
    }
  }

  /** What is left when the marks of the regions are taken out. Reads them where there is need. */
  List<Finding> findings(RegionSet set, Records records) {
    List<Finding> findings = new ArrayList<>();
    for (Map.Entry<RegionName, Candidates> region : regions.entrySet()) {
      Candidates of = region.getValue();
      try {
        Set<PackId> marked = set.in(region.getKey(), at -> Trash.marked(at, records));
        of.named.keySet().removeAll(marked);
      } catch (RegionException | VaultException e) {
        continue; // Nothing can be said of them; what is wrong with marks is found elsewhere.
      }
      if (!of.named.isEmpty()) {
        findings.add(
            new Finding.Orphans(
                region.getKey(),
                of.named.size() + of.more,
                of.named.values().stream().mapToLong(Long::longValue).sum() + of.moreBytes,
                ObjectKey.of(of.named.firstKey())));
      }
    }
    return findings;
  }
}
