package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.index.ColumnJoin;
import dev.lifeboat.vault.index.DigestList;
import dev.lifeboat.vault.index.IndexCodec;
import dev.lifeboat.vault.index.Segment;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.TenantId;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;

/** The index objects that some region lists. */
final class IndexListing {
  private final DigestList names;
  private final boolean complete;

  private IndexListing(DigestList names, boolean complete) {
    this.names = names;
    this.complete = complete;
  }

  /**
   * Lists all regions at once.
   *
   * @throws VaultException.Unreachable if none can be listed
   */
  static IndexListing of(RegionSet regions, TenantId tenant) {
    String prefix = IndexCodec.prefix(tenant);
    Map<RegionName, DigestList> listed = new ConcurrentHashMap<>();
    SortedMap<RegionName, RegionException> failed =
        regions.list(
            prefix,
            region -> {
              DigestList found = new DigestList();
              listed.put(region, found);
              return info -> {
                String name = info.key().value().substring(prefix.length());
                // Something else under the prefix is none of ours.
                if (name.length() == 2 * Digest.BYTES && Digest.isNamedAt(name, 0)) {
                  found.add(Digest.namedAt(name, 0));
                }
              };
            });
    if (failed.size() == regions.regions().size()) {
      throw new VaultException.Unreachable("no region can be listed", List.copyOf(failed.values()));
    }
    DigestList names = new DigestList();
    for (Region region : regions.regions()) {
      DigestList found = listed.get(region.name());
      if (found != null && !failed.containsKey(region.name())) {
        names = DigestList.union(names, found);
      }
    }
    return new IndexListing(names, failed.isEmpty());
  }

  /** Whether every region was listed, so that what is not here is nowhere. */
  boolean complete() {
    return complete;
  }

  /** Which of the index objects that each segment covers are listed. */
  List<BitSet> listed(List<Segment> segments) {
    List<BitSet> bits = new ArrayList<>();
    segments.forEach(_ -> bits.add(new BitSet()));
    ColumnJoin join = join(segments);
    for (int i = 0; i < names.size(); i++) {
      join.next(names.at(i), (segment, object) -> bits.get(segment).set(object));
    }
    return bits;
  }

  /** Those that no segment covers. */
  List<Digest> uncovered(List<Segment> segments) {
    List<Digest> uncovered = new ArrayList<>();
    ColumnJoin join = join(segments);
    boolean[] covered = new boolean[1];
    for (int i = 0; i < names.size(); i++) {
      covered[0] = false;
      Digest name = names.at(i);
      join.next(name, (_, _) -> covered[0] = true);
      if (!covered[0]) {
        uncovered.add(name);
      }
    }
    return uncovered;
  }

  private static ColumnJoin join(List<Segment> segments) {
    return new ColumnJoin(segments.stream().map(Segment::objectNames).toList());
  }
}
