package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.Progress;
import dev.lifeboat.sources.posix.Descriptor;
import dev.lifeboat.vault.tree.Extent;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The bytes of a file, extent after extent. Ends early where the file does. */
final class FileStream extends InputStream {
  private final Descriptor file;
  private final List<Extent> extents;
  private final @Nullable SparseDigest digest;
  private final Progress progress;
  private int extent;
  private long within;
  private long total;
  private long nanos;
  private boolean ended;

  FileStream(
      Descriptor file, List<Extent> extents, @Nullable SparseDigest digest, Progress progress) {
    this.file = file;
    this.extents = extents;
    this.digest = digest;
    this.progress = progress;
  }

  /** How many bytes were read. */
  long total() {
    return total;
  }

  /** How long the file system took. */
  long nanos() {
    return nanos;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int from, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (!ended && extent < extents.size()) {
      Extent current = extents.get(extent);
      if (within == current.bytes()) {
        extent++;
        within = 0;
        continue;
      }
      int wanted = (int) Math.min(length, current.bytes() - within);
      long offset = current.offset() + within;
      long start = System.nanoTime();
      int bytes = file.read(offset, into, from, wanted);
      nanos += System.nanoTime() - start;
      if (bytes == 0) {
        ended = true;
        break;
      }
      if (digest != null) {
        digest.update(offset, into, from, bytes);
      }
      within += bytes;
      total += bytes;
      progress.bytes(bytes);
      return bytes;
    }
    return -1;
  }
}
