package dev.lifeboat.vault.snapshot;

import dev.lifeboat.vault.chunk.ChunkId;

/**
 * A frame, decrypted and decompressed. It was authenticated as what its writer sealed; what remains
 * is to compare chunks with their ids, and whoever passes bytes on does that for those it passes
 * on, while they are in the processor's cache. Used by the one thread it was given to, and not
 * after the call that gave it has returned.
 */
public interface OpenedFrame {
  /** Holds the raw bytes from 0; not to be changed. The array may be longer. */
  byte[] bytes();

  int length();

  /** Whether {@code length} bytes from {@code offset} are the chunk of that id. */
  boolean holds(int offset, int length, ChunkId id);

  /** Whether every chunk of the frame has the id that the directory of its pack says. */
  boolean isSound();
}
