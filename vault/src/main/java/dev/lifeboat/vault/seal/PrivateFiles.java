package dev.lifeboat.vault.seal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/** Files that only their owner can read, written so that no crash leaves a half one. */
final class PrivateFiles {
  static final Set<PosixFilePermission> OWNER_ONLY =
      Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  private static final FileAttribute<Set<PosixFilePermission>> MODE_0600 =
      PosixFilePermissions.asFileAttribute(OWNER_ONLY);

  private PrivateFiles() {}

  /**
   * Makes a new file, whole and on disk when this returns.
   *
   * @throws FileAlreadyExistsException if the name is taken; what is there stays untouched
   */
  static void create(Path file, byte[] bytes) throws IOException {
    Path folder = folder(file);
    Path temporary =
        Files.createTempFile(folder, "." + file.getFileName() + ".", ".tmp", MODE_0600);
    try {
      writeAndForce(temporary, bytes, StandardOpenOption.WRITE);
      try {
        // A link, unlike a rename, refuses a name that is taken.
        Files.createLink(file, temporary);
      } catch (FileAlreadyExistsException e) {
        throw e;
      } catch (FileSystemException | UnsupportedOperationException e) {
        // A memory stick may know no links. A crash can leave a half file here, never a wrong one.
        writeAndForce(file, bytes, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
      }
      forceFolder(folder);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /**
   * Puts a file in the place of what is there. After a crash the old or the new one is there,
   * whole; a leftover of an earlier crash is swept up. Only one caller at a time for one file.
   */
  static void replace(Path file, byte[] bytes) throws IOException {
    Path folder = folder(file);
    Path temporary = folder.resolve("." + file.getFileName() + ".new");
    Files.deleteIfExists(temporary);
    try {
      writeAndForce(temporary, bytes, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      Files.deleteIfExists(temporary);
      throw e;
    }
    forceFolder(folder);
  }

  /** Opens a lock file beside {@code file}, which nobody else can read either. */
  static FileChannel lockFile(Path file) throws IOException {
    return FileChannel.open(
        folder(file).resolve("." + file.getFileName() + ".lock"),
        EnumSet.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE),
        MODE_0600);
  }

  private static void writeAndForce(Path file, byte[] bytes, StandardOpenOption... options)
      throws IOException {
    try (FileChannel channel = FileChannel.open(file, Set.of(options), MODE_0600)) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
  }

  private static void forceFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static Path folder(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IllegalArgumentException("not a file: " + file);
    }
    return folder;
  }
}
