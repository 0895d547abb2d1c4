package dev.lifeboat.vault.snapshot;

import dev.lifeboat.vault.pack.PackId;

/**
 * Frames of one pack that are wanted.
 *
 * @param frames their numbers, ascending, each once; not copied
 */
@SuppressWarnings(
    "ArrayRecordComponent") // handed from the planner to the reader, compared by nobody
public record PackFrames(PackId pack, int[] frames) {
  public PackFrames {
    for (int i = 1; i < frames.length; i++) {
      if (frames[i] <= frames[i - 1]) {
        throw new IllegalArgumentException(
            "frames of pack %s are not in order: %d before %d"
                .formatted(pack, frames[i - 1], frames[i]));
      }
    }
  }
}
