package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.posix.Descriptor;
import dev.lifeboat.sources.posix.Errno;
import dev.lifeboat.sources.posix.FileStatus;
import dev.lifeboat.sources.posix.PosixException;
import dev.lifeboat.vault.tree.Extent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where a file has data. */
final class Holes {
  private static final int BLOCK_BYTES = 512;

  private Holes() {}

  /** The extents of a file; {@code null} if it has no holes, or the file system cannot tell. */
  static @Nullable List<Extent> extents(Descriptor file, FileStatus status) throws PosixException {
    if (status.size() == 0 || status.blocks() >= (status.size() + BLOCK_BYTES - 1) / BLOCK_BYTES) {
      return null;
    }
    try {
      List<Extent> extents = new ArrayList<>();
      long size = status.size();
      long at = 0;
      while (at < size) {
        long data = file.seekData(at);
        if (data < 0 || data >= size) {
          break;
        }
        long hole = Math.min(file.seekHole(data), size);
        if (hole <= data) {
          // It changes under our hands; what was read is compared afterwards.
          break;
        }
        extents.add(new Extent(data, hole - data));
        at = hole;
      }
      boolean whole = extents.size() == 1 && extents.getFirst().bytes() == size;
      return whole ? null : extents;
    } catch (PosixException e) {
      if (e.is(Errno.EINVAL, Errno.EOPNOTSUPP, Errno.ENOSYS)) {
        return null;
      }
      throw e;
    }
  }

  /** The first so many bytes of some extents. */
  static List<Extent> first(List<Extent> extents, long bytes) {
    List<Extent> first = new ArrayList<>();
    long left = bytes;
    for (Extent extent : extents) {
      if (left > 0) {
        first.add(new Extent(extent.offset(), Math.min(left, extent.bytes())));
        left -= extent.bytes();
      }
    }
    return first;
  }
}
