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
 * One installation of PostgreSQL's server.
 *
 * @param version for example {@code 15.20}
 */
record ServerPrograms(Path directory, int major, String version) {
  private static final Path VERSIONED = Path.of("/usr/lib/postgresql");

  /**
   * The oldest that is not older than a snapshot's server: nearest to what the data come from.
   *
   * @throws SourceException.Refused naming the package to install
   */
  static ServerPrograms find(Optional<Path> directory, int atLeast)
      throws SourceException.Refused, InterruptedException {
    List<ServerPrograms> found = new ArrayList<>();
    for (Path candidate : directory.map(List::of).orElseGet(ServerPrograms::candidates)) {
      inspect(candidate).ifPresent(found::add);
    }
    return found.stream()
        .filter(programs -> programs.major >= atLeast)
        .min((a, b) -> Integer.compare(a.major, b.major))
        .orElseThrow(() ->
            new SourceException.Refused(
                "no PostgreSQL server of version %d or later is installed here%s; install the package postgresql-%d"
                    .formatted(
                        atLeast,
                        found.isEmpty() ? "" : " (there is %s)".formatted(found.getFirst().version),
                        Math.max(atLeast, 15))));
  }

  private static List<Path> candidates() {
    Set<Path> directories = new LinkedHashSet<>();
    try (DirectoryStream<Path> versions = Files.newDirectoryStream(VERSIONED)) {
      versions.forEach(version -> directories.add(version.resolve("bin")));
    } catch (IOException e) {
      // Not a Debian: PATH has to do.
      directories.clear();
    }
    String path = System.getenv("PATH");
    for (String entry : (path == null ? "" : path).split(File.pathSeparator, -1)) {
      directories.add(Path.of(entry.isEmpty() ? "." : entry).toAbsolutePath());
    }
    return List.copyOf(directories);
  }

  private static Optional<ServerPrograms> inspect(Path directory) throws InterruptedException {
    Path postgres = directory.resolve("postgres");
    if (!Files.isExecutable(postgres) || !Files.isExecutable(directory.resolve("initdb"))) {
      return Optional.empty();
    }
    return ProgramVersion.of(postgres)
        .map(version -> new ServerPrograms(directory, version.major(), version.text()));
  }

  String binary(String name) {
    return directory.resolve(name).toString();
  }

  boolean has(String name) {
    return Files.isExecutable(directory.resolve(name));
  }
}
