package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.index.SegmentStore;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.VaultId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What was read from the regions before, as files. Losing any of it costs time only: whoever reads
 * verifies, and a file that cannot be written is not written. Safe for use by many threads and
 * processes.
 */
final class LocalCache implements AutoCloseable {
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration WEEK = Duration.ofDays(7);

  private final Path root;
  private final Clock clock;
  private final Map<TenantId, SegmentStore> segments = new ConcurrentHashMap<>();
  private final ExecutorService background;

  /**
   * @param root made when it is not there, for its owner alone
   * @param clock tells how long ago something was used
   * @throws UncheckedIOException if it cannot be made
   */
  LocalCache(Path root, Clock clock) {
    this.root = root;
    this.clock = clock;
    // No thread as long as there is nothing to do.
    this.background =
        new ThreadPoolExecutor(
            0,
            1,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().name("cache").daemon().factory());
    try {
      if (!Files.isDirectory(root)) {
        Files.createDirectories(root);
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the cache directory " + root + " cannot be made", e);
    }
  }

  /** The local index of a tenant, the same for all who ask. */
  SegmentStore segments(VaultId vault, TenantId tenant) {
    return segments.computeIfAbsent(
        tenant, _ -> new SegmentStore(root.resolve("segments/" + tenant), vault, tenant));
  }

  /** Does something when there is time for it; {@link #close} waits. */
  void inBackground(Runnable work) {
    background.execute(work);
  }

  /** Ends what is done in the background first. */
  @Override
  public void close() {
    background.close();
  }

  /** The file under a name, mapped; empty if there is none. */
  ByteBuffer map(String name) {
    try (FileChannel channel = FileChannel.open(root.resolve(name))) {
      return channel.map(
          FileChannel.MapMode.READ_ONLY, 0, Math.min(channel.size(), Integer.MAX_VALUE));
    } catch (IOException e) {
      return ByteBuffer.allocate(0);
    }
  }

  /** Where somebody else may keep files; made by them. */
  Path directory(String name) {
    return root.resolve(name);
  }

  /** What is cached under a name, {@code null} if nothing is. */
  byte @Nullable [] get(String name) {
    try {
      return Files.readAllBytes(root.resolve(name));
    } catch (IOException e) {
      return null;
    }
  }

  /** Keeps bytes under a name if that is possible; never half of them. */
  void put(String name, byte[] bytes) {
    try {
      Path temporary = temporary();
      try {
        Files.write(temporary, bytes);
        move(temporary, name);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      // A cache that cannot be written is an empty one: the next session reads the region again.
    }
  }

  /** Notes that a file is still of use; what never is goes one day by {@link #prune}. */
  void used(String name) {
    Path file = root.resolve(name);
    try {
      Instant now = clock.instant();
      if (Files.getLastModifiedTime(file).toInstant().isBefore(now.minus(DAY))) {
        Files.setLastModifiedTime(file, FileTime.from(now));
      }
    } catch (IOException e) {
      // At worst it goes, and is made again.
    }
  }

  /**
   * Removes files of a directory that nobody used for a long time. Looks at them once a week.
   *
   * @param unused for how long
   */
  void prune(String directory, Duration unused) {
    Path folder = root.resolve(directory);
    Path marker = folder.resolve(".pruned");
    Instant now = clock.instant();
    try {
      if (!Files.isDirectory(folder) || isYounger(marker, now.minus(WEEK))) {
        return;
      }
      for (String name : list(directory)) {
        if (!isYounger(folder.resolve(name), now.minus(unused))) {
          Files.deleteIfExists(folder.resolve(name));
        }
      }
      Files.write(marker, new byte[0]);
      Files.setLastModifiedTime(marker, FileTime.from(now));
    } catch (IOException e) {
      // They stay for now.
    }
  }

  private static boolean isYounger(Path file, Instant than) throws IOException {
    return Files.exists(file) && Files.getLastModifiedTime(file).toInstant().isAfter(than);
  }

  /** The names in a directory of the cache. */
  List<String> list(String directory) {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(root.resolve(directory))) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    } catch (IOException | DirectoryIteratorException e) {
      // What cannot be listed is not there, for whoever wants to remove it.
    }
    return names;
  }

  void remove(String name) {
    try {
      Files.deleteIfExists(root.resolve(name));
    } catch (IOException e) {
      // It will be found wrong again, and replaced then.
    }
  }

  /** A new file to be filled and then {@linkplain #move moved} or deleted. */
  Path temporary() throws IOException {
    Path directory = root.resolve("tmp");
    Files.createDirectories(directory);
    return Files.createTempFile(directory, "cache", null);
  }

  void move(Path temporary, String name) throws IOException {
    Path target = root.resolve(name);
    Path parent = target.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
  }
}
