package dev.lifeboat.bench.scale;

/**
 * How large a synthetic vault is. Packs have 64 chunks of 512 KiB; every dataset has a hundred
 * snapshots; three packs of five belong to the first snapshot of their dataset, the others come
 * evenly, and one in a hundred is garbage.
 *
 * @param chunks altogether, for naming the size
 */
record Size(long chunks) {
  static final int CHUNKS_PER_PACK = 64;
  static final int SNAPSHOTS_PER_DATASET = 100;
  static final int PACK_BYTES = 32 << 20;

  Size {
    if (chunks < 100_000) {
      throw new IllegalArgumentException("at least 100000 chunks, not " + chunks);
    }
  }

  int snapshots() {
    return datasets() * SNAPSHOTS_PER_DATASET;
  }

  int datasets() {
    return Math.toIntExact(chunks / 100_000);
  }

  int packsPerDataset() {
    return Math.toIntExact(chunks / CHUNKS_PER_PACK / datasets());
  }

  int packs() {
    return datasets() * packsPerDataset();
  }

  /** The packs of a dataset that snapshot {@code n}, from 0, refers to: so many of the first. */
  int referred(int n) {
    int first = packsPerDataset() * 6 / 10;
    int last = packsPerDataset() * 99 / 100;
    return first + (int) ((long) (last - first) * (n + 1) / SNAPSHOTS_PER_DATASET);
  }

  long bytes() {
    return (long) packs() * PACK_BYTES;
  }
}
