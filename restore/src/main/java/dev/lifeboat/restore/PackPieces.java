package dev.lifeboat.restore;

import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.snapshot.PackFrames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** What is wanted of one pack: collected while planning, then in order of frames and offsets. */
final class PackPieces {
  private final List<Piece> pieces = new ArrayList<>();
  private int[] frames = {};
  private int[] starts = {};

  void add(Piece piece) {
    pieces.add(piece);
  }

  /** To be called when all pieces are there. */
  void sort() {
    pieces.sort(Comparator.comparingInt(Piece::frame).thenComparingInt(Piece::offsetInFrame));
    frames = pieces.stream().mapToInt(Piece::frame).distinct().toArray();
    starts = new int[frames.length + 1];
    int at = 0;
    for (int i = 0; i < frames.length; i++) {
      starts[i] = at;
      while (at < pieces.size() && pieces.get(at).frame() == frames[i]) {
        at++;
      }
    }
    starts[frames.length] = at;
  }

  /** How many frames are wanted. */
  int frames() {
    return frames.length;
  }

  PackFrames wanted(PackId pack) {
    return new PackFrames(pack, frames);
  }

  /** The pieces in a frame, in order of their offsets. */
  List<Piece> in(int frame) {
    int found = Arrays.binarySearch(frames, frame);
    return found < 0 ? List.of() : pieces.subList(starts[found], starts[found + 1]);
  }
}
