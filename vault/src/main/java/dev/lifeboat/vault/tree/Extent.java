package dev.lifeboat.vault.tree;

/**
 * A stretch of a sparse file that holds data.
 *
 * @param offset where it lies in the file
 * @param bytes its length, at least 1
 */
public record Extent(long offset, long bytes) {
  public Extent {
    if (offset < 0 || bytes < 1) {
      throw new IllegalArgumentException("no extent of %d bytes at %d".formatted(bytes, offset));
    }
  }

  /** The first offset behind it. */
  public long end() {
    return Math.addExact(offset, bytes);
  }
}
