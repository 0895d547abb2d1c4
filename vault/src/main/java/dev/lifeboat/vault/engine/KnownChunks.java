package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.index.HeapIndex;
import dev.lifeboat.vault.index.IndexCodec;
import dev.lifeboat.vault.index.TenantIndex;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.snapshot.PackReference;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The chunks that need not be stored again, and which of their frames a session refers to.
 *
 * <p>A chunk is known only if its pack was listed, with the right length, by every region of the
 * <em>required set</em> in this session: all regions that have every indexed pack or, when these
 * are fewer than the quorum, as many as the quorum asks that have most of them. A region that lags
 * behind thus costs no upload as long as enough others are complete, and no snapshot ever rests on
 * a pack that nobody saw tonight.
 */
final class KnownChunks {
  private final TenantIndex index;
  private final Set<RegionName> required;
  private final List<IndexCodec.Entry> adopted;
  private final AtomicLongArray live;
  private final int[] firstWord;

  private KnownChunks(TenantIndex index, Set<RegionName> required, List<IndexCodec.Entry> adopted) {
    this.index = index;
    this.required = required;
    this.adopted = adopted;
    firstWord = new int[index.packs() + 1];
    for (int pack = 0; pack < index.packs(); pack++) {
      firstWord[pack + 1] = firstWord[pack] + (index.frames(pack) + 63) / 64;
    }
    live = new AtomicLongArray(firstWord[index.packs()]);
  }

  /**
   * Learns what the regions have.
   *
   * @param unusable packs that must not be relied on, although they are listed
   */
  static KnownChunks load(IndexLoader loader, PackSurvey survey, int quorum, Set<PackId> unusable) {
    List<ObjectKey> objects = loader.objects();
    Map<PackId, Long> indexed = new HashMap<>();
    for (ObjectKey object : objects) {
      loader.visit(object, new Lengths(indexed));
    }
    Set<RegionName> required = required(indexed, survey, quorum);
    HeapIndex index = new HeapIndex();
    IndexCodec.Visitor present =
        new IndexCodec.Visitor() {
          @Override
          public boolean wants(PackId pack, long bytes) {
            return !unusable.contains(pack)
                && index.find(pack) == TenantIndex.NONE
                && survey.allHold(required, pack, bytes);
          }

          @Override
          public void pack(PackId pack, long bytes, PackDirectory directory) {
            index.add(pack, bytes, directory);
          }
        };
    for (ObjectKey object : objects) {
      loader.visit(object, present);
    }
    List<IndexCodec.Entry> adopted = new ArrayList<>();
    Set<PackId> foreign = new HashSet<>(loader.foreign());
    int foreignBefore = foreign.size();
    // In order of their names, so that two sessions over the same regions learn the same.
    TreeSet<PackId> orphans = new TreeSet<>();
    Map<PackId, Long> lengths = new HashMap<>();
    survey.forEach((pack, bytes) -> {
      if (!indexed.containsKey(pack)
          && !foreign.contains(pack)
          && !unusable.contains(pack)
          && survey.allHold(required, pack, bytes)) {
        orphans.add(pack);
        lengths.put(pack, bytes);
      }
    });
    for (PackId orphan : orphans) {
      long bytes = lengths.getOrDefault(orphan, 0L);
      try {
        loader
            .footer(orphan, bytes)
            .ifPresentOrElse(
                directory -> {
                  index.add(orphan, bytes, directory);
                  adopted.add(IndexCodec.entry(orphan, bytes, directory));
                },
                () -> foreign.add(orphan));
      } catch (VaultException.Damaged
          | VaultException.Unreachable
          | VaultException.KeyUnavailable
          | VaultException.UnsupportedFormat e) {
        // Not known, so not relied on: what is in it is stored again. Verification reports it.
      }
    }
    if (foreign.size() != foreignBefore) {
      loader.rememberForeign(foreign);
    }
    return new KnownChunks(index, required, adopted);
  }

  /** Notes the packs of index objects and passes over their directories. */
  private record Lengths(Map<PackId, Long> indexed) implements IndexCodec.Visitor {
    @Override
    public boolean wants(PackId pack, long bytes) {
      indexed.put(pack, bytes);
      return false;
    }

    @Override
    public void pack(PackId pack, long bytes, PackDirectory directory) {}
  }

  private static Set<RegionName> required(
      Map<PackId, Long> indexed, PackSurvey survey, int quorum) {
    Map<RegionName, Long> coverage = new HashMap<>();
    for (RegionName region : survey.answering()) {
      long held =
          indexed.entrySet().stream()
              .filter(entry -> survey.holds(region, entry.getKey(), entry.getValue()))
              .count();
      coverage.put(region, held);
    }
    // What no answering region has any more says nothing about who is behind.
    long reachable =
        indexed.entrySet().stream()
            .filter(entry ->
                survey.answering().stream()
                    .anyMatch(region -> survey.holds(region, entry.getKey(), entry.getValue())))
            .count();
    List<RegionName> byCoverage = new ArrayList<>(survey.answering());
    byCoverage.sort(
        Comparator.comparing((RegionName region) -> coverage.getOrDefault(region, 0L)).reversed());
    Set<RegionName> required = new HashSet<>();
    for (RegionName region : byCoverage) {
      if (coverage.getOrDefault(region, 0L) == reachable || required.size() < quorum) {
        required.add(region);
      }
    }
    return required;
  }

  /** The regions that have every known pack. */
  Set<RegionName> required() {
    return required;
  }

  /** Whether a chunk is known; if it is, its frame is noted as referred to. */
  boolean refer(ChunkId chunk) {
    int number = index.find(chunk);
    if (number == TenantIndex.NONE) {
      return false;
    }
    int frame = index.frameOf(number);
    int word = firstWord[index.packOf(number)] + (frame >>> 6);
    long bit = 1L << frame;
    if ((live.get(word) & bit) == 0) {
      live.getAndAccumulate(word, bit, (before, more) -> before | more);
    }
    return true;
  }

  boolean contains(ChunkId chunk) {
    return index.find(chunk) != TenantIndex.NONE;
  }

  /** Length of a chunk, −1 if it is not known. */
  int bytesOf(ChunkId chunk) {
    int number = index.find(chunk);
    return number == TenantIndex.NONE ? -1 : index.bytesOf(number);
  }

  /** The packs referred to so far. */
  List<PackReference> references() {
    List<PackReference> references = new ArrayList<>();
    for (int pack = 0; pack < index.packs(); pack++) {
      long[] words = new long[firstWord[pack + 1] - firstWord[pack]];
      for (int i = 0; i < words.length; i++) {
        words[i] = live.get(firstWord[pack] + i);
      }
      BitSet frames = BitSet.valueOf(words);
      if (!frames.isEmpty()) {
        references.add(
            new PackReference(index.pack(pack), index.packBytes(pack), index.frames(pack), frames));
      }
    }
    return references;
  }

  /** Packs that no index object tells of: whoever refers to one indexes it. */
  List<IndexCodec.Entry> adopted() {
    return adopted;
  }
}
