package dev.lifeboat.vault.snapshot;

import dev.lifeboat.vault.pack.PackId;
import java.util.BitSet;

/**
 * That a snapshot needs a pack, and which of its frames.
 *
 * @param bytes length of the pack, so that an inventory needs nothing but listings
 * @param frames how many frames the pack has
 * @param live the frames that hold a chunk of the snapshot
 */
public record PackReference(PackId pack, long bytes, int frames, BitSet live) {
  public PackReference {
    if (live.isEmpty() || live.length() > frames) {
      throw new IllegalArgumentException(
          "%d live of %d frames in pack %s".formatted(live.cardinality(), frames, pack));
    }
    live = (BitSet) live.clone();
  }

  @Override
  public BitSet live() {
    return (BitSet) live.clone();
  }
}
