package dev.lifeboat.vault.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sorts chunks by the buckets their ids fall into, with memory for about a million at a time: more
 * than two million are first dealt out, by their leading bits, to parts of a scratch file. Ids are
 * uniform, being HMACs, so the parts are alike.
 */
final class LookupBuilder {
  /** So many are sorted in memory. */
  private static final int IN_MEMORY = 2 << 20;

  private static final int PART_CHUNKS = 1 << 20;
  private static final int BLOCK = 1024;

  private final SegmentLayout layout;
  private final @Nullable FileChannel scratch;
  private final int bits;
  private final int relativeBits;
  private final Part[] parts;
  private final ByteBuffer block = ByteBuffer.allocate(8 * BLOCK);
  private long scratchBlocks;
  private int added;

  /** What fell to one part: full blocks in the scratch file, the rest in memory. */
  private static final class Part {
    private long[] keys;
    private int count;
    private final List<Long> blocks = new ArrayList<>();

    private Part(int room) {
      keys = new long[room];
    }
  }

  /**
   * @param scratch to be written to and read from; {@code null} to sort in memory in any case
   */
  LookupBuilder(SegmentLayout layout, @Nullable FileChannel scratch) {
    this(layout, scratch, IN_MEMORY, PART_CHUNKS);
  }

  LookupBuilder(SegmentLayout layout, @Nullable FileChannel scratch, int inMemory, int partChunks) {
    this.layout = layout;
    this.bits = layout.bucketBits();
    this.scratch = scratch == null || layout.chunks() <= inMemory ? null : scratch;
    int wanted = this.scratch == null ? 1 : Math.ceilDiv(layout.chunks(), partChunks);
    int partBits =
        wanted <= 1 ? 0 : Math.min(bits, Integer.SIZE - Integer.numberOfLeadingZeros(wanted - 1));
    this.relativeBits = bits - partBits;
    this.parts = new Part[1 << partBits];
    Arrays.setAll(parts, _ -> new Part(this.scratch == null ? layout.chunks() : BLOCK));
  }

  /**
   * Adds a chunk.
   *
   * @param leading first eight bytes of its id, big-endian
   * @param fingerprint last of the bytes of its id that are kept
   */
  void add(long leading, int fingerprint, int number) throws IOException {
    int bucket = bucket(leading, bits);
    Part part = parts[bucket >>> relativeBits];
    if (part.count == part.keys.length) {
      spill(part);
    }
    long relative = bucket & ((1 << relativeBits) - 1);
    part.keys[part.count++] = relative << 40 | (fingerprint & 0xffL) << 32 | number;
    added++;
  }

  /** The bucket of an id. */
  static int bucket(long leading, int bits) {
    return bits == 0 ? 0 : (int) (leading >>> (Long.SIZE - bits));
  }

  /** Writes the parts of the segment by which chunks are found. */
  void finish(SegmentOutput out) throws IOException {
    if (added != layout.chunks()) {
      throw new IllegalStateException("%d of %d chunks".formatted(added, layout.chunks()));
    }
    Section fanOut = new Section(out, layout.fanOutAt(), layout.fingerprintsAt());
    Section fingerprints = new Section(out, layout.fingerprintsAt(), layout.numbersAt());
    Section numbers = new Section(out, layout.numbersAt(), layout.end());
    int position = 0;
    int bucket = 0;
    for (int p = 0; p < parts.length; p++) {
      long[] keys = load(parts[p]);
      int base = p << relativeBits;
      for (long key : keys) {
        int of = base + (int) (key >>> 40);
        for (; bucket <= of; bucket++) {
          fanOut.putInt(position);
        }
        fingerprints.putByte((int) (key >>> 32));
        numbers.putInt((int) key);
        position++;
      }
    }
    for (; bucket <= layout.buckets(); bucket++) {
      fanOut.putInt(position);
    }
    fanOut.finish();
    fingerprints.finish();
    numbers.finish();
  }

  private void spill(Part part) throws IOException {
    FileChannel to = scratch;
    if (to == null) {
      throw new IllegalStateException("more chunks than were counted");
    }
    block.clear();
    block.asLongBuffer().put(part.keys, 0, BLOCK);
    long at = scratchBlocks * 8 * BLOCK;
    part.blocks.add(scratchBlocks++);
    new SegmentOutput.InFile(to).write(at, block);
    part.count = 0;
  }

  private long[] load(Part part) throws IOException {
    FileChannel from = scratch;
    long[] keys = Arrays.copyOf(part.keys, part.blocks.size() * BLOCK + part.count);
    if (from != null) {
      System.arraycopy(part.keys, 0, keys, part.blocks.size() * BLOCK, part.count);
      for (int i = 0; i < part.blocks.size(); i++) {
        block.clear();
        new SegmentOutput.InFile(from).read(part.blocks.get(i) * 8 * BLOCK, block);
        LongBuffer longs = block.flip().asLongBuffer();
        longs.get(keys, i * BLOCK, BLOCK);
      }
    }
    part.keys = new long[0];
    Arrays.sort(keys);
    return keys;
  }
}
