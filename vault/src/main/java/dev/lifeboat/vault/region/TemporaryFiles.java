package dev.lifeboat.vault.region;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The {@code .tmp} directory of a directory region: files that have no key yet.
 *
 * <p>A writer holds a lock on its file; the kernel releases it when the process dies, on whatever
 * host. So a file that can be locked belongs to nobody. A file taken away from a living writer by
 * mistake costs that writer a second attempt, never data.
 */
final class TemporaryFiles {
  /** Younger files are left alone: their writer may not have locked them yet. */
  static final Duration UNTOUCHED = Duration.ofHours(1);

  /** Never removed: two writers would hold locks on two files of this name. */
  static final String RENAME_LOCK = "rename.lock";

  /** Where the file system knows no locks, age alone has to tell. */
  static final Duration ABANDONED = Duration.ofDays(2);

  /**
   * Names the files of this process. Closing a file drops every lock that its process has on it.
   */
  private static final String OWN = UUID.randomUUID().toString();

  private static final AtomicLong COUNT = new AtomicLong();

  private final Path directory;

  TemporaryFiles(Path directory) {
    this.directory = directory;
  }

  /** A file that is written and synced. Closing removes its temporary name, if it still has it. */
  record Draft(Path path, FileChannel channel) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      try (channel) {
        Files.deleteIfExists(path);
      }
    }
  }

  Draft write(ByteBuffer bytes) throws IOException {
    Path path = directory.resolve(OWN + "-" + COUNT.incrementAndGet());
    FileChannel channel = PrivateFiles.create(path);
    Draft draft = new Draft(path, channel);
    try {
      lock(channel);
      PrivateFiles.write(channel, bytes);
      return draft;
    } catch (Throwable e) {
      try {
        draft.close();
      } catch (IOException failed) {
        e.addSuppressed(failed);
      }
      throw e;
    }
  }

  /** What the file system's clock says: the time it gives to a file written now. */
  Instant fileSystemTime() throws IOException {
    Path path = directory.resolve(OWN + "-" + COUNT.incrementAndGet());
    try (Draft probe = new Draft(path, PrivateFiles.create(path))) {
      return Files.getLastModifiedTime(probe.path()).toInstant();
    }
  }

  /** Removes files of dead writers. Failing to is no reason not to open a region. */
  void removeLeftovers() {
    try {
      Instant now = fileSystemTime();
      try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
        for (Path file : files) {
          Duration age = Duration.between(Files.getLastModifiedTime(file).toInstant(), now);
          if (age.compareTo(UNTOUCHED) > 0
              && !file.endsWith(RENAME_LOCK)
              && !file.getFileName().toString().startsWith(OWN)
              && (isUnlocked(file) || age.compareTo(ABANDONED) > 0)) {
            Files.deleteIfExists(file);
          }
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // A region on read-only media, or a file that another cleaner took first: the next opening
      // tries again, and nothing depends on it.
    }
  }

  private static boolean isUnlocked(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      return channel.tryLock() != null;
    } catch (IOException | OverlappingFileLockException e) {
      return false;
    }
  }

  private static @Nullable FileLock lock(FileChannel channel) {
    try {
      return channel.tryLock();
    } catch (IOException e) {
      return null; // No locks here: ABANDONED decides.
    }
  }
}
