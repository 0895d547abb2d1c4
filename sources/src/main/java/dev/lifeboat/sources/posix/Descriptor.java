package dev.lifeboat.sources.posix;

import static dev.lifeboat.sources.posix.Linux.AT_FDCWD;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * An open file or directory.
 *
 * <p>Names are single components, relative to this directory, and are never followed if they are
 * symbolic links. Paths of any length and names of any bytes work, because nothing is ever opened
 * by its whole path. Safe for use by many threads, except that nobody may use it while or after it
 * is closed: the number might be another file by then.
 */
public final class Descriptor implements AutoCloseable {
  private static final byte[] HERE = {'.'};
  private static final byte[] UP = {'.', '.'};
  private static final byte[] NOTHING = {};

  private final int fd;
  private final boolean pathOnly;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Descriptor(int fd, boolean pathOnly) {
    this.fd = fd;
    this.pathOnly = pathOnly;
  }

  /** Opens a directory, following symbolic links: for roots that a person has named. */
  public static Descriptor openDirectory(RawPath path) throws PosixException {
    byte[] bytes = path.toBytes();
    int flags = Linux.O_RDONLY | Linux.O_DIRECTORY;
    if (bytes.length < 4096) {
      return open(AT_FDCWD, bytes, flags, 0, path.toString());
    }
    Descriptor at = open(AT_FDCWD, bytes[0] == '/' ? new byte[] {'/'} : HERE, flags, 0, "");
    int start = 0;
    for (int end = 0; end <= bytes.length; end++) {
      if (end < bytes.length && bytes[end] != '/') {
        continue;
      }
      if (end > start) {
        try (Descriptor parent = at) {
          byte[] name = Arrays.copyOfRange(bytes, start, end);
          at = open(parent.fd, name, flags, 0, path.toString());
        }
      }
      start = end + 1;
    }
    return at;
  }

  /**
   * Opens a directory as {@link #openDirectory} does, making it and its parents where they are
   * missing: the parents with mode 0777, of which the umask takes its part.
   *
   * @param mode of the directory itself, if it is made
   */
  public static Descriptor makeDirectories(RawPath path, int mode) throws PosixException {
    byte[] bytes = path.toBytes();
    int end = bytes.length;
    while (end > 1 && bytes[end - 1] == '/') {
      end--;
    }
    int flags = Linux.O_RDONLY | Linux.O_DIRECTORY;
    Descriptor at = open(AT_FDCWD, bytes[0] == '/' ? new byte[] {'/'} : HERE, flags, 0, "");
    int start = 0;
    for (int next = 0; next <= end; next++) {
      if (next < end && bytes[next] != '/') {
        continue;
      }
      if (next > start) {
        byte[] name = Arrays.copyOfRange(bytes, start, next);
        try (Descriptor parent = at) {
          try {
            parent.mkdir(name, next == end ? mode : 0777);
          } catch (PosixException e) {
            if (!e.is(Errno.EEXIST, Errno.EROFS, Errno.EACCES, Errno.EPERM)) {
              throw e;
            }
            // It exists, or opening it tells better why it cannot be made.
          }
          at = open(parent.fd, name, flags, 0, path.toString());
        }
      }
      start = next + 1;
    }
    return at;
  }

  /** Opens a directory within this one. */
  public Descriptor directory(byte[] name) throws PosixException {
    return open(fd, name, Linux.O_RDONLY | Linux.O_DIRECTORY | Linux.O_NOFOLLOW, 0, null);
  }

  /** Opens the directory that this one is in. */
  public Descriptor parent() throws PosixException {
    return open(fd, UP, Linux.O_RDONLY | Linux.O_DIRECTORY | Linux.O_NOFOLLOW, 0, "..");
  }

  /**
   * Opens a file to read it. Never waits for the other end of a fifo that has taken its place.
   *
   * @param keepAccessTime asks for that; where it is not permitted the access time changes
   */
  public Descriptor file(byte[] name, boolean keepAccessTime) throws PosixException {
    int flags = Linux.O_RDONLY | Linux.O_NOFOLLOW | Linux.O_NONBLOCK | Linux.O_NOCTTY;
    if (keepAccessTime) {
      try {
        return open(fd, name, flags | Linux.O_NOATIME, 0, null);
      } catch (PosixException e) {
        if (!e.is(Errno.EPERM)) {
          throw e;
        }
      }
    }
    return open(fd, name, flags, 0, null);
  }

  /** Opens a file to read it, following symbolic links: for files that a person has named. */
  public Descriptor followed(byte[] name) throws PosixException {
    return open(fd, name, Linux.O_RDONLY | Linux.O_NOCTTY, 0, null);
  }

  /** Opens an existing file to read and write it. */
  public Descriptor writable(byte[] name) throws PosixException {
    return open(
        fd, name, Linux.O_RDWR | Linux.O_NOFOLLOW | Linux.O_NONBLOCK | Linux.O_NOCTTY, 0, null);
  }

  /** Makes a file that must not exist, readable and writable for this user alone. */
  public Descriptor create(byte[] name) throws PosixException {
    return open(
        fd, name, Linux.O_RDWR | Linux.O_CREAT | Linux.O_EXCL | Linux.O_NOFOLLOW, 0600, null);
  }

  /** Opens whatever has this name, a symbolic link itself included, for its attributes only. */
  public Descriptor node(byte[] name) throws PosixException {
    int opened = openNumber(fd, name, Linux.O_PATH | Linux.O_NOFOLLOW, 0, null);
    return new Descriptor(opened, true);
  }

  /**
   * @param subject what an error names; {@code null} for the name, which is made readable only then
   */
  private static Descriptor open(int at, byte[] name, int flags, int mode, @Nullable String subject)
      throws PosixException {
    return new Descriptor(openNumber(at, name, flags, mode, subject), false);
  }

  private static int openNumber(int at, byte[] name, int flags, int mode, @Nullable String subject)
      throws PosixException {
    Scratch scratch = Scratch.get();
    MemorySegment path = scratch.first(name);
    while (true) {
      int result;
      try {
        result =
            (int)
                Linux.Reading.OPENAT.invokeExact(
                    scratch.state, at, path, flags | Linux.O_CLOEXEC, mode);
      } catch (Throwable e) {
        throw Calls.unexpected(e);
      }
      if (result >= 0) {
        return result;
      }
      if (scratch.errno() != Calls.EINTR) {
        throw new PosixException(
            "open", subject == null ? display(name) : subject, scratch.errno());
      }
    }
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      // The result says nothing to act on: on Linux the number is free even after an error, and
      // who needs to know that data arrived has called sync.
      int _ = (int) Linux.Reading.CLOSE.invokeExact(Scratch.get().state, fd);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  public FileStatus status() throws PosixException {
    FileStatus status = statx(fd, NOTHING, Linux.AT_EMPTY_PATH);
    if (status == null) {
      throw new PosixException("statx", "", 2);
    }
    return status;
  }

  /** The status of an entry; {@code null} if there is none of this name. */
  public @Nullable FileStatus status(byte[] name) throws PosixException {
    return statx(fd, name, Linux.AT_SYMLINK_NOFOLLOW | Linux.AT_NO_AUTOMOUNT);
  }

  private static @Nullable FileStatus statx(int at, byte[] name, int flags) throws PosixException {
    Scratch scratch = Scratch.get();
    MemorySegment path = scratch.first(name);
    MemorySegment status = scratch.status;
    while (true) {
      int result;
      try {
        result =
            (int)
                Linux.Reading.STATX.invokeExact(
                    scratch.state, at, path, flags, Linux.STATX_BASIC_STATS, status);
      } catch (Throwable e) {
        throw Calls.unexpected(e);
      }
      if (result == 0) {
        return decode(status);
      }
      int errno = scratch.errno();
      if (errno == 2) {
        return null;
      }
      if (errno != Calls.EINTR) {
        throw new PosixException("statx", display(name), errno);
      }
    }
  }

  private static FileStatus decode(MemorySegment statx) {
    int mode = statx.get(JAVA_SHORT, 28) & 0xffff;
    return new FileStatus(
        FileStatus.Type.of(mode),
        mode & 07777,
        statx.get(JAVA_INT, 20) & 0xffffffffL,
        statx.get(JAVA_INT, 24) & 0xffffffffL,
        statx.get(JAVA_INT, 16) & 0xffffffffL,
        ((long) statx.get(JAVA_INT, 136) << 32) | (statx.get(JAVA_INT, 140) & 0xffffffffL),
        statx.get(JAVA_LONG, 32),
        statx.get(JAVA_LONG, 40),
        statx.get(JAVA_LONG, 48),
        statx.get(JAVA_LONG, 112),
        statx.get(JAVA_INT, 120),
        statx.get(JAVA_LONG, 96),
        statx.get(JAVA_INT, 104),
        statx.get(JAVA_INT, 128) & 0xffffffffL,
        statx.get(JAVA_INT, 132) & 0xffffffffL);
  }

  /** The names in this directory but for {@code .} and {@code ..}, in no order. */
  public List<byte[]> names() throws PosixException {
    Scratch scratch = Scratch.get();
    MemorySegment buffer = scratch.buffer();
    List<byte[]> names = new ArrayList<>();
    // From the beginning, however often it was read before.
    seek(0, 0);
    while (true) {
      long bytes;
      try {
        bytes =
            (long)
                Linux.Reading.GETDENTS.invokeExact(
                    scratch.state, fd, buffer, (long) Scratch.BUFFER_BYTES);
      } catch (Throwable e) {
        throw Calls.unexpected(e);
      }
      if (bytes < 0) {
        throw new PosixException("getdents64", "", scratch.errno());
      }
      if (bytes == 0) {
        return names;
      }
      for (long at = 0; at < bytes; ) {
        int length = buffer.get(JAVA_SHORT, at + 16) & 0xffff;
        addName(buffer, at + 19, at + length, names);
        at += length;
      }
    }
  }

  private static void addName(MemorySegment buffer, long from, long to, List<byte[]> names) {
    long end = from;
    while (end < to && buffer.get(JAVA_BYTE, end) != 0) {
      end++;
    }
    byte[] name = new byte[(int) (end - from)];
    MemorySegment.copy(buffer, JAVA_BYTE, from, name, 0, name.length);
    if (!Arrays.equals(name, HERE) && !Arrays.equals(name, UP)) {
      names.add(name);
    }
  }

  /** The target of a symbolic link. */
  public byte[] readLink(byte[] name) throws PosixException {
    Scratch scratch = Scratch.get();
    MemorySegment buffer = scratch.buffer();
    long bytes;
    try {
      bytes =
          (long)
              Linux.Reading.READLINKAT.invokeExact(
                  scratch.state, fd, scratch.first(name), buffer, (long) Scratch.BUFFER_BYTES);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    check(bytes, "readlink", name, scratch);
    byte[] target = new byte[(int) bytes];
    MemorySegment.copy(buffer, JAVA_BYTE, 0, target, 0, target.length);
    return target;
  }

  /**
   * Reads at an offset.
   *
   * @return how many bytes, possibly fewer than asked for; 0 at the end
   */
  public int read(long offset, byte[] into, int from, int length) throws PosixException {
    Scratch scratch = Scratch.get();
    MemorySegment buffer = scratch.buffer();
    long wanted = Math.min(length, Scratch.BUFFER_BYTES);
    while (true) {
      long bytes;
      try {
        bytes = (long) Linux.Reading.PREAD.invokeExact(scratch.state, fd, buffer, wanted, offset);
      } catch (Throwable e) {
        throw Calls.unexpected(e);
      }
      if (bytes >= 0) {
        MemorySegment.copy(buffer, JAVA_BYTE, 0, into, from, (int) bytes);
        return (int) bytes;
      }
      if (scratch.errno() != Calls.EINTR) {
        throw new PosixException("read", "", scratch.errno());
      }
    }
  }

  /** Reads until {@code length} bytes are there or the end is reached; returns how many. */
  public int readFully(long offset, byte[] into, int from, int length) throws PosixException {
    int done = 0;
    while (done < length) {
      int more = read(offset + done, into, from + done, length - done);
      if (more == 0) {
        break;
      }
      done += more;
    }
    return done;
  }

  /** Writes all of it at an offset. */
  public void write(long offset, byte[] bytes, int from, int length) throws PosixException {
    Scratch scratch = Scratch.get();
    MemorySegment buffer = scratch.buffer();
    int done = 0;
    while (done < length) {
      int part = Math.min(length - done, Scratch.BUFFER_BYTES);
      MemorySegment.copy(bytes, from + done, buffer, JAVA_BYTE, 0, part);
      long written;
      try {
        written =
            (long)
                Linux.Filling.PWRITE.invokeExact(
                    scratch.state, fd, buffer, (long) part, offset + done);
      } catch (Throwable e) {
        throw Calls.unexpected(e);
      }
      if (written < 0) {
        if (scratch.errno() == Calls.EINTR) {
          continue;
        }
        throw new PosixException("write", "", scratch.errno());
      }
      done += (int) written;
    }
  }

  /** The next offset with data, or -1 if only a hole follows. */
  public long seekData(long offset) throws PosixException {
    try {
      return seek(offset, Linux.SEEK_DATA);
    } catch (PosixException e) {
      if (e.is(Errno.ENXIO)) {
        return -1;
      }
      throw e;
    }
  }

  /** The next offset of a hole; the end of the file counts as one. */
  public long seekHole(long offset) throws PosixException {
    return seek(offset, Linux.SEEK_HOLE);
  }

  private long seek(long offset, int whence) throws PosixException {
    Scratch scratch = Scratch.get();
    long result;
    try {
      result = (long) Linux.Reading.LSEEK.invokeExact(scratch.state, fd, offset, whence);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    return check(result, "lseek", NOTHING, scratch);
  }

  public void truncate(long bytes) throws PosixException {
    Scratch scratch = Scratch.get();
    int result;
    try {
      result = (int) Linux.Filling.FTRUNCATE.invokeExact(scratch.state, fd, bytes);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    check(result, "ftruncate", NOTHING, scratch);
  }

  /**
   * Reserves space, so that a full disk shows now; the length becomes at least {@code offset +
   * bytes}.
   */
  public void allocate(long offset, long bytes) throws PosixException {
    Scratch scratch = Scratch.get();
    int result;
    try {
      do {
        result = (int) Linux.Filling.FALLOCATE.invokeExact(scratch.state, fd, 0, offset, bytes);
      } while (result < 0 && scratch.errno() == Calls.EINTR);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    check(result, "fallocate", NOTHING, scratch);
  }

  /** Forces data and attributes to the disk. */
  public void sync() throws PosixException {
    Scratch scratch = Scratch.get();
    int result;
    try {
      result = (int) Linux.Disk.FSYNC.invokeExact(scratch.state, fd);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    check(result, "fsync", NOTHING, scratch);
  }

  /**
   * Forces all that was written to this file's file system to the disk, and tells what of it could
   * not be written since this was opened (Linux 5.8; earlier ones only write).
   */
  public void syncFileSystem() throws PosixException {
    Scratch scratch = Scratch.get();
    int result;
    try {
      result = (int) Linux.Disk.SYNCFS.invokeExact(scratch.state, fd);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    check(result, "syncfs", NOTHING, scratch);
  }

  /** Locks the file against other descriptors that do the same; the lock ends with this one. */
  public boolean tryLock() throws PosixException {
    Scratch scratch = Scratch.get();
    int result;
    try {
      result = (int) Linux.Disk.FLOCK.invokeExact(scratch.state, fd, Linux.LOCK_EX | Linux.LOCK_NB);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    if (result < 0 && Errno.of(scratch.errno()) == Errno.EWOULDBLOCK) {
      return false;
    }
    check(result, "flock", NOTHING, scratch);
    return true;
  }

  /** Bytes that this user may still write to the file system. */
  public long freeBytes() throws PosixException {
    Scratch scratch = Scratch.get();
    int result;
    try {
      result = (int) Linux.Disk.FSTATVFS.invokeExact(scratch.state, fd, scratch.status);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    check(result, "fstatvfs", NOTHING, scratch);
    return Math.multiplyExact(scratch.status.get(JAVA_LONG, 8), scratch.status.get(JAVA_LONG, 32));
  }

  public void mkdir(byte[] name, int mode) throws PosixException {
    Scratch scratch = Scratch.get();
    int result;
    try {
      result =
          (int) Linux.Entries.MKDIRAT.invokeExact(scratch.state, fd, scratch.first(name), mode);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    check(result, "mkdir", name, scratch);
  }

  /** Makes a fifo, socket or device, for this user alone. */
  public void mknod(byte[] name, FileStatus.Type type, long major, long minor)
      throws PosixException {
    Scratch scratch = Scratch.get();
    // The encoding of dev_t in glibc, gnu_dev_makedev.
    long device =
        ((major & 0xfffff000L) << 32)
            | ((major & 0xfffL) << 8)
            | ((minor & 0xffffff00L) << 12)
            | (minor & 0xffL);
    int result;
    try {
      result =
          (int)
              Linux.Making.MKNODAT.invokeExact(
                  scratch.state, fd, scratch.first(name), type.bits() | 0600, device);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    check(result, "mknod", name, scratch);
  }

  public void symlink(byte[] target, byte[] name) throws PosixException {
    Scratch scratch = Scratch.get();
    int result;
    try {
      result =
          (int)
              Linux.Making.SYMLINKAT.invokeExact(
                  scratch.state, scratch.first(target), fd, scratch.second(name));
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    check(result, "symlink", name, scratch);
  }

  /** Gives {@code name} in this directory another name in {@code to}, which must be free. */
  public void link(byte[] name, Descriptor to, byte[] newName) throws PosixException {
    Scratch scratch = Scratch.get();
    int result;
    try {
      result =
          (int)
              Linux.Making.LINKAT.invokeExact(
                  scratch.state, fd, scratch.first(name), to.fd, scratch.second(newName), 0);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    check(result, "link", newName, scratch);
  }

  /**
   * Renames within this directory, atomically.
   *
   * @param replace whether {@code newName} may exist; EEXIST if it does and may not
   */
  public void rename(byte[] name, byte[] newName, boolean replace) throws PosixException {
    Scratch scratch = Scratch.get();
    int result;
    try {
      result =
          (int)
              Linux.Making.RENAMEAT2.invokeExact(
                  scratch.state,
                  fd,
                  scratch.first(name),
                  fd,
                  scratch.second(newName),
                  replace ? 0 : Linux.RENAME_NOREPLACE);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    check(result, "rename", newName, scratch);
  }

  public void unlink(byte[] name) throws PosixException {
    unlink(name, 0, "unlink");
  }

  /** Removes an empty directory. */
  public void rmdir(byte[] name) throws PosixException {
    unlink(name, Linux.AT_REMOVEDIR, "rmdir");
  }

  private void unlink(byte[] name, int flags, String operation) throws PosixException {
    Scratch scratch = Scratch.get();
    int result;
    try {
      result =
          (int) Linux.Entries.UNLINKAT.invokeExact(scratch.state, fd, scratch.first(name), flags);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    check(result, operation, name, scratch);
  }

  public void chown(long uid, long gid) throws PosixException {
    Scratch scratch = Scratch.get();
    int result;
    try {
      result =
          (int)
              Linux.Making.FCHOWNAT.invokeExact(
                  scratch.state,
                  fd,
                  scratch.first(NOTHING),
                  (int) uid,
                  (int) gid,
                  Linux.AT_EMPTY_PATH);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    check(result, "chown", NOTHING, scratch);
  }

  public void chmod(int permissions) throws PosixException {
    Scratch scratch = Scratch.get();
    int result;
    try {
      result =
          pathOnly
              ? (int)
                  Linux.Making.CHMOD.invokeExact(scratch.state, scratch.first(proc()), permissions)
              : (int) Linux.Making.FCHMOD.invokeExact(scratch.state, fd, permissions);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    check(result, "chmod", NOTHING, scratch);
  }

  /** Sets the modification time and leaves the access time. */
  public void setModified(long seconds, int nanos) throws PosixException {
    Scratch scratch = Scratch.get();
    MemorySegment times = scratch.times;
    times.set(JAVA_LONG, 0, 0);
    times.set(JAVA_LONG, 8, Linux.UTIME_OMIT);
    times.set(JAVA_LONG, 16, seconds);
    times.set(JAVA_LONG, 24, nanos);
    int result;
    try {
      result =
          pathOnly
              ? (int)
                  Linux.Making.UTIMENSAT.invokeExact(
                      scratch.state, AT_FDCWD, scratch.first(proc()), times, 0)
              : (int) Linux.Making.FUTIMENS.invokeExact(scratch.state, fd, times);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    check(result, "utimensat", NOTHING, scratch);
  }

  /** This descriptor as a path that the kernel resolves to exactly this file. */
  byte[] proc() {
    return ("/proc/self/fd/" + fd).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  }

  int number() {
    return fd;
  }

  boolean pathOnly() {
    return pathOnly;
  }

  static long check(long result, String operation, byte[] name, Scratch scratch)
      throws PosixException {
    if (result < 0) {
      throw new PosixException(operation, display(name), scratch.errno());
    }
    return result;
  }

  private static String display(byte[] name) {
    return name.length == 0 ? "" : RawPath.of(name).toString();
  }
}
