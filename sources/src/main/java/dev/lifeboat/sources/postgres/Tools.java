package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.SourceException;
import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One installation of PostgreSQL's client programs.
 *
 * @param version for example {@code 15.20}
 */
record Tools(Path directory, int major, String version) {
  private static final Path VERSIONED = Path.of("/usr/lib/postgresql");

  Path binary(String name) {
    return directory.resolve(name);
  }

  /**
   * The programs to use with servers of this major version: the oldest that are not too old,
   * because what a newer {@code pg_dump} writes, an older {@code pg_restore} cannot read, and what
   * a newer {@code pg_restore} sends, an older server may not understand.
   *
   * @param needed what makes this version necessary, for the message
   * @throws SourceException.Refused naming both versions and the package to install
   */
  static Tools find(Optional<Path> directory, int atLeast, String needed)
      throws SourceException.Refused, InterruptedException {
    List<Tools> found = new ArrayList<>();
    for (Path candidate : directory.map(List::of).orElseGet(Tools::candidates)) {
      Optional<Tools> tools = inspect(candidate);
      if (tools.isPresent()) {
        found.add(tools.get());
      }
    }
    Optional<Tools> best = Optional.empty();
    for (Tools tools : found) {
      if (tools.major >= atLeast && (best.isEmpty() || tools.major < best.get().major)) {
        best = Optional.of(tools);
      }
    }
    if (best.isPresent()) {
      return best.get();
    }
    String where = directory.map(Path::toString).orElse("PATH or " + VERSIONED + "/*/bin");
    if (found.isEmpty()) {
      throw new SourceException.Refused(
          "pg_dump and pg_restore are not in %s; install the package postgresql-client-%d"
              .formatted(where, atLeast));
    }
    StringBuilder versions = new StringBuilder();
    found.forEach(tools -> versions.append(versions.isEmpty() ? "" : ", ").append(tools.version));
    throw new SourceException.Refused(
        "pg_dump %s in %s is older than %s, version %d; install the package postgresql-client-%d"
            .formatted(versions, where, needed, atLeast, atLeast));
  }

  private static List<Path> candidates() {
    Set<Path> directories = new LinkedHashSet<>();
    String path = System.getenv("PATH");
    for (String entry : (path == null ? "" : path).split(File.pathSeparator, -1)) {
      Path binary = Path.of(entry.isEmpty() ? "." : entry, "pg_dump");
      try {
        // Debian's /usr/bin/pg_dump is a script that chooses a version by rules of its own.
        if (Files.isExecutable(binary)
            && !String.valueOf(binary.toRealPath().getFileName()).equals("pg_wrapper")) {
          directories.add(binary.toRealPath().resolveSibling(""));
        }
      } catch (IOException e) {
        // A link that leads nowhere is no installation.
      }
    }
    try (DirectoryStream<Path> versions = Files.newDirectoryStream(VERSIONED)) {
      versions.forEach(version -> directories.add(version.resolve("bin")));
    } catch (IOException e) {
      // Not a Debian: PATH has to do.
      return List.copyOf(directories);
    }
    return List.copyOf(directories);
  }

  private static Optional<Tools> inspect(Path directory) throws InterruptedException {
    Path dump = directory.resolve("pg_dump");
    if (!Files.isExecutable(dump) || !Files.isExecutable(directory.resolve("pg_restore"))) {
      return Optional.empty();
    }
    return ProgramVersion.of(dump)
        .map(version -> new Tools(directory, version.major(), version.text()));
  }
}
