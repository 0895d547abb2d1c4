package dev.lifeboat.vault.snapshot;

import java.util.Collection;

/**
 * How scattered a snapshot lies. A restore reads from every pack it touches; when these hold much
 * that is not of the snapshot, it makes more requests than its bytes would need.
 *
 * <p>Told from the manifest alone: frames of a pack count as equally long, which they nearly are.
 *
 * @param packs that hold a part of the snapshot
 * @param leastPacks that its bytes would fill, if nothing else were in them
 * @param packBytes of these packs altogether
 * @param liveBytes of them, that the snapshot needs
 */
public record Fragmentation(long packs, long leastPacks, long packBytes, long liveBytes) {
  public Fragmentation {
    if (packs < 0 || leastPacks < 0 || liveBytes < 0 || liveBytes > packBytes) {
      throw new IllegalArgumentException(
          "%d packs, %d at least, %d of %d bytes live"
              .formatted(packs, leastPacks, liveBytes, packBytes));
    }
  }

  /**
   * Measures a snapshot.
   *
   * @param references all of them
   * @param fullPackBytes how long packs are made
   */
  public static Fragmentation of(Collection<PackReference> references, long fullPackBytes) {
    long packBytes = 0;
    long liveBytes = 0;
    for (PackReference reference : references) {
      packBytes += reference.bytes();
      liveBytes += liveBytes(reference);
    }
    long least = Math.ceilDiv(liveBytes, fullPackBytes);
    return new Fragmentation(
        references.size(), Math.min(references.size(), least), packBytes, liveBytes);
  }

  private static long liveBytes(PackReference reference) {
    // By the frame first: the product of both could be more than a long holds.
    long frame = reference.bytes() / reference.frames();
    return Math.min(reference.bytes(), frame * reference.live().cardinality());
  }

  /** Share of the packs' bytes that the snapshot needs; 1 for a snapshot without packs. */
  public double liveShare() {
    return packBytes == 0 ? 1 : (double) liveBytes / packBytes;
  }

  /** Packs touched for each that would be needed; 1 for a snapshot without packs. */
  public double spread() {
    return leastPacks == 0 ? 1 : (double) packs / leastPacks;
  }
}
