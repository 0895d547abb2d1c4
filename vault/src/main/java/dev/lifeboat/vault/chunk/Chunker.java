package dev.lifeboat.vault.chunk;

/**
 * Finds where the next chunk of one stream ends: FastCDC (Xia et al., USENIX ATC 2016) with
 * normalised chunking and without looking at the bytes below the smallest size. Where it cuts
 * depends on the bytes alone, never on how they were read. Not safe for use by many threads.
 */
public final class Chunker {
  public static final int MIN_BYTES = 128 << 10;
  public static final int AVERAGE_BYTES = 512 << 10;
  public static final int MAX_BYTES = 2048 << 10;

  private static final long MASK_BEFORE_AVERAGE = -1L << (64 - 21);
  private static final long MASK_FROM_AVERAGE = -1L << (64 - 17);

  private final long[] gear;
  private long hash;
  private int scanned = MIN_BYTES;

  public Chunker(Gear gear) {
    this.gear = gear.table();
  }

  /**
   * Looks for the end of the chunk that begins at {@code start}; called again with more bytes it
   * goes on where it stopped.
   *
   * @param limit end of the bytes that are there
   * @return length of the chunk, after which the next one is looked for; −1 if it does not end
   *     within these bytes. What is left at the end of the stream is its last chunk
   */
  public int next(byte[] bytes, int start, int limit) {
    int available = Math.min(limit - start, MAX_BYTES);
    long[] table = gear;
    long h = hash;
    int at = scanned;
    int soft = Math.min(available, AVERAGE_BYTES);
    for (; at < soft; at++) {
      h = (h << 1) + table[bytes[start + at] & 0xff];
      if ((h & MASK_BEFORE_AVERAGE) == 0) {
        reset();
        return at + 1;
      }
    }
    for (; at < available; at++) {
      h = (h << 1) + table[bytes[start + at] & 0xff];
      if ((h & MASK_FROM_AVERAGE) == 0) {
        reset();
        return at + 1;
      }
    }
    if (available == MAX_BYTES) {
      reset();
      return MAX_BYTES;
    }
    hash = h;
    scanned = at;
    return -1;
  }

  /** Forgets the chunk begun, for the next stream. */
  public void reset() {
    hash = 0;
    scanned = MIN_BYTES;
  }
}
