package dev.lifeboat.vault.index;

import dev.lifeboat.vault.Digest;
import java.io.IOException;

/** Packs in ascending order of their ids, on their way into a segment. */
interface PackCursor {
  /** Goes on to the next, if there is one. */
  boolean next() throws IOException;

  Digest id();

  long bytes();

  /** Number of the index object that tells of the pack, in the new segment. */
  int object();

  int frames();

  int chunks();

  /** Copies what is in the pack. */
  void fill(PackContents contents) throws IOException;
}
