package dev.lifeboat.sources.posix;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lifeboat.vault.tree.Bytes;
import dev.lifeboat.vault.tree.Xattr;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Extended attributes, access-control lists among them. */
public final class Xattrs {
  private static final int EOPNOTSUPP = 95;
  private static final int ENODATA = 61;
  private static final int ENOSYS = 38;

  /** How the file is addressed. */
  private enum Way {
    DESCRIPTOR,
    /** By a path in {@code /proc} that leads to it and no further. */
    PATH,
    ENTRY
  }

  private Xattrs() {}

  /** All that this user may see, in order of their names; none where there can be none. */
  public static List<Xattr> of(Descriptor file) throws PosixException {
    return file.pathOnly()
        ? read(Way.PATH, file, file.proc())
        : read(Way.DESCRIPTOR, file, new byte[0]);
  }

  /** Those of an entry of a directory, not followed: for what cannot be opened. */
  public static List<Xattr> of(Descriptor directory, byte[] name) throws PosixException {
    ByteArrayOutputStream path = new ByteArrayOutputStream();
    path.writeBytes(directory.proc());
    path.write('/');
    path.writeBytes(name);
    return read(Way.ENTRY, directory, path.toByteArray());
  }

  private static List<Xattr> read(Way way, Descriptor file, byte[] path) throws PosixException {
    Scratch scratch = Scratch.get();
    MemorySegment buffer = scratch.buffer();
    long bytes;
    try {
      bytes =
          switch (way) {
            case DESCRIPTOR ->
                (long)
                    Linux.Reading.FLISTXATTR.invokeExact(
                        scratch.state, file.number(), buffer, (long) Scratch.BUFFER_BYTES);
            case PATH ->
                (long)
                    Linux.PathAttributes.LISTXATTR.invokeExact(
                        scratch.state, scratch.first(path), buffer, (long) Scratch.BUFFER_BYTES);
            case ENTRY ->
                (long)
                    Linux.PathAttributes.LLISTXATTR.invokeExact(
                        scratch.state, scratch.first(path), buffer, (long) Scratch.BUFFER_BYTES);
          };
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    if (bytes == 0 || (bytes < 0 && unsupported(scratch.errno()))) {
      return List.of();
    }
    Descriptor.check(bytes, "listxattr", new byte[0], scratch);
    byte[] names = new byte[(int) bytes];
    MemorySegment.copy(buffer, JAVA_BYTE, 0, names, 0, names.length);
    List<Xattr> xattrs = new ArrayList<>();
    for (byte[] name : Linux.split(names)) {
      value(way, file, path, name, scratch, xattrs);
    }
    // In the order of the bytes, which for UTF-8 is that of the code points.
    xattrs.sort(Comparator.comparing(x -> x.name().getBytes(StandardCharsets.UTF_8), Linux.ORDER));
    return List.copyOf(xattrs);
  }

  private static void value(
      Way way, Descriptor file, byte[] path, byte[] name, Scratch scratch, List<Xattr> into)
      throws PosixException {
    MemorySegment buffer = scratch.buffer();
    long size = Scratch.BUFFER_BYTES;
    long bytes;
    try {
      bytes =
          switch (way) {
            case DESCRIPTOR ->
                (long)
                    Linux.Reading.FGETXATTR.invokeExact(
                        scratch.state, file.number(), scratch.second(name), buffer, size);
            case PATH ->
                (long)
                    Linux.PathAttributes.GETXATTR.invokeExact(
                        scratch.state, scratch.first(path), scratch.second(name), buffer, size);
            case ENTRY ->
                (long)
                    Linux.PathAttributes.LGETXATTR.invokeExact(
                        scratch.state, scratch.first(path), scratch.second(name), buffer, size);
          };
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    if (bytes < 0 && (scratch.errno() == ENODATA || unsupported(scratch.errno()))) {
      // Listed, and gone by now; or one that the file system lists and does not give to anybody.
      return;
    }
    Descriptor.check(bytes, "getxattr", name, scratch);
    byte[] value = new byte[(int) bytes];
    MemorySegment.copy(buffer, JAVA_BYTE, 0, value, 0, value.length);
    into.add(new Xattr(XattrNames.toText(name), Bytes.of(value)));
  }

  /** Adds or replaces one. */
  public static void set(Descriptor file, Xattr xattr) throws PosixException {
    Scratch scratch = Scratch.get();
    byte[] name = XattrNames.toBytes(xattr.name());
    byte[] value = xattr.value().toBytes();
    if (value.length > Scratch.BUFFER_BYTES) {
      throw new PosixException("setxattr", xattr.name(), 34);
    }
    MemorySegment buffer = scratch.buffer();
    MemorySegment.copy(value, 0, buffer, JAVA_BYTE, 0, value.length);
    int result;
    try {
      result =
          file.pathOnly()
              ? (int)
                  Linux.NewAttributes.SETXATTR.invokeExact(
                      scratch.state,
                      scratch.first(file.proc()),
                      scratch.second(name),
                      buffer,
                      (long) value.length,
                      0)
              : (int)
                  Linux.NewAttributes.FSETXATTR.invokeExact(
                      scratch.state,
                      file.number(),
                      scratch.second(name),
                      buffer,
                      (long) value.length,
                      0);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    Descriptor.check(result, "setxattr", name, scratch);
  }

  /** Removes one; it being gone already is no error. */
  public static void remove(Descriptor file, String name) throws PosixException {
    Scratch scratch = Scratch.get();
    byte[] bytes = XattrNames.toBytes(name);
    int result;
    try {
      result =
          file.pathOnly()
              ? (int)
                  Linux.NewAttributes.REMOVEXATTR.invokeExact(
                      scratch.state, scratch.first(file.proc()), scratch.second(bytes))
              : (int)
                  Linux.NewAttributes.FREMOVEXATTR.invokeExact(
                      scratch.state, file.number(), scratch.second(bytes));
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    if (result < 0 && scratch.errno() != ENODATA) {
      Descriptor.check(result, "removexattr", bytes, scratch);
    }
  }

  private static boolean unsupported(int errno) {
    return errno == EOPNOTSUPP || errno == ENOSYS;
  }
}
