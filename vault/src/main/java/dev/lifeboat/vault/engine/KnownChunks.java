package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.engine.IndexLoader.Indexed;
import dev.lifeboat.vault.index.DigestList;
import dev.lifeboat.vault.index.FreshPacks;
import dev.lifeboat.vault.index.IndexCodec;
import dev.lifeboat.vault.index.Segment;
import dev.lifeboat.vault.index.SegmentStore;
import dev.lifeboat.vault.index.Selection;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.snapshot.PackReference;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The chunks that need not be stored again, and which of their frames a session refers to.
 *
 * <p>A chunk is known only if its pack was listed, with the right length, by every region of the
 * <em>required set</em> in this session: all regions that have every indexed pack or, when these
 * are fewer than the quorum, as many as the quorum asks that have most of them. A region that lags
 * behind thus costs no upload as long as enough others are complete, and no snapshot ever rests on
 * a pack that nobody saw tonight.
 *
 * <p>In memory are two bits for each pack, one for each frame near a referred one, and what no
 * index object tells of. Safe for use by many threads.
 */
final class KnownChunks {
  private final Selection selection;
  private final @Nullable Selection substitutes;
  private final Set<RegionName> required;
  private final List<IndexCodec.Entry> adopted;
  private final LiveFrames[] live;

  private KnownChunks(
      Selection selection,
      @Nullable Selection substitutes,
      Set<RegionName> required,
      List<IndexCodec.Entry> adopted) {
    this.selection = selection;
    this.substitutes = substitutes;
    this.required = required;
    this.adopted = adopted;
    live = new LiveFrames[selection.size()];
    for (int i = 0; i < live.length; i++) {
      live[i] = new LiveFrames(selection.segment(i).frames());
    }
  }

  /**
   * Learns what the regions have.
   *
   * @param survey made with the same index
   * @param unusable packs that must not be relied on, although they are listed
   * @param repacked packs that are relied on only for chunks that are in no other: new snapshots
   *     are to refer to the copies
   */
  static KnownChunks load(
      IndexLoader loader,
      Indexed indexed,
      ForeignPacks foreign,
      PackSurvey survey,
      int quorum,
      Set<PackId> unusable,
      Set<PackId> repacked) {
    Set<RegionName> required = required(survey, quorum);
    // A chunk whose pack the cache has damaged is stored again, and the segment read again.
    Selection selection =
        new Selection(indexed.segments(), (segment, _) -> loader.discard(segment));
    Selection substitutes =
        repacked.isEmpty()
            ? null
            : new Selection(indexed.segments(), (segment, _) -> loader.discard(segment));
    for (int i = 0; i < indexed.segments().size(); i++) {
      Segment segment = indexed.segments().get(i);
      BitSet usable = survey.held(required, i);
      usable.andNot(rows(segment, unusable));
      if (substitutes != null) {
        BitSet copied = rows(segment, repacked);
        copied.and(usable);
        substitutes.select(i, copied);
        usable.andNot(copied);
      }
      selection.select(i, usable);
    }
    Adoption adoption = new Adoption(loader);
    survey.forEachUnindexed(
        required,
        (pack, bytes) -> {
          if (!unusable.contains(pack)) {
            adoption.consider(pack, bytes);
          }
        });
    if (adoption.foreign.size() > 0) {
      foreign.replace(survey.foreignStillThere(foreign), adoption.foreign);
    }
    if (!adoption.entries.isEmpty()) {
      selection.append(SegmentStore.inMemory(adoption.packs, loader.segmentKey()), true);
    }
    return new KnownChunks(selection, substitutes, required, adoption.entries);
  }

  private static BitSet rows(Segment segment, Set<PackId> packs) {
    BitSet rows = new BitSet();
    for (PackId pack : packs) {
      int row = segment.lowerBound(pack.value());
      while (row < segment.packs() && segment.at(row).equals(pack.value())) {
        rows.set(row++);
      }
    }
    return rows;
  }

  /**
   * Packs that no index object tells of, as a session leaves them that was killed. In order of
   * their names, so that two sessions over the same regions learn the same.
   */
  private static final class Adoption {
    private static final Digest NO_OBJECT = new Digest(0, 0, 0, 0);

    private final IndexLoader loader;
    private final DigestList foreign = new DigestList();
    private final FreshPacks packs = new FreshPacks();
    private final List<IndexCodec.Entry> entries = new ArrayList<>();

    private Adoption(IndexLoader loader) {
      this.loader = loader;
      packs.cover(NO_OBJECT);
    }

    private void consider(PackId pack, long bytes) {
      try {
        Optional<PackDirectory> directory = loader.footer(pack, bytes);
        if (directory.isEmpty()) {
          foreign.add(pack.value());
        } else {
          packs.add(pack, bytes, NO_OBJECT, directory.get());
          entries.add(IndexCodec.entry(pack, bytes, directory.get()));
        }
      } catch (VaultException.Damaged
          | VaultException.Unreachable
          | VaultException.KeyUnavailable
          | VaultException.UnsupportedFormat e) {
        // Not known, so not relied on: what is in it is stored again. Verification reports it.
      }
    }
  }

  private static Set<RegionName> required(PackSurvey survey, int quorum) {
    // What no answering region has any more says nothing about who is behind.
    long reachable = survey.heldAnywhere();
    List<RegionName> byCoverage = new ArrayList<>(survey.answering());
    byCoverage.sort(
        Comparator.comparingLong((RegionName region) -> survey.held(region)).reversed());
    Set<RegionName> required = new HashSet<>();
    for (RegionName region : byCoverage) {
      if (survey.held(region) == reachable || required.size() < quorum) {
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
    long found = find(chunk);
    if (found == Selection.NONE) {
      return false;
    }
    int segment = Selection.segmentOf(found);
    live[segment].set(selection.segment(segment).frameOf(Selection.numberOf(found)));
    return true;
  }

  boolean contains(ChunkId chunk) {
    return find(chunk) != Selection.NONE;
  }

  /** Both selections are over the same segments, with the same numbers. */
  private long find(ChunkId chunk) {
    long found = selection.find(chunk);
    return found == Selection.NONE && substitutes != null ? substitutes.find(chunk) : found;
  }

  private boolean isVerified(int segment, int pack) {
    return selection.isVerified(segment, pack)
        || (substitutes != null
            && segment < substitutes.size()
            && substitutes.isVerified(segment, pack));
  }

  /** The packs referred to so far. */
  List<PackReference> references() {
    List<PackReference> references = new ArrayList<>();
    for (int i = 0; i < live.length; i++) {
      Segment segment = selection.segment(i);
      for (int pack = 0; pack < segment.packs(); pack++) {
        if (!isVerified(i, pack)) {
          continue;
        }
        BitSet frames = live[i].of(segment, pack);
        if (!frames.isEmpty()) {
          references.add(
              new PackReference(
                  segment.pack(pack), segment.packBytes(pack), segment.frames(pack), frames));
        }
      }
    }
    return references;
  }

  /** Packs that no index object tells of: whoever refers to one indexes it. */
  List<IndexCodec.Entry> adopted() {
    return adopted;
  }
}
