package dev.lifeboat.vault.tree;

import dev.lifeboat.vault.chunk.ChunkId;
import java.util.List;

/**
 * A sequence of bytes in the vault, as the chunks it is the concatenation of.
 *
 * <p>At depth 0 the chunks are the bytes. At depth <i>n</i> the chunks, concatenated, are a list of
 * 32-byte ids: those of the same content at depth <i>n</i> − 1. A large file thus costs its entry
 * no more than a few ids, and an insertion into it few new chunks at every depth.
 *
 * @param bytes length of the content itself, at whatever depth
 * @param depth 0 to 3
 */
public record Content(long bytes, int depth, List<ChunkId> chunks) {
  public static final Content EMPTY = new Content(0, 0, List.of());

  public static final int MAX_DEPTH = 3;

  public Content {
    if (bytes < 0 || depth < 0 || depth > MAX_DEPTH) {
      throw new IllegalArgumentException(
          "no content has %d bytes at depth %d".formatted(bytes, depth));
    }
    if ((bytes == 0) != chunks.isEmpty()) {
      throw new IllegalArgumentException(
          "content of %d bytes in %d chunks".formatted(bytes, chunks.size()));
    }
    chunks = List.copyOf(chunks);
  }
}
