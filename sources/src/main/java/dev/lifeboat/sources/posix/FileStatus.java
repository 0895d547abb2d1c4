package dev.lifeboat.sources.posix;

/**
 * What {@code statx} tells.
 *
 * @param permissions the lower twelve bits of the mode
 * @param device of the file system, as one number
 * @param blocks of 512 bytes that are allocated
 * @param major of the device that this is, 0 if it is none
 * @param minor of the device that this is, 0 if it is none
 */
public record FileStatus(
    Type type,
    int permissions,
    long uid,
    long gid,
    long links,
    long device,
    long inode,
    long size,
    long blocks,
    long mtimeSeconds,
    int mtimeNanos,
    long ctimeSeconds,
    int ctimeNanos,
    long major,
    long minor) {
  /** The kinds of files, with their bits in the mode. */
  public enum Type {
    FIFO(0010000),
    CHARACTER_DEVICE(0020000),
    DIRECTORY(0040000),
    BLOCK_DEVICE(0060000),
    FILE(0100000),
    SYMLINK(0120000),
    SOCKET(0140000),
    /** Nothing that Linux knows. */
    UNKNOWN(0);

    private final int bits;

    Type(int bits) {
      this.bits = bits;
    }

    int bits() {
      return bits;
    }

    static Type of(int mode) {
      return switch (mode & 0170000) {
        case 0010000 -> FIFO;
        case 0020000 -> CHARACTER_DEVICE;
        case 0040000 -> DIRECTORY;
        case 0060000 -> BLOCK_DEVICE;
        case 0100000 -> FILE;
        case 0120000 -> SYMLINK;
        case 0140000 -> SOCKET;
        default -> UNKNOWN;
      };
    }
  }

  /** Whether both are the same file, and nobody has written to it or its attributes in between. */
  public boolean unchangedSince(FileStatus earlier) {
    return sameFile(earlier)
        && size == earlier.size
        && mtimeSeconds == earlier.mtimeSeconds
        && mtimeNanos == earlier.mtimeNanos
        && ctimeSeconds == earlier.ctimeSeconds
        && ctimeNanos == earlier.ctimeNanos;
  }

  public boolean sameFile(FileStatus other) {
    return device == other.device && inode == other.inode && type == other.type;
  }
}
