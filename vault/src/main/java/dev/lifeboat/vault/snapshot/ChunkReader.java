package dev.lifeboat.vault.snapshot;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.index.ChunkLocation;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.tree.Content;
import java.util.List;

/** Chunks and frames of one snapshot. Safe for use by many threads. */
public interface ChunkReader {
  /** The ids of the chunks that are the bytes of the content, whatever its depth. */
  List<ChunkId> flatten(Content content);

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
   * The id that some bytes have as one chunk of this snapshot's tenant: what is read back from a
   * target is right if its ids are.
   */
  ChunkId name(byte[] bytes, int from, int length);
}
