package dev.lifeboat.restore;

import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file that is to be written, and where its chunks lie in its content.
 *
 * <p>Compared by identity: it is the key of what is known about the file while it is written.
 */
final class PlannedFile {
  private final TreePath path;
  private final Node.File node;
  private final List<ChunkId> chunks;
  private final long[] ends;
  private @Nullable FileState state;
  private volatile boolean settled;

  /**
   * @param chunkBytes length of each chunk
   */
  PlannedFile(TreePath path, Node.File node, List<ChunkId> chunks, int[] chunkBytes) {
    this.path = path;
    this.node = node;
    this.chunks = chunks;
    this.ends = new long[chunkBytes.length];
    long end = 0;
    for (int i = 0; i < ends.length; i++) {
      end += chunkBytes[i];
      ends[i] = end;
    }
  }

  /** Whether nothing is left to do for the file: it is written, skipped, or has failed. */
  boolean isSettled() {
    return settled;
  }

  /** Nothing is left to do; what was known of the work is forgotten. */
  synchronized void settle() {
    settled = true;
    state = null;
  }

  /** The state of the work on this file; made when there is none. */
  synchronized FileState state(RestoreRun run) {
    FileState known = state;
    if (known == null) {
      known = new FileState(this, run);
      if (!settled) {
        state = known;
      }
    }
    return known;
  }

  /** Whether a chunk still has to come. */
  boolean wants(int chunk) {
    FileState known;
    synchronized (this) {
      known = state;
    }
    return known == null ? !settled : known.wants(chunk);
  }

  /** Lets go of the descriptor of an unfinished file. */
  void giveUp() {
    FileState known;
    synchronized (this) {
      known = state;
    }
    if (known != null) {
      known.giveUp();
    }
  }

  TreePath path() {
    return path;
  }

  Node.File node() {
    return node;
  }

  List<ChunkId> chunks() {
    return chunks;
  }

  /** Where a chunk begins in the content; in a sparse file, not counting holes. */
  long offset(int chunk) {
    return chunk == 0 ? 0 : ends[chunk - 1];
  }

  int bytes(int chunk) {
    return Math.toIntExact(ends[chunk] - offset(chunk));
  }

  /** Length of all chunks together. */
  long contentBytes() {
    return ends.length == 0 ? 0 : ends[ends.length - 1];
  }
}
