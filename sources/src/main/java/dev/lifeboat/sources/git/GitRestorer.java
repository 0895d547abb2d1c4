package dev.lifeboat.sources.git;

import dev.lifeboat.sources.BringBackContext;
import dev.lifeboat.sources.Restorer;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.Directories;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.SnapshotSink;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.api.ResetCommand;
import org.eclipse.jgit.api.errors.GitAPIException;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileBasedConfig;
import org.eclipse.jgit.util.FS;

/**
 * Brings repositories back: {@code git-bare:/dir} writes each as a bare repository {@code
 * dir/<name>.git}, {@code git-clone:/dir} as a working clone {@code dir/<name>} with its default
 * branch checked out. A path of the selection is the name of a repository, with or without {@code
 * .git}.
 *
 * <p>A repository appears under its name whole or not at all.
 */
public final class GitRestorer implements Restorer {
  private static final String BARE = "git-bare";
  private static final String CLONE = "git-clone";

  @Override
  public String kind() {
    return GitSource.KIND;
  }

  @Override
  public boolean accepts(URI target) {
    return BARE.equals(target.getScheme()) || CLONE.equals(target.getScheme());
  }

  @Override
  public void bringBack(
      SnapshotView snapshot, List<TreePath> selection, URI target, BringBackContext context)
      throws SourceException, InterruptedException {
    if (!accepts(target)) {
      throw new SourceException.Refused(
          "%s is no target for repositories: use git-bare:/directory or git-clone:/directory"
              .formatted(target));
    }
    Path directory = directory(target);
    boolean bare = BARE.equals(target.getScheme());
    Map<Node.Directory, Path> places = new LinkedHashMap<>();
    for (Node.Directory repository : selected(snapshot, selection)) {
      Path place = place(directory, repository.name().toString(), bare);
      if (Files.exists(place, LinkOption.NOFOLLOW_LINKS) && !context.overwrite()) {
        throw new SourceException.Refused(
            "%s exists: choose another directory, or allow overwriting".formatted(place));
      }
      places.put(repository, place);
    }
    List<String> done = new ArrayList<>();
    for (var place : places.entrySet()) {
      context.progress().at(place.getKey().name().toString());
      try {
        bringBack(snapshot, place.getKey(), place.getValue(), bare, context);
      } catch (IOException | GitAPIException e) {
        throw new SourceException.Failed(
            "%s could not be written: %s; written before: %s"
                .formatted(place.getValue(), e.getMessage(), done.isEmpty() ? "none" : done),
            e);
      }
      done.add(place.getKey().name().toString());
      context.progress().items(1);
    }
  }

  private static void bringBack(
      SnapshotView snapshot,
      Node.Directory from,
      Path place,
      boolean bare,
      BringBackContext context)
      throws IOException, GitAPIException, InterruptedException {
    Files.createDirectories(place.toAbsolutePath().getParent());
    Path partial = place.resolveSibling("." + place.getFileName() + ".lifeboat-partial");
    Directories.delete(partial);
    Files.createDirectory(partial);
    Path gitDirectory = bare ? partial : partial.resolve(".git");
    Files.createDirectories(gitDirectory);
    write(snapshot, snapshot.list(from.content()), gitDirectory, context);
    if (!bare) {
      checkOut(gitDirectory, partial);
    }
    Path replaced = place.resolveSibling("." + place.getFileName() + ".lifeboat-replaced");
    Directories.delete(replaced);
    if (Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
      DurableFiles.move(place, replaced);
    }
    DurableFiles.move(partial, place);
    Directories.delete(replaced);
  }

  private static void write(
      SnapshotView snapshot, List<Node> nodes, Path directory, BringBackContext context)
      throws IOException, InterruptedException {
    for (Node node : nodes) {
      if (Thread.interrupted()) {
        throw new InterruptedException("restore into " + directory);
      }
      // Names come checked: none of them is '..' or has a slash.
      Path path = directory.resolve(node.name().toString());
      switch (node) {
        case Node.Directory below -> {
          Files.createDirectory(path);
          write(snapshot, snapshot.list(below.content()), path, context);
        }
        case Node.File file -> {
          try (var in = snapshot.open(file.content())) {
            long bytes = Files.copy(in, path);
            if (bytes != file.bytes()) {
              throw new IOException(
                  "%s has %d bytes instead of %d".formatted(path, bytes, file.bytes()));
            }
            context.progress().bytes(bytes);
          }
          if ((file.attributes().mode() & 0222) == 0) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("r--r--r--"));
          }
        }
        case Node.Symlink link ->
            throw new IOException(link.name() + " is a link: not what a git source wrote");
        case Node.Special special ->
            throw new IOException(special.name() + " is a device: not what a git source wrote");
      }
    }
  }

  private static void checkOut(Path gitDirectory, Path workTree)
      throws IOException, GitAPIException {
    FileBasedConfig config =
        new FileBasedConfig(gitDirectory.resolve("config").toFile(), FS.DETECTED);
    try {
      config.load();
    } catch (org.eclipse.jgit.errors.ConfigInvalidException e) {
      throw new IOException("config of " + gitDirectory, e);
    }
    config.setBoolean("core", null, "bare", false);
    config.save();
    try (Repository repository = Jgit.open(gitDirectory, workTree);
        Git git = new Git(repository)) {
      ObjectId tree = repository.resolve("HEAD^{tree}");
      if (tree == null) {
        return;
      }
      if (!CloneCheck.canCheckOut(repository, tree)) {
        throw new IOException(
            "it has names beyond ASCII, which this locale cannot write: run with LC_ALL=C.UTF-8, or restore to git-bare:");
      }
      git.reset().setMode(ResetCommand.ResetType.HARD).call();
    }
  }

  private static List<Node.Directory> selected(SnapshotView snapshot, List<TreePath> selection)
      throws SourceException {
    Map<String, Node.Directory> all = new TreeMap<>();
    for (Node node : snapshot.list(snapshot.root())) {
      if (node instanceof Node.Directory directory) {
        all.put(directory.name().toString(), directory);
      }
    }
    if (selection.stream().allMatch(TreePath::isRoot)) {
      return List.copyOf(all.values());
    }
    Map<String, Node.Directory> chosen = new TreeMap<>();
    for (TreePath path : selection) {
      String name = path.toString();
      Node.Directory found = all.getOrDefault(name, all.get(name + ".git"));
      if (found == null) {
        throw new SourceException.Refused(
            "the snapshot has no repository %s; it has %s".formatted(name, all.keySet()));
      }
      chosen.put(found.name().toString(), found);
    }
    return List.copyOf(chosen.values());
  }

  private static Path directory(URI target) throws SourceException {
    String path = target.getPath();
    if (path == null || !path.startsWith("/")) {
      throw new SourceException.Refused(
          "%s lacks an absolute directory: write %s:/directory"
              .formatted(target, target.getScheme()));
    }
    try {
      return Path.of(path);
    } catch (InvalidPathException e) {
      throw new SourceException.Refused(
          "%s cannot be a directory here: %s".formatted(target, e.getMessage()));
    }
  }

  private static Path place(Path directory, String name, boolean bare) {
    return directory.resolve(bare ? name : name.replaceFirst("\\.git$", ""));
  }

  @Override
  public Expectations gather(
      URI target, Expectations expected, SnapshotSink measure, BringBackContext context)
      throws SourceException, InterruptedException {
    Path directory = directory(target);
    if (!Files.isDirectory(directory)) {
      throw new SourceException.Unreachable(directory + ": no such directory", null);
    }
    TreeMap<String, String> facts = new TreeMap<>();
    int found = 0;
    for (String name : RepositoryFacts.repositories(expected.facts())) {
      if (Thread.interrupted()) {
        throw new InterruptedException("check of " + name);
      }
      context.progress().at(name);
      Path place = place(directory, name, !CLONE.equals(target.getScheme()));
      Path gitDirectory = CLONE.equals(target.getScheme()) ? place.resolve(".git") : place;
      if (!Files.isDirectory(gitDirectory)) {
        continue;
      }
      found++;
      check(name, gitDirectory, context.scratch())
          .forEach((fact, value) -> facts.put(RepositoryFacts.key(name, fact), value));
      context.progress().items(1);
    }
    if (expected.facts().containsKey("repositories")) {
      facts.put("repositories", Integer.toString(found));
    }
    return new Expectations(GitSource.KIND, RepositoryFacts.VERSION, facts, expected.limits());
  }

  private static Map<String, String> check(String name, Path gitDirectory, Path scratch)
      throws SourceException {
    Map<String, String> facts = new TreeMap<>();
    List<String> faults = new RepositoryCheck(gitDirectory).run();
    facts.put(
        "fsck",
        faults.isEmpty() ? "clean" : "%d faults: %s".formatted(faults.size(), faults.getFirst()));
    try {
      facts.putAll(RepositoryFacts.of(gitDirectory));
    } catch (IOException | RuntimeException e) {
      // The facts that are missing then are found missing; this says why.
      facts.put("unreadable", String.valueOf(e.getMessage()));
    }
    Path clone = scratch.resolve("clone-of-" + name);
    try {
      clone(gitDirectory, clone).ifPresent(tree -> facts.put("clone", tree));
      Directories.delete(clone);
    } catch (IOException e) {
      throw new SourceException.Failed(
          "the scratch directory %s cannot be used: %s".formatted(scratch, e.getMessage()), e);
    }
    return facts;
  }

  /** Nothing if there is nothing to check out: an empty repository, a HEAD without its branch. */
  private static Optional<String> clone(Path gitDirectory, Path target) throws IOException {
    try (Repository repository = Jgit.open(gitDirectory)) {
      if (repository.resolve("HEAD") == null) {
        return Optional.empty();
      }
    } catch (RuntimeException e) {
      return Optional.of("clone failed: " + e.getMessage());
    }
    return Optional.of(CloneCheck.run(gitDirectory, target));
  }
}
