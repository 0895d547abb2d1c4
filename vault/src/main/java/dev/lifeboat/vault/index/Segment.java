package dev.lifeboat.vault.index;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.pack.FrameEntry;
import dev.lifeboat.vault.pack.PackFormat;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.VaultId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.function.IntFunction;
import javax.crypto.Mac;
import org.jspecify.annotations.Nullable;

/**
 * Packs with their frames and chunks as some index objects told of them: a file that is mapped and
 * never changes, so that the heap holds nothing of it. Packs are numbered in ascending order of
 * their ids; frames and chunks in the order of their packs, from 0 through the whole segment.
 *
 * <p>A chunk is looked for by the leading bits of its id (its bucket) and one byte of the rest (its
 * fingerprint), which together serve as the filter: 1½ to 2 bytes a chunk are all that is read for
 * 32 of 33 chunks that are not here. What is found is compared with {@value
 * FrameEntry#SHORT_ID_BYTES} bytes of the id.
 *
 * <p>The head is authenticated when the segment is opened, each pack by {@link #verify} before
 * anybody relies on it. Other errors of the disk make chunks disappear, never appear. Safe for use
 * by many threads. The mapping goes when the garbage collector finds that nobody uses it.
 */
public final class Segment implements Column {
  static final int VERSION = 1;

  /** {@code LFBS}, little-endian. */
  static final int MAGIC = 0x5342464c;

  /** What {@link #find} and {@link #indexOf} say of the unknown. */
  public static final int NONE = -1;

  private static final int SHORT = FrameEntry.SHORT_ID_BYTES;
  private static final int WINDOW_BITS = 24;
  private static final int WINDOW_MASK = (1 << WINDOW_BITS) - 1;

  private final String name;
  private final @Nullable Path file;
  private final SegmentKey key;
  private final SegmentLayout layout;
  private final int bits;
  private final ByteBuffer head;
  private final ByteBuffer[] records;
  private final ByteBuffer frames;
  private final ByteBuffer fanOut;
  private final ByteBuffer fingerprints;
  private final ByteBuffer numbers;
  private final int packIdsAt;
  private final int packBytesAt;
  private final int tagsAt;
  private final int firstChunksAt;
  private final int firstFramesAt;
  private final int packObjectsAt;
  private final int blocksAt;

  /** Nobody here can tell whether a segment is what it was. */
  static final class KeyMissing extends IOException {
    private static final long serialVersionUID = 1;

    private KeyMissing(String message) {
      super(message);
    }
  }

  /** Gives parts of a segment. */
  private interface Source {
    ByteBuffer part(long from, long to) throws IOException;
  }

  private Segment(
      String name, @Nullable Path file, SegmentKey key, SegmentLayout layout, Source source)
      throws IOException {
    this.name = name;
    this.file = file;
    this.key = key;
    this.layout = layout;
    this.bits = layout.bucketBits();
    this.head = source.part(0, layout.headEnd());
    this.records = new ByteBuffer[Math.max(1, Math.ceilDiv(layout.chunks(), 1 << WINDOW_BITS))];
    for (int i = 0; i < records.length; i++) {
      long from = layout.recordsAt() + ((long) i << WINDOW_BITS) * SegmentLayout.RECORD_BYTES;
      long to = from + ((long) SegmentLayout.RECORD_BYTES << WINDOW_BITS);
      records[i] = source.part(from, Math.min(to, layout.framesAt()));
    }
    this.frames = source.part(layout.framesAt(), layout.fanOutAt());
    this.fanOut = source.part(layout.fanOutAt(), layout.fingerprintsAt());
    this.fingerprints = source.part(layout.fingerprintsAt(), layout.numbersAt());
    this.numbers = source.part(layout.numbersAt(), layout.end());
    this.packIdsAt = (int) layout.packIdsAt();
    this.packBytesAt = (int) layout.packBytesAt();
    this.tagsAt = (int) layout.tagsAt();
    this.firstChunksAt = (int) layout.firstChunksAt();
    this.firstFramesAt = (int) layout.firstFramesAt();
    this.packObjectsAt = (int) layout.packObjectsAt();
    this.blocksAt = (int) layout.blocksAt();
  }

  /**
   * Opens a segment and verifies its head.
   *
   * @param keys by generation, {@code null} for one that is not there
   * @return {@code null} if the file is damaged, cut off, of another tenant or version: it is then
   *     as good as not there
   * @throws KeyMissing if it was written with the keys of a generation that is not here
   * @throws IOException if it cannot be read, or is not there
   */
  static @Nullable Segment open(
      Path file, VaultId vault, TenantId tenant, IntFunction<@Nullable SegmentKey> keys)
      throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (channel.size() < SegmentLayout.HEADER_BYTES) {
        return null;
      }
      ByteBuffer header =
          ByteBuffer.allocate(SegmentLayout.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      new SegmentOutput.InFile(channel).read(0, header);
      Path fileName = file.getFileName();
      return open(
          fileName == null ? "" : fileName.toString(),
          file,
          header,
          channel.size(),
          vault,
          tenant,
          keys,
          (from, to) ->
              channel
                  .map(FileChannel.MapMode.READ_ONLY, from, to - from)
                  .order(ByteOrder.LITTLE_ENDIAN));
    }
  }

  /** As the other, of a segment that is in memory because no file could be written. */
  static Segment inMemory(ByteBuffer bytes, SegmentKey key) {
    try {
      ByteBuffer header = ByteBuffer.allocate(SegmentLayout.HEADER_BYTES);
      header.put(0, bytes, 0, SegmentLayout.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      Segment segment =
          open(
              "in memory",
              null,
              header,
              bytes.limit(),
              key.vault(),
              key.tenant(),
              _ -> key,
              (from, to) ->
                  bytes.slice((int) from, (int) (to - from)).order(ByteOrder.LITTLE_ENDIAN));
      if (segment == null) {
        throw new IllegalStateException("a segment that was just written does not open");
      }
      return segment;
    } catch (IOException e) {
      throw new IllegalStateException("memory cannot fail", e);
    }
  }

  private static @Nullable Segment open(
      String name,
      @Nullable Path file,
      ByteBuffer header,
      long size,
      VaultId vault,
      TenantId tenant,
      IntFunction<@Nullable SegmentKey> keys,
      Source source)
      throws IOException {
    if (header.getInt(0) != MAGIC || header.getInt(4) != VERSION) {
      return null;
    }
    byte[] owner = new byte[32];
    header.get(8, owner);
    if (!Arrays.equals(owner, 0, 16, vault.toBytes(), 0, 16)
        || !Arrays.equals(owner, 16, 32, tenant.toBytes(), 0, 16)) {
      return null;
    }
    SegmentLayout layout;
    try {
      layout =
          new SegmentLayout(
              header.getInt(44), header.getInt(48), header.getInt(52), header.getInt(56));
    } catch (IllegalArgumentException e) {
      return null;
    }
    if (layout.end() != size) {
      return null;
    }
    SegmentKey key = keys.apply(header.getInt(40));
    if (key == null) {
      throw new KeyMissing("generation " + header.getInt(40));
    }
    Segment segment = new Segment(name, file, key, layout, source);
    byte[] expected = new byte[32];
    header.get(SegmentLayout.MAC_AT, expected);
    return Arrays.equals(expected, mac(key, layout, segment::readHead)) ? segment : null;
  }

  private void readHead(long at, ByteBuffer into) {
    int length = into.remaining();
    into.put(0, head, (int) at, length);
  }

  /** Reads from the head. */
  interface HeadReader {
    void read(long at, ByteBuffer into) throws IOException;
  }

  /** Of the header up to where this goes, and of the head. */
  static byte[] mac(SegmentKey key, SegmentLayout layout, HeadReader reader) throws IOException {
    Mac mac = key.mac();
    byte[] piece = new byte[1 << 16];
    ByteBuffer header = ByteBuffer.wrap(piece, 0, SegmentLayout.MAC_AT).slice();
    reader.read(0, header);
    mac.update(piece, 0, SegmentLayout.MAC_AT);
    for (long at = SegmentLayout.HEADER_BYTES; at < layout.headEnd(); ) {
      int length = (int) Math.min(piece.length, layout.headEnd() - at);
      reader.read(at, ByteBuffer.wrap(piece, 0, length).slice());
      mac.update(piece, 0, length);
      at += length;
    }
    return mac.doFinal();
  }

  /** The name of its file. */
  String name() {
    return name;
  }

  /** The file; {@code null} if it is in memory. */
  @Nullable Path file() {
    return file;
  }

  public int packs() {
    return layout.packs();
  }

  public int frames() {
    return layout.frames();
  }

  public int chunks() {
    return layout.chunks();
  }

  /** How many index objects it covers. */
  public int objects() {
    return layout.objects();
  }

  /** The SHA-256 that names an index object; in ascending order. */
  public Digest object(int object) {
    return digest((int) layout.objectsAt() + object * SegmentLayout.ID_BYTES);
  }

  /** The names of its index objects. */
  public Column objectNames() {
    return new Column() {
      @Override
      public int size() {
        return objects();
      }

      @Override
      public Digest at(int row) {
        return object(row);
      }

      @Override
      public long leading(int row) {
        return Long.reverseBytes(
            head.getLong((int) layout.objectsAt() + row * SegmentLayout.ID_BYTES));
      }
    };
  }

  @Override
  public int size() {
    return layout.packs();
  }

  @Override
  public Digest at(int pack) {
    return digest(packIdsAt + pack * SegmentLayout.ID_BYTES);
  }

  @Override
  public long leading(int pack) {
    return Long.reverseBytes(head.getLong(packIdsAt + pack * SegmentLayout.ID_BYTES));
  }

  public PackId pack(int pack) {
    return new PackId(at(pack));
  }

  public long packBytes(int pack) {
    return head.getLong(packBytesAt + 8 * pack);
  }

  /** Number of the index object that told of a pack. */
  public int objectOf(int pack) {
    return head.getInt(packObjectsAt + 4 * pack);
  }

  public int firstChunk(int pack) {
    return head.getInt(firstChunksAt + 4 * pack);
  }

  public int firstFrame(int pack) {
    return head.getInt(firstFramesAt + 4 * pack);
  }

  public int frames(int pack) {
    return firstFrame(pack + 1) - firstFrame(pack);
  }

  /** The pack that holds a chunk. */
  public int packOf(int chunk) {
    int pack =
        head.getInt(blocksAt + chunk / SegmentLayout.BLOCK_CHUNKS * SegmentLayout.BLOCK_BYTES);
    while (firstChunk(pack + 1) <= chunk) {
      pack++;
    }
    return pack;
  }

  /** The frame that holds a chunk, counted through the segment. */
  public int frameOf(int chunk) {
    int base =
        head.getInt(blocksAt + chunk / SegmentLayout.BLOCK_CHUNKS * SegmentLayout.BLOCK_BYTES + 4);
    return base + (word(chunk) >>> 24);
  }

  /** Length of a chunk. */
  public int bytesOf(int chunk) {
    return (word(chunk) & 0xffffff) + 1;
  }

  /** Length of a frame in its pack, by its number in the segment. */
  public int sealedBytes(int frame) {
    return frames.getInt(4 * frame) & 0xfffffff;
  }

  /** Offset of a frame in its pack, by its number in the pack. */
  public long frameOffset(int pack, int frame) {
    int first = firstFrame(pack);
    long offset = PackFormat.HEADER_BYTES;
    for (int i = 0; i < frame; i++) {
      offset += sealedBytes(first + i);
    }
    return offset;
  }

  /** Offset of a chunk in its decompressed frame. */
  public int offsetOf(int chunk) {
    int frame = frameOf(chunk);
    int offset = 0;
    for (int before = chunk - 1; before >= 0 && frameOf(before) == frame; before--) {
      offset += bytesOf(before);
    }
    return offset;
  }

  /** A frame, by its number in the pack. */
  public FrameEntry frame(int pack, int frame) {
    int number = firstFrame(pack) + frame;
    int from = firstOfFrame(pack, number);
    int to = from;
    int end = firstChunk(pack + 1);
    while (to < end && frameOf(to) == number) {
      to++;
    }
    int[] lengths = new int[to - from];
    byte[] ids = new byte[lengths.length * SHORT];
    int raw = 0;
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = bytesOf(from + i);
      raw += lengths[i];
      readId(from + i, ids, i * SHORT);
    }
    int word = frames.getInt(4 * number);
    return new FrameEntry(word & 0xfffffff, raw, word >>> 28, lengths, ids);
  }

  /** The first chunk of a frame: frames ascend with the chunks. */
  private int firstOfFrame(int pack, int frame) {
    int low = firstChunk(pack);
    int high = firstChunk(pack + 1);
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (frameOf(middle) < frame) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Decides whether a chunk may be relied on. */
  public interface ChunkFilter {
    boolean test(int chunk);
  }

  /** A chunk with this id that the filter admits, or {@link #NONE}. */
  public int find(Digest id, ChunkFilter admitted) {
    int bucket = LookupBuilder.bucket(id.a(), bits);
    int from = fanOut.getInt(4 * bucket);
    int to = fanOut.getInt(4 * bucket + 4);
    if (from < 0 || to > layout.chunks()) {
      return NONE; // Damaged: what would be found there is not to be had.
    }
    byte fingerprint = (byte) id.c();
    for (int i = from; i < to; i++) {
      if (fingerprints.get(i) == fingerprint) {
        int chunk = numbers.getInt(4 * i);
        if (chunk >= 0 && chunk < layout.chunks() && hasId(chunk, id) && admitted.test(chunk)) {
          return chunk;
        }
      }
    }
    return NONE;
  }

  /**
   * Whether every chunk can be found: looks at all of them, and is for those who miss one that must
   * be there.
   */
  public boolean findsAll() {
    BitSet found = new BitSet(layout.chunks());
    for (int bucket = 0; bucket < layout.buckets(); bucket++) {
      int to = fanOut.getInt(4 * bucket + 4);
      for (int i = fanOut.getInt(4 * bucket); i < to; i++) {
        if (i < 0 || to > layout.chunks()) {
          return false;
        }
        int chunk = numbers.getInt(4 * i);
        if (chunk < 0 || chunk >= layout.chunks()) {
          return false;
        }
        ByteBuffer window = records[chunk >>> WINDOW_BITS];
        int at = (chunk & WINDOW_MASK) * SegmentLayout.RECORD_BYTES;
        if (LookupBuilder.bucket(Long.reverseBytes(window.getLong(at)), bits) == bucket
            && window.get(at + SHORT - 1) == fingerprints.get(i)) {
          found.set(chunk);
        }
      }
    }
    return found.cardinality() == layout.chunks();
  }

  private boolean hasId(int chunk, Digest id) {
    ByteBuffer window = records[chunk >>> WINDOW_BITS];
    int at = (chunk & WINDOW_MASK) * SegmentLayout.RECORD_BYTES;
    return window.getLong(at) == Long.reverseBytes(id.a())
        && window.getLong(at + 8) == Long.reverseBytes(id.b())
        && window.getLong(at + 16) == Long.reverseBytes(id.c());
  }

  /** The first pack with this id, or {@link #NONE}; {@code id} may occur with several lengths. */
  public int indexOf(PackId id) {
    int row = lowerBound(id.value());
    return row < size() && at(row).equals(id.value()) ? row : NONE;
  }

  /** The pack with this id and length, or {@link #NONE}. */
  public int indexOf(PackId id, long bytes) {
    for (int row = lowerBound(id.value()); row < size() && at(row).equals(id.value()); row++) {
      if (packBytes(row) == bytes) {
        return row;
      }
    }
    return NONE;
  }

  /** Whether chunks and frames of a pack are what they were when the segment was written. */
  public boolean verify(int pack) {
    byte[] expected = new byte[SegmentLayout.TAG_BYTES];
    head.get(tagsAt + SegmentLayout.TAG_BYTES * pack, expected);
    Tag tag = new Tag(key, at(pack), packBytes(pack), chunks(pack), frames(pack));
    byte[] piece = new byte[SegmentLayout.RECORD_BYTES * 512];
    for (int chunk = firstChunk(pack); chunk < firstChunk(pack + 1); ) {
      int inWindow = (1 << WINDOW_BITS) - (chunk & WINDOW_MASK);
      int count = Math.min(Math.min(512, inWindow), firstChunk(pack + 1) - chunk);
      int length = count * SegmentLayout.RECORD_BYTES;
      records[chunk >>> WINDOW_BITS].get(
          (chunk & WINDOW_MASK) * SegmentLayout.RECORD_BYTES, piece, 0, length);
      tag.update(piece, length);
      chunk += count;
    }
    for (int frame = firstFrame(pack); frame < firstFrame(pack + 1); ) {
      int count = Math.min(piece.length / 4, firstFrame(pack + 1) - frame);
      frames.get(4 * frame, piece, 0, 4 * count);
      tag.update(piece, 4 * count);
      frame += count;
    }
    return Arrays.equals(expected, tag.finish());
  }

  int chunks(int pack) {
    return firstChunk(pack + 1) - firstChunk(pack);
  }

  /** Copies a pack that was verified. */
  void fill(int pack, PackContents contents) {
    int first = firstChunk(pack);
    int count = chunks(pack);
    contents.ensure(count, frames(pack));
    for (int i = 0; i < count; i++) {
      readId(first + i, contents.ids, i * SHORT);
      contents.lengths[i] = bytesOf(first + i);
      contents.frameOf[i] = frameOf(first + i) - firstFrame(pack);
    }
    for (int i = 0; i < frames(pack); i++) {
      contents.frames[i] = frames.getInt(4 * (firstFrame(pack) + i));
    }
  }

  private int word(int chunk) {
    return records[chunk >>> WINDOW_BITS].getInt(
        (chunk & WINDOW_MASK) * SegmentLayout.RECORD_BYTES + SHORT);
  }

  private void readId(int chunk, byte[] into, int offset) {
    records[chunk >>> WINDOW_BITS].get(
        (chunk & WINDOW_MASK) * SegmentLayout.RECORD_BYTES, into, offset, SHORT);
  }

  private Digest digest(int at) {
    return new Digest(
        Long.reverseBytes(head.getLong(at)),
        Long.reverseBytes(head.getLong(at + 8)),
        Long.reverseBytes(head.getLong(at + 16)),
        Long.reverseBytes(head.getLong(at + 24)));
  }

  @Override
  public String toString() {
    return "Segment[%s, %d packs, %d chunks]".formatted(name, packs(), chunks());
  }

  /** What proves one pack. */
  static final class Tag {
    private final Mac mac;

    Tag(SegmentKey key, Digest pack, long bytes, int chunks, int frames) {
      mac = key.mac();
      mac.update(
          ByteBuffer.allocate(Digest.BYTES + 16)
              .order(ByteOrder.LITTLE_ENDIAN)
              .put(pack.toBytes())
              .putLong(bytes)
              .putInt(chunks)
              .putInt(frames)
              .array());
    }

    void update(byte[] bytes, int length) {
      mac.update(bytes, 0, length);
    }

    byte[] finish() {
      return Arrays.copyOf(mac.doFinal(), SegmentLayout.TAG_BYTES);
    }
  }

  /** The name that a segment has by its authentication. */
  static String nameOf(byte[] mac) {
    return HexFormat.of().formatHex(mac, 0, 16) + ".segment";
  }
}
