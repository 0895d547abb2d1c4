package dev.lifeboat.vault.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * What was read from the regions before, as files. Losing any of it costs time only: whoever reads
 * verifies, and a file that cannot be written is not written. Safe for use by many threads and
 * processes.
 */
final class LocalCache {
  private final Path root;

  /**
   * @param root made when it is not there, for its owner alone
   * @throws UncheckedIOException if it cannot be made
   */
  LocalCache(Path root) {
    this.root = root;
    try {
      if (!Files.isDirectory(root)) {
        Files.createDirectories(root);
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the cache directory " + root + " cannot be made", e);
    }
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
