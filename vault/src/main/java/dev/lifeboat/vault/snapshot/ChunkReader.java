package dev.lifeboat.vault.snapshot;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.index.ChunkLocation;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.tree.Content;
import java.util.Iterator;
import java.util.List;

/** Chunks and frames of one snapshot. Safe for use by many threads. */
public interface ChunkReader {
  /** The ids of the chunks that are the bytes of the content, whatever its depth. */
  List<ChunkId> flatten(Content content);

  /** As {@link #flatten}, without all of them in memory where the implementation can. */
  default Iterator<ChunkId> leaves(Content content) {
    return flatten(content).iterator();
  }

  /**
   * Where a chunk lies.
   *
   * @throws VaultException.Damaged if no index and no footer knows it
   */
  ChunkLocation locate(ChunkId chunk);

  /**
   * Reads one frame, decrypted and decompressed, from the best region, turning to another when one
   * fails; every chunk in it was compared with its id.
   *
   * @throws VaultException.Damaged if no region has it unharmed
   */
  byte[] frame(PackId pack, int frame);

  /**
   * Reads many frames, each once: neighbours are fetched together, well ahead of the threads that
   * open them, and from another region where one fails. Memory does not depend on how many there
   * are.
   *
   * <p>This implementation reads them one by one in the calling thread.
   *
   * @param packs asked for more as frames are fetched, by one thread at a time
   * @param threads that open frames and call the sink
   * @throws VaultException if the vault fails as a whole: no region answers, a key is missing. What
   *     the sink throws comes out here too, and ends it
   */
  default void read(Iterator<PackFrames> packs, int threads, FrameSink sink)
      throws InterruptedException {
    while (packs.hasNext()) {
      PackFrames next = packs.next();
      for (int frame : next.frames()) {
        if (Thread.interrupted()) {
          throw new InterruptedException("reading was stopped");
        }
        if (!sink.wants(next.pack(), frame)) {
          continue;
        }
        byte[] bytes;
        try {
          bytes = frame(next.pack(), frame);
        } catch (VaultException.Damaged e) {
          sink.damaged(next.pack(), frame, e);
          continue;
        }
        sink.opened(next.pack(), frame, new CheckedFrame(this, bytes));
      }
    }
  }

  /**
   * The id that some bytes have as one chunk of this snapshot's tenant: what is read back from a
   * target is right if its ids are.
   */
  ChunkId name(byte[] bytes, int from, int length);
}
