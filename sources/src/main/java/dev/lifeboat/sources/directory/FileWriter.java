package dev.lifeboat.sources.directory;

import java.io.IOException;

/**
 * A file on its way, under a temporary name. Its bytes may come in any order and from many threads,
 * each once.
 *
 * <p>Offsets are offsets in the content: for a sparse file the bytes are placed at its extents and
 * the holes stay holes.
 */
public interface FileWriter extends AutoCloseable {
  /**
   * Whether an earlier run of this restore left something behind that {@link #read} may find useful
   * parts in. Nothing of it is to be trusted before its chunk id was recomputed.
   */
  boolean resumed();

  /** Writes all of {@code length} bytes. */
  void write(long offset, byte[] bytes, int from, int length) throws IOException;

  /**
   * Reads what the temporary file holds, zeros where nothing was written yet.
   *
   * @return whether all of {@code length} bytes were there
   */
  boolean read(long offset, byte[] into, int from, int length) throws IOException;

  /** Counts bytes as written that were {@link #read} and found right. */
  void keep(long offset, int length);

  /**
   * Gives the file its attributes and its name. Afterwards it is there, whole.
   *
   * @throws IllegalStateException if not as many bytes were written or kept as its content has
   */
  Outcome finish() throws IOException;

  /** Without {@link #finish}, leaves the unfinished file for a later run of the same restore. */
  @Override
  void close();
}
