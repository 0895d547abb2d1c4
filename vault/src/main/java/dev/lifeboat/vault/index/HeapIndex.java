package dev.lifeboat.vault.index;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.pack.FrameEntry;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.pack.PackFormat;
import dev.lifeboat.vault.pack.PackId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An index in memory: six longs a chunk in segments that never move, found by open addressing over
 * an array of chunk numbers; about 56 bytes a chunk. The chunks of a pack are neighbours in the
 * order of its directory, so that the directory need not be kept besides.
 *
 * <p>Filled by one thread, then read by many. Whoever fills it publishes it safely.
 */
public final class HeapIndex implements TenantIndex {
  private static final int LONGS = 6;
  private static final int SEGMENT_BITS = 13;
  private static final int SEGMENT_CHUNKS = 1 << SEGMENT_BITS;

  private final List<Pack> packs = new ArrayList<>();
  private final Map<PackId, Integer> numbers = new HashMap<>();
  private long[][] segments = new long[16][];
  private int chunks;
  private int[] table = new int[1 << 10];
  private int used;

  /**
   * @param codecs of the frames
   * @param sealedBytes of the frames
   * @param firstChunk number of each frame's first chunk, and one more behind the last
   */
  @SuppressWarnings("ArrayRecordComponent") // private, compared by nobody
  private record Pack(PackId id, long bytes, byte[] codecs, int[] sealedBytes, int[] firstChunk) {}

  /** Adds a pack with all its chunks, unless it is there. */
  public void add(PackId id, long bytes, PackDirectory directory) {
    if (numbers.putIfAbsent(id, packs.size()) != null) {
      return;
    }
    int pack = packs.size();
    int count = directory.frames().size();
    byte[] codecs = new byte[count];
    int[] sealed = new int[count];
    int[] first = new int[count + 1];
    for (int i = 0; i < count; i++) {
      FrameEntry frame = directory.frames().get(i);
      codecs[i] = (byte) frame.codec();
      sealed[i] = frame.sealedBytes();
      first[i] = chunks;
      int offset = 0;
      for (int c = 0; c < frame.chunks(); c++) {
        int length = frame.chunkBytes()[c];
        add(Digest.read(frame.ids(), c * Digest.BYTES), pack, i, offset, length);
        offset += length;
      }
    }
    first[count] = chunks;
    packs.add(new Pack(id, bytes, codecs, sealed, first));
  }

  @Override
  public int find(ChunkId chunk) {
    Digest id = chunk.value();
    int mask = table.length - 1;
    for (int slot = (int) id.a() & mask; ; slot = (slot + 1) & mask) {
      int number = table[slot] - 1;
      if (number < 0) {
        return NONE;
      }
      if (is(number, id)) {
        return number;
      }
    }
  }

  @Override
  public int chunks() {
    return chunks;
  }

  @Override
  public int packs() {
    return packs.size();
  }

  @Override
  public int packOf(int chunk) {
    return (int) (segment(chunk)[at(chunk) + 4] >>> 32);
  }

  @Override
  public int frameOf(int chunk) {
    return (int) segment(chunk)[at(chunk) + 4];
  }

  @Override
  public int bytesOf(int chunk) {
    return (int) segment(chunk)[at(chunk) + 5];
  }

  @Override
  public ChunkLocation locate(int chunk) {
    int offset = (int) (segment(chunk)[at(chunk) + 5] >>> 32);
    return new ChunkLocation(packs.get(packOf(chunk)).id(), frameOf(chunk), offset, bytesOf(chunk));
  }

  @Override
  public int find(PackId pack) {
    return numbers.getOrDefault(pack, NONE);
  }

  @Override
  public PackId pack(int pack) {
    return packs.get(pack).id();
  }

  @Override
  public long packBytes(int pack) {
    return packs.get(pack).bytes();
  }

  @Override
  public int frames(int pack) {
    return packs.get(pack).codecs().length;
  }

  @Override
  public long frameOffset(int pack, int frame) {
    int[] sealed = packs.get(pack).sealedBytes();
    long offset = PackFormat.HEADER_BYTES;
    for (int i = 0; i < frame; i++) {
      offset += sealed[i];
    }
    return offset;
  }

  @Override
  public int sealedBytes(int pack, int frame) {
    return packs.get(pack).sealedBytes()[frame];
  }

  @Override
  public FrameEntry frame(int pack, int frame) {
    Pack of = packs.get(pack);
    int first = of.firstChunk()[frame];
    int count = of.firstChunk()[frame + 1] - first;
    int[] lengths = new int[count];
    byte[] ids = new byte[count * Digest.BYTES];
    int raw = 0;
    for (int i = 0; i < count; i++) {
      lengths[i] = bytesOf(first + i);
      raw += lengths[i];
      id(first + i).write(ids, i * Digest.BYTES);
    }
    return new FrameEntry(of.sealedBytes()[frame], raw, of.codecs()[frame], lengths, ids);
  }

  private void add(Digest id, int pack, int frame, int offset, int bytes) {
    int segment = chunks >>> SEGMENT_BITS;
    if (segment == segments.length) {
      segments = Arrays.copyOf(segments, 2 * segments.length);
    }
    if (segments[segment] == null) {
      segments[segment] = new long[LONGS * SEGMENT_CHUNKS];
    }
    long[] longs = segments[segment];
    int at = at(chunks);
    longs[at] = id.a();
    longs[at + 1] = id.b();
    longs[at + 2] = id.c();
    longs[at + 3] = id.d();
    longs[at + 4] = (long) pack << 32 | frame;
    longs[at + 5] = (long) offset << 32 | bytes;
    chunks++;
    if (3L * used >= 2L * table.length) {
      grow();
    }
    if (insert(chunks - 1)) {
      used++;
    }
  }

  /** Whether the chunk was not there yet: the first of two copies is the one that is found. */
  private boolean insert(int number) {
    Digest id = id(number);
    int mask = table.length - 1;
    for (int slot = (int) id.a() & mask; ; slot = (slot + 1) & mask) {
      if (table[slot] == 0) {
        table[slot] = number + 1;
        return true;
      }
      if (is(table[slot] - 1, id)) {
        return false;
      }
    }
  }

  private void grow() {
    int[] old = table;
    table = new int[2 * old.length];
    for (int entry : old) {
      if (entry != 0) {
        insert(entry - 1);
      }
    }
  }

  private Digest id(int chunk) {
    long[] longs = segment(chunk);
    int at = at(chunk);
    return new Digest(longs[at], longs[at + 1], longs[at + 2], longs[at + 3]);
  }

  private boolean is(int chunk, Digest id) {
    long[] longs = segment(chunk);
    int at = at(chunk);
    return longs[at] == id.a()
        && longs[at + 1] == id.b()
        && longs[at + 2] == id.c()
        && longs[at + 3] == id.d();
  }

  private long[] segment(int chunk) {
    return segments[chunk >>> SEGMENT_BITS];
  }

  private static int at(int chunk) {
    return (chunk & (SEGMENT_CHUNKS - 1)) * LONGS;
  }
}
