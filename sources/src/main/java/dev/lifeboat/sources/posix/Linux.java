package dev.lifeboat.sources.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The C library's functions and Linux's numbers. Each handle takes a segment for errno first.
 *
 * <p>The functions are in groups, because linking one costs milliseconds and most commands need
 * few; those of a group are linked together when the first of them is called.
 *
 * <p>None is linked as <em>critical</em>, although that would let calls reach into heap arrays: a
 * critical call keeps the whole virtual machine from its safepoints, and a {@code read} from a
 * server that has gone away would stop every thread of the backup. Copying from a buffer that is in
 * the cache anyway costs less than a percent.
 */
final class Linux {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  static final long STATE_BYTES = STATE.byteSize();

  private static final boolean ARM = System.getProperty("os.arch").equals("aarch64");

  static final int O_RDONLY = 0;
  static final int O_RDWR = 2;
  static final int O_CREAT = 0100;
  static final int O_EXCL = 0200;
  static final int O_NOCTTY = 0400;
  static final int O_NONBLOCK = 04000;
  static final int O_DIRECTORY = ARM ? 040000 : 0200000;
  static final int O_NOFOLLOW = ARM ? 0100000 : 0400000;
  static final int O_NOATIME = 01000000;
  static final int O_CLOEXEC = 02000000;
  static final int O_PATH = 010000000;

  static final int AT_FDCWD = -100;
  static final int AT_SYMLINK_NOFOLLOW = 0x100;
  static final int AT_REMOVEDIR = 0x200;
  static final int AT_NO_AUTOMOUNT = 0x800;
  static final int AT_EMPTY_PATH = 0x1000;
  static final int STATX_BASIC_STATS = 0x7ff;
  static final int RENAME_NOREPLACE = 1;
  static final int SEEK_DATA = 3;
  static final int SEEK_HOLE = 4;
  static final int LOCK_EX = 2;
  static final int LOCK_NB = 4;
  static final long UTIME_OMIT = 0x3ffffffeL;

  /** Bytes as unsigned numbers, the first difference deciding. */
  static final Comparator<byte[]> ORDER = Arrays::compareUnsigned;

  private Linux() {}

  private static MethodHandle call(String name, MemoryLayout result, MemoryLayout... arguments) {
    return link(name, result, arguments, Linker.Option.captureCallState("errno"));
  }

  private static MethodHandle variadic(
      String name, int fixed, MemoryLayout result, MemoryLayout... arguments) {
    return link(
        name,
        result,
        arguments,
        Linker.Option.captureCallState("errno"),
        Linker.Option.firstVariadicArg(fixed));
  }

  private static MethodHandle link(
      String name, MemoryLayout result, MemoryLayout[] arguments, Linker.Option... options) {
    MemorySegment function =
        LINKER
            .defaultLookup()
            .find(name)
            .orElseThrow(() ->
                new UnsupportedOperationException(
                    "this system's C library has no %s; glibc 2.33 or later is needed"
                        .formatted(name)));
    return LINKER.downcallHandle(function, FunctionDescriptor.of(result, arguments), options);
  }

  static int errno(MemorySegment state) {
    return (int) ERRNO.get(state, 0L);
  }

  /**
   * Refuses systems whose structures and numbers these are not.
   *
   * @throws UnsupportedOperationException naming what is supported
   */
  static void requireSupported() {
    String os = System.getProperty("os.name");
    String arch = System.getProperty("os.arch");
    if (!os.equals("Linux") || !List.of("amd64", "aarch64").contains(arch)) {
      throw new UnsupportedOperationException(
          "directories are read and written on Linux, x86-64 or aarch64; this is %s on %s"
              .formatted(os, arch));
    }
  }

  /** Splits the NUL-ended names that {@code listxattr} gives. */
  static List<byte[]> split(byte[] names) {
    List<byte[]> split = new ArrayList<>();
    int start = 0;
    for (int at = 0; at < names.length; at++) {
      if (names[at] == 0) {
        split.add(Arrays.copyOfRange(names, start, at));
        start = at + 1;
      }
    }
    return split;
  }

  /** Finds and reads files, which is all that a night without changes does. */
  static final class Reading {
    static final MethodHandle OPENAT =
        variadic("openat", 3, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    static final MethodHandle CLOSE = call("close", JAVA_INT, JAVA_INT);
    static final MethodHandle STATX =
        call("statx", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
    static final MethodHandle GETDENTS =
        call("getdents64", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    static final MethodHandle LSEEK = call("lseek", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
    static final MethodHandle READLINKAT =
        call("readlinkat", JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
    static final MethodHandle PREAD =
        call("pread", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
    static final MethodHandle FLISTXATTR =
        call("flistxattr", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    static final MethodHandle FGETXATTR =
        call("fgetxattr", JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);

    private Reading() {}
  }

  /** Names of users and groups. */
  static final class Names {
    static final MethodHandle GETPWUID =
        call("getpwuid_r", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
    static final MethodHandle GETGRGID =
        call("getgrgid_r", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);

    private Names() {}
  }

  /** Makes directories and removes what is in them. */
  static final class Entries {
    static final MethodHandle MKDIRAT = call("mkdirat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    static final MethodHandle UNLINKAT = call("unlinkat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);

    private Entries() {}
  }

  /** Gives files their bytes. */
  static final class Filling {
    static final MethodHandle PWRITE =
        call("pwrite", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
    static final MethodHandle FTRUNCATE = call("ftruncate", JAVA_INT, JAVA_INT, JAVA_LONG);
    static final MethodHandle FALLOCATE =
        call("fallocate", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);

    private Filling() {}
  }

  /** Makes what else there is, and gives it its owner, mode and times. */
  static final class Making {
    static final MethodHandle MKNODAT =
        call("mknodat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG);
    static final MethodHandle SYMLINKAT = call("symlinkat", JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
    static final MethodHandle LINKAT =
        call("linkat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT);
    static final MethodHandle RENAMEAT2 =
        call("renameat2", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT);
    static final MethodHandle FCHOWNAT =
        call("fchownat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT);
    static final MethodHandle FCHMOD = call("fchmod", JAVA_INT, JAVA_INT, JAVA_INT);
    static final MethodHandle CHMOD = call("chmod", JAVA_INT, ADDRESS, JAVA_INT);
    static final MethodHandle FUTIMENS = call("futimens", JAVA_INT, JAVA_INT, ADDRESS);
    static final MethodHandle UTIMENSAT =
        call("utimensat", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);

    private Making() {}
  }

  /** What concerns the disk below, and other processes. */
  static final class Disk {
    static final MethodHandle FSYNC = call("fsync", JAVA_INT, JAVA_INT);
    static final MethodHandle SYNCFS = call("syncfs", JAVA_INT, JAVA_INT);
    static final MethodHandle FLOCK = call("flock", JAVA_INT, JAVA_INT, JAVA_INT);
    static final MethodHandle FSTATVFS = call("fstatvfs", JAVA_INT, JAVA_INT, ADDRESS);

    private Disk() {}
  }

  /** Reads extended attributes of what is not opened. */
  static final class PathAttributes {
    static final MethodHandle LLISTXATTR =
        call("llistxattr", JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG);
    static final MethodHandle LGETXATTR =
        call("lgetxattr", JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
    static final MethodHandle LISTXATTR = call("listxattr", JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG);
    static final MethodHandle GETXATTR =
        call("getxattr", JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);

    private PathAttributes() {}
  }

  /** Changes extended attributes. */
  static final class NewAttributes {
    static final MethodHandle FSETXATTR =
        call("fsetxattr", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT);
    static final MethodHandle FREMOVEXATTR = call("fremovexattr", JAVA_INT, JAVA_INT, ADDRESS);
    static final MethodHandle SETXATTR =
        call("setxattr", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT);
    static final MethodHandle REMOVEXATTR = call("removexattr", JAVA_INT, ADDRESS, ADDRESS);

    private NewAttributes() {}
  }

  /** Numbers of users and groups. */
  static final class Users {
    static final MethodHandle GETEUID = call("geteuid", JAVA_INT);
    static final MethodHandle GETPWNAM =
        call("getpwnam_r", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
    static final MethodHandle GETGRNAM =
        call("getgrnam_r", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);

    private Users() {}
  }
}
