package dev.lifeboat.vault.tree;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One entry of a directory. */
public sealed interface Node {
  Name name();

  Attributes attributes();

  /**
   * A regular file.
   *
   * @param bytes its length, holes included
   * @param content its data; without the holes when it is sparse
   * @param extents where in the file the data lie, in order and apart; {@code null} if the file has
   *     no holes. An empty list is a file that is one hole
   * @param link which other names mean this same file; {@code null} if it has one name only
   */
  record File(
      Name name,
      Attributes attributes,
      long bytes,
      Content content,
      @Nullable List<Extent> extents,
      @Nullable LinkGroup link)
      implements Node {
    public File {
      if (extents == null) {
        if (bytes != content.bytes()) {
          throw new IllegalArgumentException(
              "%s: %d bytes with content of %d".formatted(name, bytes, content.bytes()));
        }
      } else {
        extents = List.copyOf(extents);
        long data = 0;
        long end = 0;
        for (Extent extent : extents) {
          if (extent.offset() < end) {
            throw new IllegalArgumentException(name + ": extents overlap");
          }
          end = extent.end();
          data += extent.bytes();
        }
        if (end > bytes || data != content.bytes()) {
          throw new IllegalArgumentException(name + ": extents do not fit the file");
        }
      }
    }
  }

  /** A directory; its content is its nodes, see {@link TreeCodec}. */
  record Directory(Name name, Attributes attributes, Content content) implements Node {}

  /**
   * A symbolic link.
   *
   * @param target the bytes it points to, as they are
   */
  record Symlink(Name name, Attributes attributes, Bytes target) implements Node {}

  /**
   * A fifo, socket or device.
   *
   * @param major of the device; 0 for a fifo or socket
   * @param minor of the device; 0 for a fifo or socket
   */
  record Special(
      Name name, Attributes attributes, Kind kind, long major, long minor, @Nullable LinkGroup link)
      implements Node {
    /** What a {@link Special} is. */
    public enum Kind {
      FIFO,
      SOCKET,
      CHARACTER_DEVICE,
      BLOCK_DEVICE
    }
  }

  /**
   * Names with an equal group are hard links to one file. Each carries the file's whole content, so
   * that any one of them can be restored alone.
   *
   * @param device of the captured file system
   * @param inode within it
   */
  record LinkGroup(long device, long inode) {}
}
