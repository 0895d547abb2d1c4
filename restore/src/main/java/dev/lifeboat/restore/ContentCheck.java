package dev.lifeboat.restore;

import dev.lifeboat.vault.snapshot.ChunkReader;
import java.io.IOException;
import java.util.BitSet;

/** Finds out which chunks of a file some bytes on disk have already. */
final class ContentCheck {
  /** Bytes by their offset in a file's content; false where they end too early. */
  interface Source {
    boolean read(long offset, byte[] into, int from, int length) throws IOException;
  }

  /** Given the bytes of a chunk that is right. */
  interface Match {
    void found(int chunk, byte[] bytes) throws IOException;
  }

  private final ChunkReader chunks;

  ContentCheck(ChunkReader chunks) {
    this.chunks = chunks;
  }

  /**
   * Compares every chunk that is not in {@code skip} by its id.
   *
   * @param match called for each that is right, with a buffer that is used again
   * @return how many are wrong or not there
   */
  int compare(PlannedFile file, Source source, BitSet skip, Match match) throws IOException {
    int wrong = 0;
    byte[] buffer = new byte[0];
    for (int chunk = skip.nextClearBit(0);
        chunk < file.chunks().size();
        chunk = skip.nextClearBit(chunk + 1)) {
      int bytes = file.bytes(chunk);
      if (buffer.length < bytes) {
        buffer = new byte[bytes];
      }
      if (source.read(file.offset(chunk), buffer, 0, bytes)
          && chunks.name(buffer, 0, bytes).equals(file.chunks().get(chunk))) {
        match.found(chunk, buffer);
      } else {
        wrong++;
      }
    }
    return wrong;
  }
}
