package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.engine.IndexLoader.Indexed;
import dev.lifeboat.vault.index.Column;
import dev.lifeboat.vault.index.ColumnJoin;
import dev.lifeboat.vault.index.DigestList;
import dev.lifeboat.vault.index.Segment;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which packs which region listed, at one moment. Listings and segments are both in the order of
 * pack ids and go past each other once: a bit is kept for each region and indexed pack, and 40
 * bytes for each pack that is in no index object yet.
 */
final class PackSurvey {
  private final Indexed indexed;
  private final List<RegionName> answering;
  private final SortedMap<RegionName, RegionException> failed;
  private final Map<RegionName, Seen> seen;

  private PackSurvey(
      Indexed indexed,
      List<RegionName> answering,
      SortedMap<RegionName, RegionException> failed,
      Map<RegionName, Seen> seen) {
    this.indexed = indexed;
    this.answering = answering;
    this.failed = failed;
    this.seen = seen;
  }

  /**
   * Lists the packs of all regions at once.
   *
   * @param unfit regions whose listing must not be relied on, and why
   * @param indexed read before: a pack that is written meanwhile is then one that no index object
   *     tells of, not one that is missing
   * @param foreign packs of other tenants, which are passed over
   */
  static PackSurvey of(
      RegionSet regions,
      SortedMap<RegionName, RegionException> unfit,
      Indexed indexed,
      ForeignPacks foreign) {
    Map<RegionName, Seen> seen = new ConcurrentHashMap<>();
    SortedMap<RegionName, RegionException> failed =
        regions.list(
            ObjectKey.PACKS,
            region -> {
              Seen fresh = new Seen(indexed, foreign);
              seen.put(region, fresh);
              return info -> {
                // Something else under the packs' prefix is none of ours.
                info.key().pack().ifPresent(pack -> fresh.add(pack.value(), info.bytes()));
              };
            });
    failed.putAll(unfit);
    // A region that failed half-way has not been seen.
    Map<RegionName, Seen> whole = new HashMap<>(seen);
    whole.keySet().removeAll(failed.keySet());
    List<RegionName> answering =
        regions.regions().stream().map(Region::name).filter(whole::containsKey).toList();
    return new PackSurvey(indexed, answering, failed, whole);
  }

  /** What one attempt to list one region saw. Filled by one thread. */
  private static final class Seen {
    private final Indexed indexed;
    private final ColumnJoin join;
    private final int foreignColumn;
    private final List<BitSet> held = new ArrayList<>();
    private final BitSet foreign = new BitSet();
    private final DigestList unindexed = new DigestList();
    private long[] unindexedBytes = new long[16];
    private @Nullable Digest last;

    private Seen(Indexed indexed, ForeignPacks foreign) {
      this.indexed = indexed;
      List<Column> columns = new ArrayList<>(indexed.segments());
      foreignColumn = columns.size();
      columns.add(foreign);
      join = new ColumnJoin(columns);
      indexed.segments().forEach(segment -> held.add(new BitSet(segment.packs())));
    }

    private void add(Digest pack, long bytes) {
      if (last != null && last.compareTo(pack) >= 0) {
        throw new IllegalStateException(
            "pack %s is listed behind %s: keys do not ascend".formatted(pack, last));
      }
      last = pack;
      Matching matching = new Matching(bytes);
      join.next(pack, matching);
      if (!matching.known) {
        if (unindexed.size() == unindexedBytes.length) {
          unindexedBytes = Arrays.copyOf(unindexedBytes, 2 * unindexedBytes.length);
        }
        unindexedBytes[unindexed.size()] = bytes;
        unindexed.add(pack);
      }
    }

    /** Sees whether the pack in hand is one that we know. */
    private final class Matching implements ColumnJoin.Match {
      private final long bytes;
      private boolean known;
      private boolean noted;

      private Matching(long bytes) {
        this.bytes = bytes;
      }

      @Override
      public void row(int column, int row) {
        if (column == foreignColumn) {
          foreign.set(row);
          known = true;
        } else if (indexed.isListed(column, row)) {
          known = true;
          // Of a pack that is in two segments, every region notes the same one.
          if (!noted && indexed.segments().get(column).packBytes(row) == bytes) {
            held.get(column).set(row);
            noted = true;
          }
        }
      }
    }

    private boolean holds(PackId pack, long bytes) {
      for (int i = 0; i < held.size(); i++) {
        int row = indexed.segments().get(i).indexOf(pack, bytes);
        if (row != Segment.NONE && held.get(i).get(row)) {
          return true;
        }
      }
      return bytes >= 0 && unindexedBytes(pack.value()) == bytes;
    }

    /** The length of a pack that no index object tells of, −1 if it was not listed. */
    private long unindexedBytes(Digest pack) {
      int row = unindexed.lowerBound(pack);
      return row < unindexed.size() && unindexed.at(row).equals(pack) ? unindexedBytes[row] : -1;
    }
  }

  /** Regions that were listed to the end, in order of preference. */
  List<RegionName> answering() {
    return answering;
  }

  /** Regions that were not, and why. */
  SortedMap<RegionName, RegionException> failed() {
    return failed;
  }

  /** Whether a region listed the pack with this length. */
  boolean holds(RegionName region, PackId pack, long bytes) {
    Seen of = seen.get(region);
    return of != null && of.holds(pack, bytes);
  }

  /** The indexed packs of a segment that all of these regions listed with the right length. */
  BitSet held(Set<RegionName> regions, int segment) {
    BitSet all = new BitSet();
    boolean first = true;
    for (RegionName region : regions) {
      BitSet held = seen(region).held.get(segment);
      if (first) {
        all.or(held);
        first = false;
      } else {
        all.and(held);
      }
    }
    return all;
  }

  /** How many indexed packs a region holds. */
  long held(RegionName region) {
    return seen(region).held.stream().mapToLong(BitSet::cardinality).sum();
  }

  /** How many indexed packs some region holds. */
  long heldAnywhere() {
    long count = 0;
    for (int i = 0; i < indexed.segments().size(); i++) {
      BitSet any = new BitSet();
      for (RegionName region : answering) {
        any.or(seen(region).held.get(i));
      }
      count += any.cardinality();
    }
    return count;
  }

  /** The packs that no index object tells of and all of these regions list with one length. */
  void forEachUnindexed(Set<RegionName> regions, PackConsumer each) {
    List<Seen> others = regions.stream().map(this::seen).toList();
    if (others.isEmpty()) {
      return;
    }
    Seen first = others.getFirst();
    for (int i = 0; i < first.unindexed.size(); i++) {
      Digest pack = first.unindexed.at(i);
      long bytes = first.unindexedBytes[i];
      if (others.stream().allMatch(of -> of.unindexedBytes(pack) == bytes)) {
        each.accept(new PackId(pack), bytes);
      }
    }
  }

  /** Which of the packs of other tenants are still there; all of them, if nobody can tell. */
  BitSet foreignStillThere(ForeignPacks foreign) {
    BitSet there = new BitSet();
    if (failed.isEmpty()) {
      answering.forEach(region -> there.or(seen(region).foreign));
    } else {
      there.set(0, foreign.size());
    }
    return there;
  }

  private Seen seen(RegionName region) {
    Seen of = seen.get(region);
    if (of == null) {
      throw new IllegalArgumentException(region + " was not listed");
    }
    return of;
  }

  interface PackConsumer {
    void accept(PackId pack, long bytes);
  }
}
