package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.index.FreshPacks;
import dev.lifeboat.vault.index.Segment;
import dev.lifeboat.vault.index.SegmentStore;
import dev.lifeboat.vault.index.SelectedIndex;
import dev.lifeboat.vault.index.Selection;
import dev.lifeboat.vault.index.TenantIndex;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.snapshot.PackReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The packs that a snapshot refers to, found in segments and, where these lack them, by footers.
 */
final class SnapshotPacks {
  private static final Digest NO_OBJECT = new Digest(0, 0, 0, 0);

  private final IndexLoader loader;
  private final List<PackProver.Wanted> packs;
  private final Selection selection;
  private final List<PackProver.Wanted> missing = new ArrayList<>();
  private final List<VaultException> problems = new ArrayList<>();
  private boolean lookedAgain;
  private boolean foundMore;

  private SnapshotPacks(List<Segment> segments, List<PackProver.Wanted> packs, IndexLoader loader) {
    this.loader = loader;
    this.packs = packs;
    this.selection = new Selection(segments, this::replace);
    for (PackProver.Wanted pack : packs) {
      if (!select(segments, pack)) {
        missing.add(pack);
      }
    }
  }

  /**
   * Looks for packs: in the segments that are there; if these lack one, in the index objects of the
   * regions; for the rest, in the packs' own footers.
   */
  static SnapshotPacks find(List<PackReference> packs, IndexLoader loader) {
    return of(
        packs.stream().map(pack -> new PackProver.Wanted(pack.pack(), pack.bytes())).toList(),
        loader);
  }

  /** As {@link #find}. */
  static SnapshotPacks of(List<PackProver.Wanted> packs, IndexLoader loader) {
    SnapshotPacks found = indexed(packs, loader);
    found.readFooters();
    return found;
  }

  /** As {@link #of}, without the packs' own footers. */
  static SnapshotPacks indexed(List<PackProver.Wanted> packs, IndexLoader loader) {
    SnapshotPacks found = new SnapshotPacks(loader.segments(), packs, loader);
    if (!found.missing.isEmpty()) {
      try {
        found = new SnapshotPacks(loader.index().segments(), packs, loader);
      } catch (VaultException.Unreachable e) {
        found.problems.add(e);
      }
    }
    return found;
  }

  private boolean select(List<Segment> segments, PackProver.Wanted pack) {
    for (int i = 0; i < segments.size(); i++) {
      int row = segments.get(i).indexOf(pack.pack(), pack.bytes());
      if (row != Segment.NONE) {
        selection.select(i, row);
        return true;
      }
    }
    return false;
  }

  /** Why some packs could not be found: only those chunks are lost that lie in them. */
  List<VaultException> problems() {
    return problems;
  }

  private void readFooters() {
    FreshPacks fresh = new FreshPacks();
    fresh.cover(NO_OBJECT);
    for (PackProver.Wanted pack : missing) {
      VaultException problem = readFooter(pack, fresh);
      if (problem != null) {
        problems.add(problem);
      }
    }
    append(fresh);
  }

  private @Nullable VaultException readFooter(PackProver.Wanted pack, FreshPacks fresh) {
    try {
      loader
          .footer(pack.pack(), pack.bytes())
          .ifPresent(found -> fresh.add(pack.pack(), pack.bytes(), NO_OBJECT, found));
      return null;
    } catch (VaultException e) {
      return e;
    }
  }

  private void append(FreshPacks fresh) {
    if (fresh.chunks() > 0) {
      selection.append(SegmentStore.inMemory(fresh, loader.segmentKey()), true);
    }
  }

  /** What the cache has damaged is read from the pack itself, and later from its index object. */
  private void replace(Segment segment, int pack) {
    loader.discard(segment);
    FreshPacks fresh = new FreshPacks();
    fresh.cover(NO_OBJECT);
    loader
        .footer(segment.pack(pack), segment.packBytes(pack))
        .ifPresent(
            found -> fresh.add(segment.pack(pack), segment.packBytes(pack), NO_OBJECT, found));
    append(fresh);
  }

  /**
   * A chunk was not found. Whether it may be now: what finds chunks is not authenticated, and if an
   * error of the disk hides one in some segment, everything is looked up anew without that.
   */
  private synchronized boolean lookAgain() {
    if (!lookedAgain) {
      lookedAgain = true;
      List<Segment> hiding = new ArrayList<>();
      for (int i = 0; i < selection.size(); i++) {
        Segment segment = selection.segment(i);
        if (!segment.findsAll() || !selection.selected(i).stream().allMatch(segment::verify)) {
          hiding.add(segment);
        }
      }
      if (!hiding.isEmpty()) {
        hiding.forEach(loader::discard);
        Selection again = of(packs, loader).selection;
        for (int i = 0; i < again.size(); i++) {
          selection.append(again.segment(i), again.selected(i));
        }
        foundMore = true;
      }
    }
    return foundMore;
  }

  /** The index object that tells of a pack; empty if its own footer does, or nothing. */
  Optional<Digest> indexObject(PackId pack) {
    long found = selection.find(pack);
    if (found == Selection.NONE) {
      return Optional.empty();
    }
    Segment segment = selection.segment(Selection.segmentOf(found));
    Digest object = segment.object(segment.objectOf(Selection.numberOf(found)));
    return object.equals(NO_OBJECT) ? Optional.empty() : Optional.of(object);
  }

  TenantIndex index() {
    return new SelectedIndex(selection, this::lookAgain);
  }
}
