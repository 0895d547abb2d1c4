package dev.lifeboat.sources.git;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A repository to be mirrored.
 *
 * @param local its directory, if it is one of this machine
 */
record Origin(GitUrl url, Optional<Path> local) {
  /** As configured by URL. */
  static Origin of(GitUrl url) {
    return new Origin(
        url,
        url.transport() == GitUrl.Transport.FILE
            ? Optional.of(Path.of(url.path()))
            : Optional.empty());
  }

  /** As found in a directory. */
  static Origin of(Path repository) {
    return new Origin(GitUrl.local(repository), Optional.of(repository));
  }

  /** The directory with {@code HEAD} in it: the repository itself, or its {@code .git}. */
  Optional<Path> gitDirectory() {
    return local.map(directory ->
        Files.isDirectory(directory.resolve(".git")) ? directory.resolve(".git") : directory);
  }
}
