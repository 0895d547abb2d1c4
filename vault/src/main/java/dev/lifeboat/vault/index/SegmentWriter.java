package dev.lifeboat.vault.index;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.pack.FrameEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes a segment. Heap is needed for one pack and a million chunks at a time. */
final class SegmentWriter {
  private static final int SHORT = FrameEntry.SHORT_ID_BYTES;

  private SegmentWriter() {}

  /** Packs in ascending order, which can be gone through twice. */
  interface Packs {
    PackCursor cursor();
  }

  /**
   * Writes a segment whose last bytes to arrive are the header: until then it is none.
   *
   * @param objects names of the index objects it covers, ascending
   * @param scratch for sorting; {@code null} to do without
   * @return the name that the segment has to get
   */
  static String write(
      SegmentOutput out,
      SegmentKey key,
      List<Digest> objects,
      Packs packs,
      @Nullable FileChannel scratch)
      throws IOException {
    SegmentLayout layout = count(objects.size(), packs.cursor());
    Section names = new Section(out, layout.objectsAt(), layout.packIdsAt());
    for (Digest object : objects) {
      put(names, object);
    }
    names.finish();
    LookupBuilder lookup = new LookupBuilder(layout, scratch);
    new Body(out, key, layout, lookup).write(packs.cursor());
    lookup.finish(out);
    ByteBuffer header =
        ByteBuffer.allocate(SegmentLayout.HEADER_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(Segment.MAGIC)
            .putInt(Segment.VERSION)
            .put(key.vault().toBytes())
            .put(key.tenant().toBytes())
            .putInt(key.generation())
            .putInt(layout.objects())
            .putInt(layout.packs())
            .putInt(layout.frames())
            .putInt(layout.chunks());
    byte[] mac =
        Segment.mac(
            key,
            layout,
            (at, into) -> {
              if (at == 0) {
                into.put(header.array(), 0, into.remaining());
              } else {
                out.read(at, into);
              }
            });
    out.write(0, header.put(SegmentLayout.MAC_AT, mac).clear());
    return Segment.nameOf(mac);
  }

  private static SegmentLayout count(int objects, PackCursor cursor) throws IOException {
    int packs = 0;
    int frames = 0;
    int chunks = 0;
    while (cursor.next()) {
      packs++;
      frames = Math.addExact(frames, cursor.frames());
      chunks = Math.addExact(chunks, cursor.chunks());
    }
    return new SegmentLayout(objects, packs, frames, chunks);
  }

  private static void put(Section section, Digest digest) throws IOException {
    section.putBigEndian(digest.a());
    section.putBigEndian(digest.b());
    section.putBigEndian(digest.c());
    section.putBigEndian(digest.d());
  }

  /** Packs, chunks and frames. */
  private static final class Body {
    private final SegmentKey key;
    private final LookupBuilder lookup;
    private final Section ids;
    private final Section lengths;
    private final Section tags;
    private final Section firstChunks;
    private final Section firstFrames;
    private final Section objects;
    private final Section blocks;
    private final Section records;
    private final Section frames;
    private final PackContents contents = new PackContents();
    private ByteBuffer scratch = ByteBuffer.allocate(0);
    private int pack;
    private int chunk;
    private int frame;
    private int blockFrame;

    private Body(SegmentOutput out, SegmentKey key, SegmentLayout layout, LookupBuilder lookup) {
      this.key = key;
      this.lookup = lookup;
      ids = new Section(out, layout.packIdsAt(), layout.packBytesAt());
      lengths = new Section(out, layout.packBytesAt(), layout.tagsAt());
      tags = new Section(out, layout.tagsAt(), layout.firstChunksAt());
      firstChunks = new Section(out, layout.firstChunksAt(), layout.firstFramesAt());
      firstFrames = new Section(out, layout.firstFramesAt(), layout.packObjectsAt());
      objects = new Section(out, layout.packObjectsAt(), layout.blocksAt());
      blocks = new Section(out, layout.blocksAt(), layout.headEnd());
      records = new Section(out, layout.recordsAt(), layout.framesAt());
      frames = new Section(out, layout.framesAt(), layout.fanOutAt());
    }

    private void write(PackCursor cursor) throws IOException {
      while (cursor.next()) {
        cursor.fill(contents);
        put(ids, cursor.id());
        lengths.putLong(cursor.bytes());
        firstChunks.putInt(chunk);
        firstFrames.putInt(frame);
        objects.putInt(cursor.object());
        contents(cursor);
        pack++;
      }
      firstChunks.putInt(chunk);
      firstFrames.putInt(frame);
      for (Section section :
          new Section[] {
            ids, lengths, tags, firstChunks, firstFrames, objects, blocks, records, frames
          }) {
        section.finish();
      }
    }

    private void contents(PackCursor cursor) throws IOException {
      int chunkCount = cursor.chunks();
      int recordBytes = chunkCount * SegmentLayout.RECORD_BYTES;
      int bytes = recordBytes + 4 * cursor.frames();
      if (scratch.capacity() < bytes) {
        scratch =
            ByteBuffer.allocate(Math.max(bytes, 2 * scratch.capacity()))
                .order(ByteOrder.LITTLE_ENDIAN);
      }
      scratch.clear();
      for (int i = 0; i < chunkCount; i++) {
        int at = frame + contents.frameOf[i];
        if (chunk % SegmentLayout.BLOCK_CHUNKS == 0) {
          blocks.putInt(pack);
          blocks.putInt(at);
          blockFrame = at;
        }
        // Every frame has a chunk: within a block of 64 there are at most 63 frames more.
        int word = contents.lengths[i] - 1 | (at - blockFrame) << 24;
        int record = scratch.position();
        scratch.put(contents.ids, i * SHORT, SHORT).putInt(word);
        lookup.add(
            Long.reverseBytes(scratch.getLong(record)), scratch.get(record + SHORT - 1), chunk);
        chunk++;
      }
      for (int i = 0; i < cursor.frames(); i++) {
        scratch.putInt(contents.frames[i]);
      }
      Segment.Tag tag =
          new Segment.Tag(key, cursor.id(), cursor.bytes(), chunkCount, cursor.frames());
      tag.update(scratch.array(), bytes);
      tags.put(tag.finish(), 0, SegmentLayout.TAG_BYTES);
      records.put(scratch.array(), 0, recordBytes);
      frames.put(scratch.array(), recordBytes, 4 * cursor.frames());
      frame += cursor.frames();
    }
  }
}
