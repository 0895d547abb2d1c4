package dev.lifeboat.vault.index;

import dev.lifeboat.vault.Digest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;

/**
 * Several segments as one: every pack of an index object that is still there, once. Packs are
 * verified on their way.
 */
final class SegmentMerge {
  private final List<Source> sources;
  private final List<Digest> objects = new ArrayList<>();

  /**
   * One of them.
   *
   * @param kept by number, the index objects whose packs are taken over
   */
  record Source(Segment segment, BitSet kept) {
    /** All of a segment. */
    static Source whole(Segment segment) {
      BitSet all = new BitSet();
      all.set(0, segment.objects());
      return new Source(segment, all);
    }
  }

  /** A segment whose bytes are not what they were. */
  static final class Damaged extends IOException {
    private static final long serialVersionUID = 1;
    private final transient Segment segment;

    private Damaged(Segment segment) {
      super(segment + " is damaged");
      this.segment = segment;
    }

    Segment segment() {
      return segment;
    }
  }

  SegmentMerge(List<Source> sources) {
    this.sources = List.copyOf(sources);
    for (Source source : sources) {
      source.kept().stream().mapToObj(source.segment()::object).forEach(objects::add);
    }
    List<Digest> distinct = objects.stream().sorted().distinct().toList();
    objects.clear();
    objects.addAll(distinct);
  }

  /** The index objects that the merged segment covers, ascending. */
  List<Digest> objects() {
    return objects;
  }

  SegmentWriter.Packs packs() {
    // Where each object of each source is found in the merged list.
    int[][] numbers = new int[sources.size()][];
    for (int i = 0; i < numbers.length; i++) {
      Source source = sources.get(i);
      int[] of = new int[source.segment().objects()];
      Arrays.fill(of, -1);
      source.kept().stream()
          .forEach(object ->
              of[object] = Collections.binarySearch(objects, source.segment().object(object)));
      numbers[i] = of;
    }
    return () -> new Cursor(sources, numbers);
  }

  private static final class Cursor implements PackCursor {
    private final List<Source> sources;
    private final int[][] numbers;
    private final int[] heads;
    private int current = -1;
    private int pack;
    private Digest id = new Digest(0, 0, 0, 0);
    private long bytes;

    private Cursor(List<Source> sources, int[][] numbers) {
      this.sources = sources;
      this.numbers = numbers;
      this.heads = new int[sources.size()];
    }

    @Override
    public boolean next() {
      boolean first = current < 0;
      Digest before = id;
      long beforeBytes = bytes;
      while (true) {
        int least = -1;
        for (int i = 0; i < heads.length; i++) {
          skipDropped(i);
          if (heads[i] < segment(i).packs() && (least < 0 || compare(i, least) < 0)) {
            least = i;
          }
        }
        if (least < 0) {
          return false;
        }
        pack = heads[least]++;
        current = least;
        id = segment(least).at(pack);
        bytes = segment(least).packBytes(pack);
        if (first || bytes != beforeBytes || !id.equals(before)) {
          return true;
        }
      }
    }

    private void skipDropped(int source) {
      Segment of = segment(source);
      while (heads[source] < of.packs() && numbers[source][of.objectOf(heads[source])] < 0) {
        heads[source]++;
      }
    }

    private int compare(int one, int other) {
      int order = segment(one).compare(heads[one], segment(other).at(heads[other]));
      return order == 0
          ? Long.compare(segment(one).packBytes(heads[one]), segment(other).packBytes(heads[other]))
          : order;
    }

    private Segment segment(int source) {
      return sources.get(source).segment();
    }

    @Override
    public Digest id() {
      return id;
    }

    @Override
    public long bytes() {
      return bytes;
    }

    @Override
    public int object() {
      return numbers[current][segment(current).objectOf(pack)];
    }

    @Override
    public int frames() {
      return segment(current).frames(pack);
    }

    @Override
    public int chunks() {
      return segment(current).chunks(pack);
    }

    @Override
    public void fill(PackContents contents) throws IOException {
      Segment of = segment(current);
      if (!of.verify(pack)) {
        throw new Damaged(of);
      }
      of.fill(pack, contents);
    }
  }
}
