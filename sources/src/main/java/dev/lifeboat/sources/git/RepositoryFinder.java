package dev.lifeboat.sources.git;

import dev.lifeboat.vault.snapshot.Problem;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the repositories below a directory: bare ones, and working trees by their {@code .git}
 * directory. Nothing is looked for inside a repository or its working tree. A symbolic link counts
 * if it leads to a repository itself; links to other directories are not followed, so that there
 * are no circles.
 */
final class RepositoryFinder {
  private final int depth;
  private final List<Origin> found = new ArrayList<>();
  private final List<Problem> problems = new ArrayList<>();

  RepositoryFinder(int depth) {
    this.depth = depth;
  }

  List<Origin> found() {
    return found;
  }

  List<Problem> problems() {
    return problems;
  }

  /**
   * Looks at a configured directory.
   *
   * @throws RepositoryFailure if it does not exist, cannot be read, or holds no repository: none is
   *     never taken for an empty dataset
   */
  void search(Path root) throws RepositoryFailure {
    if (!Files.isDirectory(root)) {
      throw new RepositoryFailure(
          Problem.Kind.UNREADABLE,
          root + ": no such directory (is its file system mounted?)",
          null);
    }
    int before = found.size();
    int problemsBefore = problems.size();
    look(root, 0);
    if (found.size() == before && problems.size() == problemsBefore) {
      throw new RepositoryFailure(
          Problem.Kind.UNREADABLE,
          "%s: no repository in it, as deep as %d levels".formatted(root, depth),
          null);
    }
  }

  private void look(Path directory, int level) {
    if (isRepository(directory)) {
      found.add(Origin.of(directory));
      return;
    }
    if (level >= depth || (level > 0 && Files.isSymbolicLink(directory))) {
      return;
    }
    List<Path> below = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (Files.isDirectory(entry)) {
          below.add(entry);
        }
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      problems.add(new Problem(directory.toString(), Problem.Kind.UNREADABLE, e.toString()));
      return;
    }
    below.sort(null);
    for (Path entry : below) {
      look(entry, level + 1);
    }
  }

  static boolean isRepository(Path directory) {
    return isGitDirectory(directory) || isGitDirectory(directory.resolve(".git"));
  }

  private static boolean isGitDirectory(Path directory) {
    return Files.exists(directory.resolve("HEAD"), LinkOption.NOFOLLOW_LINKS)
        && Files.isDirectory(directory.resolve("objects"))
        && (Files.isDirectory(directory.resolve("refs"))
            || Files.isDirectory(directory.resolve("reftable")));
  }
}
