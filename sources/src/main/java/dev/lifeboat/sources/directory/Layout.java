package dev.lifeboat.sources.directory;

import dev.lifeboat.vault.tree.Extent;
import dev.lifeboat.vault.tree.Node;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/** Where in a file the bytes of its content lie. */
final class Layout {
  private final List<Extent> extents;

  /** For each extent, the offset in the content at which it begins. */
  private final long[] starts;

  private Layout(List<Extent> extents) {
    this.extents = extents;
    this.starts = new long[extents.size()];
    long at = 0;
    for (int i = 0; i < starts.length; i++) {
      starts[i] = at;
      at += extents.get(i).bytes();
    }
  }

  static Layout of(Node.File file) {
    List<Extent> extents = file.extents();
    if (extents != null) {
      return new Layout(extents);
    }
    return new Layout(file.bytes() == 0 ? List.of() : List.of(new Extent(0, file.bytes())));
  }

  List<Extent> extents() {
    return extents;
  }

  /** One contiguous part of an access. */
  interface Part {
    /** Whether to go on. */
    boolean at(long fileOffset, int from, int length) throws IOException;
  }

  /** Splits an access to the content into accesses to the file. */
  boolean each(long offset, int from, int length, Part part) throws IOException {
    if (length == 0) {
      return true;
    }
    int found = Arrays.binarySearch(starts, offset);
    int extent = found >= 0 ? found : -found - 2;
    long at = offset;
    int done = 0;
    while (done < length) {
      if (extent < 0 || extent >= starts.length) {
        throw new IllegalArgumentException("no content at %d, %d bytes".formatted(offset, length));
      }
      Extent current = extents.get(extent);
      long within = at - starts[extent];
      int bytes = (int) Math.min(length - done, current.bytes() - within);
      if (bytes <= 0) {
        throw new IllegalArgumentException("no content at %d, %d bytes".formatted(offset, length));
      }
      if (!part.at(current.offset() + within, from + done, bytes)) {
        return false;
      }
      done += bytes;
      at += bytes;
      extent++;
    }
    return true;
  }
}
