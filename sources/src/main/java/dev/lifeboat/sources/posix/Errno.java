package dev.lifeboat.sources.posix;

/** The error numbers of Linux that somebody here acts on; numbers of x86-64 and aarch64. */
public enum Errno {
  EPERM(1, "operation not permitted"),
  ENOENT(2, "no such file or directory"),
  EINTR(4, "interrupted"),
  EIO(5, "input/output error"),
  ENXIO(6, "no such device or address"),
  ENOMEM(12, "out of memory"),
  EACCES(13, "permission denied"),
  EBUSY(16, "device or resource busy"),
  EEXIST(17, "file exists"),
  EXDEV(18, "on another file system"),
  ENODEV(19, "no such device"),
  ENOTDIR(20, "not a directory"),
  EISDIR(21, "is a directory"),
  EINVAL(22, "invalid argument"),
  ENFILE(23, "too many open files in the system"),
  EMFILE(24, "too many open files: raise LimitNOFILE or ulimit -n"),
  EFBIG(27, "file too large for this file system"),
  ENOSPC(28, "no space left on the device"),
  EROFS(30, "read-only file system"),
  EMLINK(31, "too many links"),
  ERANGE(34, "result too large"),
  ENAMETOOLONG(36, "name too long"),
  ENOSYS(38, "the kernel has no such call"),
  ENOTEMPTY(39, "directory not empty"),
  ELOOP(40, "a symbolic link where none is followed"),
  ENODATA(61, "no such attribute"),
  EOVERFLOW(75, "value too large"),
  EOPNOTSUPP(95, "not supported by this file system"),
  ESTALE(116, "stale file handle"),
  EDQUOT(122, "disk quota exceeded"),
  EWOULDBLOCK(11, "held by another process"),
  /** Any other; its number stands in the message. */
  OTHER(0, "unexpected error");

  private final int number;
  private final String text;

  Errno(int number, String text) {
    this.number = number;
    this.text = text;
  }

  static Errno of(int number) {
    for (Errno errno : values()) {
      if (errno.number == number && errno != OTHER) {
        return errno;
      }
    }
    return OTHER;
  }

  String text() {
    return text;
  }
}
