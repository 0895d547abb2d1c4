package dev.lifeboat.schedules.store;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;

/** What homes are called among those that share a store. */
public final class Nodes {
  private static final String FILE = "node";

  private Nodes() {}

  /**
   * The name of a home, given to it when it is asked for the first time: in the file {@code node}
   * of its state, there whole or not at all.
   *
   * @param directory of the home's state; made if it is not there
   */
  public static String of(Path directory) throws IOException {
    Path file = directory.resolve(FILE);
    if (Files.notExists(file)) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      Path unfinished = Files.createTempFile(directory, FILE, ".new");
      try {
        Files.writeString(unfinished, UUID.randomUUID() + "\n");
        // Whoever comes second keeps the first one's.
        Files.createLink(file, unfinished);
      } catch (FileAlreadyExistsException e) {
        // Made meanwhile.
      } finally {
        Files.deleteIfExists(unfinished);
      }
    }
    return Files.readString(file).strip();
  }
}
