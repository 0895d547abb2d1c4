package dev.lifeboat.vault.pack;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.chunk.ChunkId;

/**
 * What a pack directory says of one frame.
 *
 * <p>The arrays are not copied: whoever makes or gets one leaves them alone. There is one of these
 * for every frame of a vault while an index is read.
 *
 * @param sealedBytes length in the pack, tag included
 * @param rawBytes length of the chunks together
 * @param codec 0 or 1, see {@link FrameCodec}
 * @param chunkBytes length of each chunk
 * @param ids of the chunks, 32 bytes each
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody; copies would double an index
public record FrameEntry(int sealedBytes, int rawBytes, int codec, int[] chunkBytes, byte[] ids) {
  public FrameEntry {
    if (ids.length != chunkBytes.length * Digest.BYTES) {
      throw new IllegalArgumentException(
          "%d chunks with %d bytes of ids".formatted(chunkBytes.length, ids.length));
    }
  }

  public int chunks() {
    return chunkBytes.length;
  }

  public ChunkId id(int chunk) {
    return ChunkId.read(ids, chunk * Digest.BYTES);
  }
}
