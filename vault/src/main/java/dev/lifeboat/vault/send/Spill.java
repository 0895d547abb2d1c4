package dev.lifeboat.vault.send;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sealed objects on the local disk, up to a limit. Its files lose their names as soon as they are
 * open: whatever ends the process, also {@code kill -9}, gives their space back. Safe for use by
 * many threads.
 */
final class Spill {
  /** Writing from the heap goes through native memory as large as the piece. */
  private static final int PIECE_BYTES = 256 << 10;

  private static final String SUFFIX = ".spill";

  /** A name is there for a moment only; one this old was left by a process that died in it. */
  private static final Duration LEFT_OVER = Duration.ofMinutes(10);

  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

  private final Path directory;
  private final long limit;
  private final AtomicLong names = new AtomicLong();
  private final long own = ProcessHandle.current().pid();
  private long used;
  private long room;

  Spill(Path directory, long limit) {
    this.directory = directory;
    this.limit = limit;
    this.room = limit;
  }

  private static FileAttribute<?>[] mode(String text) {
    return POSIX
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text))
        }
        : new FileAttribute<?>[0];
  }

  /** One object; closing it gives its space back, once nobody reads it any more. */
  final class Spilled implements AutoCloseable {
    private final FileChannel channel;
    private final int length;

    private Spilled(FileChannel channel, int length) {
      this.channel = channel;
      this.length = length;
    }

    /** Its bytes, mapped until the arena is closed. */
    ByteBuffer map(Arena arena) throws IOException {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, length, arena).asByteBuffer();
    }

    @Override
    public void close() {
      try {
        channel.close();
      } catch (IOException e) {
        // It has no name: the space comes back with the process at the latest.
      }
      release(length);
    }
  }

  /** Whether anything is ever to be put here. */
  boolean isUsable() {
    return limit > 0;
  }

  /** What may lie here: the limit, or less where the disk had no more room. */
  synchronized long capacity() {
    return room;
  }

  synchronized boolean hasRoom(int bytes) {
    return used + bytes <= room;
  }

  /** Claims room; {@link #write} or {@link #release} must follow. */
  synchronized boolean reserve(int bytes) {
    if (used + bytes > room) {
      return false;
    }
    used += bytes;
    return true;
  }

  synchronized void release(int bytes) {
    used -= bytes;
  }

  /**
   * Writes an object for which room was claimed.
   *
   * @throws IOException if the disk refuses; nothing is left behind, and no more than what lies
   *     here now is asked of it again
   */
  Spilled write(ByteBuffer bytes) throws IOException {
    int length = bytes.remaining();
    try {
      Files.createDirectories(directory, mode("rwx------"));
      Path file =
          directory.resolve(
              HexFormat.of().toHexDigits(own) + "-" + names.incrementAndGet() + SUFFIX);
      FileChannel channel =
          FileChannel.open(
              file,
              Set.of(
                  StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
              mode("rw-------"));
      try {
        Files.delete(file);
        ByteBuffer rest = bytes.duplicate();
        int end = rest.limit();
        while (rest.position() < end) {
          rest.limit(Math.min(end, rest.position() + PIECE_BYTES));
          channel.write(rest);
        }
        return new Spilled(channel, length);
      } catch (IOException | RuntimeException | Error e) {
        channel.close();
        throw e;
      }
    } catch (IOException | RuntimeException | Error e) {
      synchronized (this) {
        used -= length;
        room = used;
      }
      throw e;
    }
  }

  /** Removes what a process left that died between making a file and taking its name away. */
  void sweep(Instant now) {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
      for (Path file : files) {
        if (Duration.between(Files.getLastModifiedTime(file).toInstant(), now).compareTo(LEFT_OVER)
            > 0) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      // An empty file more or less; the next session tries again.
    }
  }
}
