package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.Directories;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.snapshot.ManifestReferences;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A local directory for what manifests and index objects refer to. Losing it costs time: everything
 * is read from the regions again. One at a time may use it; who comes second works in a temporary
 * directory and reads everything.
 */
public final class UpkeepCache {
  private final Path directory;
  private final Digest binding;

  /**
   * @param directory made when it is not there
   * @param binding of everything by which objects are understood and trusted, keys and writers:
   *     with another one, nothing of what was kept counts
   */
  public UpkeepCache(Path directory, Digest binding) {
    this.directory = directory;
    this.binding = binding;
  }

  /** What is known of locks. */
  public Locks locks(RegionSet regions) {
    return new Locks(regions, directory.resolve("locks"));
  }

  /** Begins to use it. */
  Use use() {
    try {
      Files.createDirectories(directory);
      FileChannel channel =
          FileChannel.open(
              directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = null;
      try {
        lock = channel.tryLock();
      } catch (OverlappingFileLockException e) {
        // Another thread of this process.
      }
      if (lock != null) {
        removeLeftOvers();
        return new Use(directory, binding, channel, false);
      }
      channel.close();
      return new Use(Files.createTempDirectory("lifeboat-upkeep"), binding, null, true);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "the cache directory %s cannot be used".formatted(directory), e);
    }
  }

  /**
   * Whoever holds the lock knows that nobody else writes here: what is unfinished never will be.
   */
  private void removeLeftOvers() throws IOException {
    List<Path> old;
    try (Stream<Path> files = Files.walk(directory)) {
      old = files.filter(file -> file.toString().endsWith(".tmp")).toList();
    }
    for (Path file : old) {
      Files.deleteIfExists(file);
    }
  }

  /** The directory in use. */
  static final class Use implements AutoCloseable {
    private final Path directory;
    private final Digest binding;
    private final @Nullable FileChannel lock;
    private final boolean own;

    private Use(Path directory, Digest binding, @Nullable FileChannel lock, boolean own) {
      this.directory = directory;
      this.binding = binding;
      this.lock = lock;
      this.own = own;
    }

    Path directory() {
      return directory;
    }

    Digest binding() {
      return binding;
    }

    ReferenceTables tables(ManifestReferences references) {
      return new ReferenceTables(directory.resolve("references"), binding, references);
    }

    @Override
    public void close() {
      try {
        if (lock != null) {
          lock.close();
        }
        if (own) {
          Directories.delete(directory);
        }
      } catch (IOException e) {
        throw new UncheckedIOException("cannot leave " + directory, e);
      }
    }
  }
}
