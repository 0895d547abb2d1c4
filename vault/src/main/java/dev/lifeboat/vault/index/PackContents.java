package dev.lifeboat.vault.index;

import dev.lifeboat.vault.pack.FrameEntry;
import dev.lifeboat.vault.pack.PackDirectory;
import java.util.Arrays;

/** Chunks and frames of one pack while they are copied; used again for the next. */
final class PackContents {
  private static final int SHORT = FrameEntry.SHORT_ID_BYTES;

  /** Beginnings of the ids, {@value FrameEntry#SHORT_ID_BYTES} bytes each. */
  byte[] ids = new byte[0];

  int[] lengths = new int[0];

  /** The frame that holds each chunk, from 0. */
  int[] frameOf = new int[0];

  /** What each frame is, as a segment has it. */
  int[] frames = new int[0];

  void ensure(int chunkCount, int frameCount) {
    if (lengths.length < chunkCount) {
      int room = Math.max(chunkCount, 2 * lengths.length);
      ids = new byte[room * SHORT];
      lengths = new int[room];
      frameOf = new int[room];
    }
    if (frames.length < frameCount) {
      frames = new int[Math.max(frameCount, 2 * frames.length)];
    }
  }

  void fill(PackDirectory directory) {
    ensure(chunks(directory), directory.frames().size());
    int chunk = 0;
    for (int frame = 0; frame < directory.frames().size(); frame++) {
      FrameEntry entry = directory.frames().get(frame);
      frames[frame] = word(entry.codec(), entry.sealedBytes());
      int stride = entry.idBytes();
      for (int i = 0; i < entry.chunks(); i++) {
        System.arraycopy(entry.ids(), i * stride, ids, chunk * SHORT, SHORT);
        lengths[chunk] = entry.chunkBytes()[i];
        frameOf[chunk] = frame;
        chunk++;
      }
    }
    Arrays.fill(ids, chunk * SHORT, ids.length, (byte) 0);
  }

  static int chunks(PackDirectory directory) {
    int chunks = 0;
    for (FrameEntry frame : directory.frames()) {
      if (frame.chunks() == 0) {
        throw new IllegalArgumentException("a frame without chunks");
      }
      chunks += frame.chunks();
    }
    return chunks;
  }

  /** A frame as a segment has it: its codec and, in the lower 28 bits, its sealed length. */
  static int word(int codec, int sealedBytes) {
    return codec << 28 | sealedBytes;
  }
}
