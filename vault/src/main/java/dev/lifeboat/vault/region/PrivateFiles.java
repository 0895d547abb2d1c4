package dev.lifeboat.vault.region;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Files and directories that only their owner may read, and that survive a crash. */
final class PrivateFiles {
  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
  private static final FileAttribute<?>[] FILE_MODE = mode("rw-------");
  private static final FileAttribute<?>[] DIRECTORY_MODE = mode("rwx------");

  /**
   * Writing from the heap goes through a buffer of native memory as large as the piece, which its
   * thread keeps: whole packs would cost their length once more in every thread.
   */
  private static final int PIECE_BYTES = 256 << 10;

  private PrivateFiles() {}

  private static FileAttribute<?>[] mode(String text) {
    return POSIX
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text))
        }
        : new FileAttribute<?>[0];
  }

  /** Makes a directory unless it is there; the caller syncs its parent. */
  static void createDirectory(Path directory) throws IOException {
    try {
      Files.createDirectory(directory, DIRECTORY_MODE);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory)) {
        throw e;
      }
    }
  }

  /** Opens a new file for writing. */
  static FileChannel create(Path file) throws IOException {
    return FileChannel.open(
        file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), FILE_MODE);
  }

  /** Writes a new file and syncs it; the caller syncs its directory. */
  static void write(Path file, ByteBuffer bytes) throws IOException {
    try (FileChannel channel = create(file)) {
      write(channel, bytes);
    }
  }

  /** Writes to the end of the buffer, whose own position stays, and syncs. */
  static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
    ByteBuffer rest = bytes.duplicate();
    int end = rest.limit();
    while (rest.position() < end) {
      rest.limit(Math.min(end, rest.position() + PIECE_BYTES));
      channel.write(rest);
    }
    channel.force(true);
  }

  static void sync(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
