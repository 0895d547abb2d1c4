package dev.lifeboat.vault.pack;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.chunk.ChunkId;

/**
 * What a pack directory says of one frame.
 *
 * <p>The arrays are not copied: whoever makes or gets one leaves them alone. There is one of these
 * for every frame of a vault while an index is read.
 *
 * <p>A directory that comes from a pack or an index object has whole ids. The local index keeps
 * only the first {@value #SHORT_ID_BYTES} bytes of each: 192 bits of an HMAC-SHA-256 whose key
 * nobody outside knows. Two different chunks that agree in them are not found by chance (at 2³²
 * chunks the odds are 2⁻¹²⁹), not without the key, and with the key only by 2⁹⁶ attempts.
 *
 * @param sealedBytes length in the pack, tag included
 * @param rawBytes length of the chunks together
 * @param codec 0 or 1, see {@link FrameCodec}
 * @param chunkBytes length of each chunk
 * @param ids of the chunks, each whole or each its first {@value #SHORT_ID_BYTES} bytes
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody; copies would double an index
public record FrameEntry(int sealedBytes, int rawBytes, int codec, int[] chunkBytes, byte[] ids) {
  /** So many bytes of a chunk's id a local index keeps. */
  public static final int SHORT_ID_BYTES = 24;

  public FrameEntry {
    if (ids.length != chunkBytes.length * Digest.BYTES
        && ids.length != chunkBytes.length * SHORT_ID_BYTES) {
      throw new IllegalArgumentException(
          "%d chunks with %d bytes of ids".formatted(chunkBytes.length, ids.length));
    }
  }

  public int chunks() {
    return chunkBytes.length;
  }

  /**
   * The id of a chunk.
   *
   * @throws IllegalStateException if only the beginning of it is here
   */
  public ChunkId id(int chunk) {
    if (idBytes() != Digest.BYTES) {
      throw new IllegalStateException("this directory has only the beginnings of the ids");
    }
    return ChunkId.read(ids, chunk * Digest.BYTES);
  }

  /** How many bytes of each id are here. */
  public int idBytes() {
    return ids.length == chunkBytes.length * Digest.BYTES ? Digest.BYTES : SHORT_ID_BYTES;
  }
}
