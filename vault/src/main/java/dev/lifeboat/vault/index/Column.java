package dev.lifeboat.vault.index;

import dev.lifeboat.vault.Digest;

/** Digests in ascending order, wherever they are kept. */
public interface Column {
  int size();

  Digest at(int row);

  /** The first eight bytes of a digest as a big-endian number: mostly enough to compare. */
  default long leading(int row) {
    return at(row).a();
  }

  /** The first row that is not below a digest. */
  default int lowerBound(Digest digest) {
    int low = 0;
    int high = size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (compare(middle, digest) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  default int compare(int row, Digest digest) {
    int order = Long.compareUnsigned(leading(row), digest.a());
    return order == 0 ? at(row).compareTo(digest) : order;
  }
}
