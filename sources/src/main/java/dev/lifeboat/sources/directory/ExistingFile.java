package dev.lifeboat.sources.directory;

import java.io.IOException;

/** A regular file that stands where a file of a snapshot is to be restored. */
public interface ExistingFile extends AutoCloseable {
  /** Whether length and modification time, to the nanosecond, are those of the snapshot's file. */
  boolean looksEqual();

  /**
   * Whether the length is right and there is nothing but zeros where the snapshot's file has holes.
   * If the content is equal too, the file is.
   */
  boolean sameShape() throws IOException;

  /**
   * Reads at an offset of the snapshot's content: for a sparse file, where its extents are.
   *
   * @return whether all of {@code length} bytes were there
   */
  boolean read(long offset, byte[] into, int from, int length) throws IOException;

  @Override
  void close();
}
