package dev.lifeboat.vault.snapshot;

import dev.lifeboat.vault.chunk.ChunkId;

/** A frame whose chunks were all compared with their ids when it was read. */
@SuppressWarnings("ArrayRecordComponent") // handed to a sink, compared by nobody
record CheckedFrame(ChunkReader reader, byte[] bytes) implements OpenedFrame {
  @Override
  public int length() {
    return bytes.length;
  }

  @Override
  public boolean holds(int offset, int length, ChunkId id) {
    return reader.name(bytes, offset, length).equals(id);
  }

  @Override
  public boolean isSound() {
    return true;
  }
}
