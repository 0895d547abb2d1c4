package dev.lifeboat.vault.index;

import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.pack.PackId;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The packs of some segments that may be relied on. A pack is verified when it is first met; one
 * that is damaged is from then on not there. Two bits a pack. Chunks are found by many threads,
 * without locks.
 */
public final class Selection {
  /** Nothing was found. What was, is a segment's and a chunk's or pack's number in one. */
  public static final long NONE = -1;

  private final Damage damage;
  private volatile List<Part> parts = List.of();

  /** Told of a pack that was selected and turned out damaged; may {@link #append} another copy. */
  public interface Damage {
    void met(Segment segment, int pack);
  }

  /** One segment, and what was learnt of its packs. */
  private static final class Part {
    private final Segment segment;
    private final AtomicLongArray selected;
    private final AtomicLongArray verified;
    private final AtomicLongArray sound;
    private final Segment.ChunkFilter filter;
    private final int firstChunk;
    private final int firstPack;

    private Part(Segment segment, Selection of, int firstChunk, int firstPack) {
      this.segment = segment;
      this.firstChunk = firstChunk;
      this.firstPack = firstPack;
      int words = Math.ceilDiv(segment.packs(), Long.SIZE);
      selected = new AtomicLongArray(words);
      verified = new AtomicLongArray(words);
      sound =
          new AtomicLongArray(
              Math.ceilDiv(segment.chunks(), SegmentLayout.BLOCK_CHUNKS * Long.SIZE));
      filter = chunk -> isSet(sound, chunk / SegmentLayout.BLOCK_CHUNKS) || of.admits(this, chunk);
    }
  }

  /** Nothing is selected at first. */
  public Selection(List<Segment> segments, Damage damage) {
    this.damage = damage;
    segments.forEach(segment -> append(segment, false));
  }

  /**
   * Adds a segment behind the others.
   *
   * @param selected whether all of its packs are selected, or none
   * @throws IllegalArgumentException if there are more than 2³¹ − 1 chunks then
   */
  public void append(Segment segment, boolean selected) {
    BitSet packs = new BitSet();
    packs.set(0, selected ? segment.packs() : 0);
    append(segment, packs);
  }

  /** As the other, with these of its packs selected. */
  public synchronized void append(Segment segment, BitSet selected) {
    List<Part> more = new ArrayList<>(parts);
    int chunks = 0;
    int packs = 0;
    if (!more.isEmpty()) {
      Part last = more.getLast();
      try {
        chunks = Math.addExact(last.firstChunk, last.segment.chunks());
        packs = Math.addExact(last.firstPack, last.segment.packs());
        Math.addExact(chunks, segment.chunks());
      } catch (ArithmeticException e) {
        throw new IllegalArgumentException("more chunks than can be numbered", e);
      }
    }
    Part part = new Part(segment, this, chunks, packs);
    selected.stream().forEach(pack -> set(part.selected, pack));
    more.add(part);
    parts = List.copyOf(more);
  }

  /** How many segments. */
  public int size() {
    return parts.size();
  }

  public Segment segment(int segment) {
    return parts.get(segment).segment;
  }

  public void select(int segment, int pack) {
    set(parts.get(segment).selected, pack);
  }

  /** Selects the packs of a segment that are set. */
  public void select(int segment, BitSet packs) {
    packs.stream().forEach(pack -> select(segment, pack));
  }

  /** The packs of a segment that are selected. */
  public BitSet selected(int segment) {
    Part part = parts.get(segment);
    BitSet selected = new BitSet();
    for (int pack = 0; pack < part.segment.packs(); pack++) {
      selected.set(pack, isSet(part.selected, pack));
    }
    return selected;
  }

  /** A chunk in a selected, undamaged pack, or {@link #NONE}. */
  public long find(ChunkId chunk) {
    while (true) {
      List<Part> here = parts;
      for (int i = 0; i < here.size(); i++) {
        int found = here.get(i).segment.find(chunk.value(), here.get(i).filter);
        if (found != Segment.NONE) {
          return (long) i << 32 | found;
        }
      }
      // What is missing because it was damaged may have come again meanwhile.
      if (here.size() == parts.size()) {
        return NONE;
      }
    }
  }

  /** A selected, undamaged pack, or {@link #NONE}. */
  public long find(PackId pack) {
    while (true) {
      List<Part> here = parts;
      for (int i = 0; i < here.size(); i++) {
        Segment segment = here.get(i).segment;
        int row = segment.lowerBound(pack.value());
        while (row < segment.packs() && segment.at(row).equals(pack.value())) {
          if (admitsPack(here.get(i), row)) {
            return (long) i << 32 | row;
          }
          row++;
        }
      }
      if (here.size() == parts.size()) {
        return NONE;
      }
    }
  }

  /** The segment of what was found. */
  public static int segmentOf(long found) {
    return (int) (found >>> 32);
  }

  /** The chunk or pack of what was found. */
  public static int numberOf(long found) {
    return (int) found;
  }

  /** Number of a segment's first chunk, were all of them numbered through. */
  int firstChunk(int segment) {
    return parts.get(segment).firstChunk;
  }

  int firstPack(int segment) {
    return parts.get(segment).firstPack;
  }

  /** The segment that has a chunk of this number. */
  int segmentOfChunk(int chunk) {
    List<Part> here = parts;
    int i = here.size() - 1;
    while (chunk < here.get(i).firstChunk) {
      i--;
    }
    return i;
  }

  /** The segment that has a pack of this number. */
  int segmentOfPack(int pack) {
    List<Part> here = parts;
    int i = here.size() - 1;
    while (pack < here.get(i).firstPack) {
      i--;
    }
    return i;
  }

  /** Whether a pack was relied on so far. */
  public boolean isVerified(int segment, int pack) {
    return isSet(parts.get(segment).verified, pack);
  }

  /** Whether a chunk's pack may be relied on; notes it if the same is true of its neighbours. */
  private boolean admits(Part part, int chunk) {
    Segment segment = part.segment;
    if (!admitsPack(part, segment.packOf(chunk))) {
      return false;
    }
    int block = chunk / SegmentLayout.BLOCK_CHUNKS;
    int end = Math.min((block + 1) * SegmentLayout.BLOCK_CHUNKS, segment.chunks());
    boolean all = true;
    for (int pack = segment.packOf(block * SegmentLayout.BLOCK_CHUNKS);
        all && pack < segment.packs() && segment.firstChunk(pack) < end;
        pack++) {
      all = isSet(part.selected, pack) && isSet(part.verified, pack);
    }
    if (all) {
      set(part.sound, block);
    }
    return true;
  }

  private boolean admitsPack(Part part, int pack) {
    return isSet(part.selected, pack) && (isSet(part.verified, pack) || verify(part, pack));
  }

  private boolean verify(Part part, int pack) {
    if (part.segment.verify(pack)) {
      set(part.verified, pack);
      return true;
    }
    synchronized (this) {
      if (isSet(part.selected, pack)) {
        // First the substitute, if there is one: whoever no longer sees this one sees that.
        damage.met(part.segment, pack);
        long mask = ~(1L << pack);
        part.selected.getAndAccumulate(pack >>> 6, mask, (before, others) -> before & others);
      }
    }
    return false;
  }

  private static boolean isSet(AtomicLongArray bits, int bit) {
    return (bits.get(bit >>> 6) & 1L << bit) != 0;
  }

  private static void set(AtomicLongArray bits, int bit) {
    bits.getAndAccumulate(bit >>> 6, 1L << bit, (before, more) -> before | more);
  }
}
