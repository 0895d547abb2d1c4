package dev.lifeboat.vault.index;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which segments to merge next: the largest that is at most twice as large as all smaller ones
 * together, with these. What is left triples in size from one to the next, so that a hundred
 * million chunks are in a dozen segments at most, and a night's few never make a large one be
 * written again. (The logarithmic method of Bentley and Saxe, 1980.)
 */
final class MergePlan {
  private static final int RATIO = 2;

  private MergePlan() {}

  /**
   * The next to be merged into one, or nothing.
   *
   * @param smallChunks so many or fewer are always taken
   */
  static List<SegmentMerge.Source> next(List<SegmentMerge.Source> sources, int smallChunks) {
    List<SegmentMerge.Source> ascending = new ArrayList<>(sources);
    ascending.sort(Comparator.comparingInt(source -> source.segment().chunks()));
    long chunks = 0;
    long packs = 0;
    long objects = 0;
    int group = 0;
    for (int i = 0; i < ascending.size(); i++) {
      Segment segment = ascending.get(i).segment();
      boolean close = segment.chunks() <= Math.max(RATIO * chunks, smallChunks);
      chunks += segment.chunks();
      packs += segment.packs();
      objects += segment.objects();
      if (chunks > SegmentLayout.MAX_CHUNKS
          || packs > SegmentLayout.MAX_PACKS
          || objects > SegmentLayout.MAX_OBJECTS) {
        break;
      }
      if (i > 0 && close) {
        group = i + 1;
      }
    }
    if (group > 1) {
      return List.copyOf(ascending.subList(0, group));
    }
    return ascending.stream().filter(MergePlan::isMostlyGone).limit(1).toList();
  }

  /** Whether half of its packs or more are of index objects that are gone. */
  private static boolean isMostlyGone(SegmentMerge.Source source) {
    Segment segment = source.segment();
    if (source.kept().cardinality() == segment.objects()) {
      return false;
    }
    long gone = 0;
    for (int pack = 0; pack < segment.packs(); pack++) {
      if (!source.kept().get(segment.objectOf(pack))) {
        gone++;
      }
    }
    return 2 * gone >= segment.packs();
  }
}
