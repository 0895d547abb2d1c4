package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.chunk.Chunker;
import dev.lifeboat.vault.chunk.Gear;
import dev.lifeboat.vault.tree.Content;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns the ids of a stream's chunks into {@link Content}: up to {@link #MAX_INLINE} ids as they
 * are, more of them as a stream of their own, one depth further. Memory does not depend on how many
 * there are. Not safe for use by many threads.
 */
final class ContentBuilder {
  /** Ids that a directory entry carries itself: 2 KiB, the chunks of about 32 MiB. */
  static final int MAX_INLINE = 64;

  /** Stores or merely names a chunk of a list of ids. */
  interface ListChunks {
    ChunkId put(byte[] bytes, int length);
  }

  private final Gear gear;
  private final ListChunks lists;
  private final int depth;
  private final List<ChunkId> ids = new ArrayList<>();
  private @Nullable IdStream deeper;

  ContentBuilder(Gear gear, ListChunks lists) {
    this(gear, lists, 0);
  }

  private ContentBuilder(Gear gear, ListChunks lists, int depth) {
    this.gear = gear;
    this.lists = lists;
    this.depth = depth;
  }

  /** The id of the stream's next chunk. */
  void add(ChunkId id) {
    IdStream stream = deeper;
    if (stream == null && (ids.size() < MAX_INLINE || depth == Content.MAX_DEPTH)) {
      ids.add(id);
      return;
    }
    if (stream == null) {
      stream = new IdStream(new ContentBuilder(gear, lists, depth + 1));
      deeper = stream;
      for (ChunkId earlier : ids) {
        stream.append(earlier);
      }
      ids.clear();
    }
    stream.append(id);
  }

  /**
   * @param bytes length of the stream
   */
  Content build(long bytes) {
    IdStream stream = deeper;
    return stream == null ? new Content(bytes, depth, ids) : stream.build(bytes);
  }

  /** A list of ids as the byte stream that is cut into chunks. */
  private final class IdStream {
    private final ContentBuilder upper;
    private final Chunker chunker = new Chunker(gear);
    private byte[] buffer = new byte[8 << 10];
    private int filled;

    private IdStream(ContentBuilder upper) {
      this.upper = upper;
    }

    private void append(ChunkId id) {
      if (buffer.length - filled < Digest.BYTES) {
        buffer = Arrays.copyOf(buffer, 2 * buffer.length);
      }
      id.value().write(buffer, filled);
      filled += Digest.BYTES;
      int cut = chunker.next(buffer, 0, filled);
      if (cut > 0) {
        upper.add(lists.put(buffer, cut));
        System.arraycopy(buffer, cut, buffer, 0, filled - cut);
        filled -= cut;
      }
    }

    private Content build(long bytes) {
      if (filled > 0) {
        upper.add(lists.put(buffer, filled));
      }
      return upper.build(bytes);
    }
  }
}
