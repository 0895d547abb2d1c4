package dev.lifeboat.vault.index;

import dev.lifeboat.vault.Digest;
import java.util.Arrays;

/** Digests in memory, 32 bytes each. Whoever adds them does so in ascending order. */
public final class DigestList implements Column {
  private static final int LONGS = 4;

  private long[] longs = new long[LONGS * 16];
  private int size;

  /**
   * Appends a digest.
   *
   * @throws IllegalArgumentException if it is not above the last
   */
  public void add(Digest digest) {
    if (size > 0 && at(size - 1).compareTo(digest) >= 0) {
      throw new IllegalArgumentException(
          "%s behind %s: names do not ascend".formatted(digest, at(size - 1)));
    }
    if (LONGS * size == longs.length) {
      longs = Arrays.copyOf(longs, 2 * longs.length);
    }
    int at = LONGS * size++;
    longs[at] = digest.a();
    longs[at + 1] = digest.b();
    longs[at + 2] = digest.c();
    longs[at + 3] = digest.d();
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public Digest at(int row) {
    int at = LONGS * row;
    return new Digest(longs[at], longs[at + 1], longs[at + 2], longs[at + 3]);
  }

  @Override
  public long leading(int row) {
    return longs[LONGS * row];
  }

  /** What is in one or the other. */
  public static DigestList union(Column one, Column other) {
    DigestList union = new DigestList();
    int i = 0;
    int j = 0;
    while (i < one.size() || j < other.size()) {
      int order = i == one.size() ? 1 : j == other.size() ? -1 : one.compare(i, other.at(j));
      union.add(order <= 0 ? one.at(i) : other.at(j));
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    return union;
  }
}
