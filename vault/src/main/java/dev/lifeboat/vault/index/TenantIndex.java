package dev.lifeboat.vault.index;

import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.pack.FrameEntry;
import dev.lifeboat.vault.pack.PackId;

/**
 * Where the chunks of a tenant, or of one snapshot, lie. Packs and chunks have numbers, which stay
 * as long as the index is used. Safe for use by many threads.
 */
public interface TenantIndex {
  /** What {@link #find} says of an unknown chunk. */
  int NONE = -1;

  /** The number of a chunk, or {@link #NONE}. */
  int find(ChunkId chunk);

  /** How many chunks, counting those that lie in two packs twice. */
  int chunks();

  int packs();

  /** The number of the pack that holds a chunk. */
  int packOf(int chunk);

  /** The number of the frame that holds a chunk. */
  int frameOf(int chunk);

  /** Length of a chunk. */
  int bytesOf(int chunk);

  ChunkLocation locate(int chunk);

  /** The number of a pack, or {@link #NONE}. */
  int find(PackId pack);

  PackId pack(int pack);

  long packBytes(int pack);

  int frames(int pack);

  /** Offset of a frame in its pack. */
  long frameOffset(int pack, int frame);

  /** Length of a frame in its pack. */
  int sealedBytes(int pack, int frame);

  /** What the directory of the pack says of a frame. */
  FrameEntry frame(int pack, int frame);
}
