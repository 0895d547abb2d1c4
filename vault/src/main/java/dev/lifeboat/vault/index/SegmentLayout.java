package dev.lifeboat.vault.index;

/**
 * Where the parts of a segment lie, by how many there are of each thing. {@code
 * docs/local-cache.md} has the table.
 *
 * <p>The <em>head</em> (names of index objects, packs, blocks) is small, about one byte a chunk,
 * and is authenticated as a whole; behind it lie chunks and frames, authenticated pack by pack, and
 * what finds chunks, which is not: an error there can hide a chunk but not make one up.
 *
 * @param chunks at most {@link #MAX_CHUNKS}
 */
record SegmentLayout(int objects, int packs, int frames, int chunks) {
  static final int HEADER_BYTES = 128;

  /** The last bytes of the header authenticate the others and the head. */
  static final int MAC_AT = 96;

  static final int ID_BYTES = 32;
  static final int TAG_BYTES = 16;
  static final int RECORD_BYTES = 28;

  /** A block of so many chunks has a base, from which their packs and frames are counted. */
  static final int BLOCK_CHUNKS = 64;

  static final int BLOCK_BYTES = 8;

  /** Chunks that fall into one bucket, on average, at most. */
  private static final int BUCKET_CHUNKS = 8;

  /** Larger segments are not made: every part is below what one mapping can hold. */
  static final int MAX_CHUNKS = 1 << 28;

  static final int MAX_PACKS = 1 << 24;
  static final int MAX_OBJECTS = 1 << 22;

  SegmentLayout {
    if (objects < 0
        || packs < 0
        || frames < 0
        || chunks < frames
        || chunks > MAX_CHUNKS
        || packs > MAX_PACKS
        || objects > MAX_OBJECTS) {
      throw new IllegalArgumentException(
          "no segment of %d objects, %d packs, %d frames, %d chunks"
              .formatted(objects, packs, frames, chunks));
    }
  }

  /** How many of the leading bits of an id choose its bucket. */
  int bucketBits() {
    int buckets = Math.ceilDiv(chunks, BUCKET_CHUNKS);
    return buckets <= 1 ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros(buckets - 1);
  }

  int buckets() {
    return 1 << bucketBits();
  }

  int blocks() {
    return Math.ceilDiv(chunks, BLOCK_CHUNKS);
  }

  long objectsAt() {
    return HEADER_BYTES;
  }

  long packIdsAt() {
    return objectsAt() + (long) ID_BYTES * objects;
  }

  long packBytesAt() {
    return packIdsAt() + (long) ID_BYTES * packs;
  }

  long tagsAt() {
    return packBytesAt() + 8L * packs;
  }

  long firstChunksAt() {
    return tagsAt() + (long) TAG_BYTES * packs;
  }

  long firstFramesAt() {
    return firstChunksAt() + 4L * (packs + 1);
  }

  long packObjectsAt() {
    return firstFramesAt() + 4L * (packs + 1);
  }

  long blocksAt() {
    return packObjectsAt() + 4L * packs;
  }

  long headEnd() {
    return blocksAt() + (long) BLOCK_BYTES * blocks();
  }

  long recordsAt() {
    return headEnd();
  }

  long framesAt() {
    return recordsAt() + (long) RECORD_BYTES * chunks;
  }

  long fanOutAt() {
    return framesAt() + 4L * frames;
  }

  long fingerprintsAt() {
    return fanOutAt() + 4L * (buckets() + 1);
  }

  long numbersAt() {
    return fingerprintsAt() + chunks;
  }

  long end() {
    return numbersAt() + 4L * chunks;
  }
}
