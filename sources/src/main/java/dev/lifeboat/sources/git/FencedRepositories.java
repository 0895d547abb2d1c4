package dev.lifeboat.sources.git;

import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.fence.Children;
import dev.lifeboat.sources.fence.Fenced;
import dev.lifeboat.sources.fence.TargetFault;
import dev.lifeboat.sources.fence.Trial;
import dev.lifeboat.sources.fence.Trials;
import dev.lifeboat.vault.Directories;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.RefUpdate;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevWalk;

/**
 * Bare repositories that were brought back, tried out with the {@code git} of this machine: {@code
 * fsck}, a clone of each, a push of everything to an empty remote that has to look the same then,
 * and the bytes of every LFS object.
 */
final class FencedRepositories implements Fenced {
  private static final Duration PATIENCE = Duration.ofHours(6);
  private static final String GIT = "git";

  private final Path repositories;
  private final Path trials;
  private final Children children;

  /**
   * @param repositories where they are brought back to; need not exist yet
   * @param trials for clones and remotes, emptied after each use
   */
  FencedRepositories(Path repositories, Path trials, Children children) {
    this.repositories = repositories;
    this.trials = trials;
    this.children = children;
  }

  @Override
  public URI target() {
    try {
      return new URI("git-bare", null, repositories.toString(), null);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public SortedMap<String, String> isolation() {
    return new TreeMap<>(
        Map.of(
            "git",
            "bare repositories in %s; no settings of any user, remotes in the same directory"
                .formatted(repositories)));
  }

  @Override
  public SortedMap<String, String> tools() {
    TreeMap<String, String> tools = new TreeMap<>();
    Optional.ofNullable(Repository.class.getPackage().getImplementationVersion())
        .ifPresent(version -> tools.put("jgit", version));
    try {
      if (children.has(GIT)) {
        tools.put(
            GIT,
            children
                .run(List.of(GIT, "--version"), Duration.ofSeconds(30))
                .firstLine()
                .replace("git version ", ""));
      }
    } catch (IOException e) {
      // Its absence is told where it is missed.
      tools.remove(GIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return tools;
  }

  @Override
  public Trials tryOut(SnapshotView snapshot) throws SourceException, InterruptedException {
    try {
      List<Path> all = all();
      List<Trial> done = new ArrayList<>();
      List<String> leftOut = new ArrayList<>();
      lfs(all, done, leftOut);
      if (children.has(GIT)) {
        done.add(fsck(all));
        cloneAndPush(all, done, leftOut);
      } else {
        leftOut.add(
            "git fsck, clone and push with git itself: git is not installed here (JGit's own check and clone are among the sealed facts)");
      }
      return new Trials(done, leftOut);
    } catch (IOException e) {
      throw new SourceException.Failed(
          "repositories in %s cannot be tried out: %s".formatted(repositories, e.getMessage()), e);
    }
  }

  private List<Path> all() throws IOException {
    if (!Files.isDirectory(repositories)) {
      return List.of();
    }
    try (var files = Files.list(repositories)) {
      return files.filter(Files::isDirectory).sorted().toList();
    }
  }

  private Children.Result git(Path directory, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(GIT, "-C", directory.toString()));
    command.addAll(List.of("-c", "gc.auto=0", "-c", "safe.directory=*"));
    command.addAll(List.of(arguments));
    return children.run(command, PATIENCE);
  }

  private static Trial trial(String name, String each, long count, List<String> wrong) {
    String expected = "%d %s".formatted(count, each);
    return new Trial(
        name,
        expected,
        wrong.isEmpty() ? expected : String.join("; ", wrong.subList(0, Math.min(3, wrong.size()))),
        count,
        wrong.isEmpty());
  }

  private Trial fsck(List<Path> all) throws IOException, InterruptedException {
    List<String> wrong = new ArrayList<>();
    int notStrict = 0;
    for (Path repository : all) {
      if (git(repository, "fsck", "--full", "--strict").code() == 0) {
        continue;
      }
      // Old histories have matters of taste that --strict refuses; their ids are those of the
      // source, so the source has them too. What is broken, is broken without it as well.
      Children.Result plain = git(repository, "fsck", "--full");
      if (plain.code() == 0) {
        notStrict++;
      } else {
        wrong.add("%s: %s".formatted(repository.getFileName(), plain.firstLine()));
      }
    }
    Trial trial = trial("git fsck --full --strict", "repositories sound", all.size(), wrong);
    return notStrict == 0 || !trial.passed()
        ? trial
        : new Trial(
            trial.name(),
            trial.expected(),
            "%s; %d of them only without --strict, as at the source"
                .formatted(trial.actual(), notStrict),
            trial.count(),
            true);
  }

  private void cloneAndPush(List<Path> all, List<Trial> done, List<String> leftOut)
      throws IOException, InterruptedException {
    List<String> notCloned = new ArrayList<>();
    List<String> notPushed = new ArrayList<>();
    int cloned = 0;
    long refs = 0;
    for (Path repository : all) {
      Directories.delete(trials);
      Directories.make(trials);
      SortedMap<String, String> there = refs(repository);
      if (there.isEmpty()) {
        leftOut.add("%s: no branch to clone or push".formatted(repository.getFileName()));
        continue;
      }
      cloned++;
      refs += there.size();
      Path clone = trials.resolve("clone");
      Children.Result result =
          git(trials, "clone", "--quiet", "--no-local", repository.toString(), clone.toString());
      if (result.code() != 0) {
        notCloned.add("%s: %s".formatted(repository.getFileName(), result.firstLine()));
      } else {
        Children.Result status = git(clone, "status", "--porcelain");
        if (status.code() != 0 || !status.output().isBlank()) {
          notCloned.add(
              "%s: the clone is not clean: %s"
                  .formatted(repository.getFileName(), status.firstLine()));
        }
      }
      Path remote = trials.resolve("remote.git");
      Children.Result made = git(trials, "init", "--quiet", "--bare", remote.toString());
      Children.Result pushed =
          made.code() == 0
              ? git(
                  repository,
                  "push",
                  "--quiet",
                  remote.toString(),
                  "+refs/heads/*:refs/heads/*",
                  "+refs/tags/*:refs/tags/*")
              : made;
      if (pushed.code() != 0) {
        notPushed.add("%s: %s".formatted(repository.getFileName(), pushed.firstLine()));
      } else if (!refs(remote).equals(there)) {
        notPushed.add("%s: the remote has other refs".formatted(repository.getFileName()));
      }
    }
    Directories.delete(trials);
    if (cloned > 0) {
      done.add(trial("git clone", "clones, checked out and clean", cloned, notCloned));
      done.add(trial("git push", "refs in an empty remote", refs, notPushed));
    }
  }

  /** Branches and tags, as git lists them. */
  private SortedMap<String, String> refs(Path repository) throws IOException, InterruptedException {
    SortedMap<String, String> refs = new TreeMap<>();
    git(repository, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags")
        .output()
        .lines()
        .filter(line -> line.startsWith("refs/"))
        .forEach(line -> {
          int space = line.lastIndexOf(' ');
          refs.put(line.substring(0, space), line.substring(space + 1));
        });
    return refs;
  }

  private static void lfs(List<Path> all, List<Trial> done, List<String> leftOut)
      throws IOException {
    long objects = 0;
    List<String> wrong = new ArrayList<>();
    for (Path repository : all) {
      objects += RepositoryCheck.lfsObjects(repository).size();
      for (String fault : RepositoryCheck.lfsFaults(repository)) {
        wrong.add("%s: %s".formatted(repository.getFileName(), fault));
      }
    }
    if (objects == 0) {
      leftOut.add("LFS: the repositories have no LFS objects");
    } else {
      done.add(trial("LFS hashes", "objects with the SHA-256 of their names", objects, wrong));
    }
  }

  @Override
  public String ask(String database, String sql) throws SourceException {
    throw new SourceException.Refused("repositories answer no SQL: check them with a command");
  }

  @Override
  public List<TargetFault> faults(Expectations sealed) throws SourceException {
    List<TargetFault> faults = new ArrayList<>();
    for (String name : RepositoryFacts.repositories(sealed.facts())) {
      String prefix = RepositoryFacts.key(name, "ref/");
      String branch = prefix + Constants.R_HEADS;
      List<String> branches =
          sealed.facts().tailMap(branch).keySet().stream()
              .takeWhile(fact -> fact.startsWith(branch))
              .toList();
      if (branches.isEmpty()) {
        continue;
      }
      Path repository = repositories.resolve(name);
      String first = branches.getFirst().substring(prefix.length());
      faults.add(
          new TargetFault(
              "moved ref",
              "%s of %s moved to its parent, or removed".formatted(first, name),
              branches.getFirst(),
              () -> move(repository, first)));
      String last = branches.getLast().substring(prefix.length());
      faults.add(
          new TargetFault(
              "lost ref",
              "%s of %s removed".formatted(last, name),
              branches.getLast(),
              () -> remove(repository, last)));
      return faults;
    }
    return faults;
  }

  private static void move(Path repository, String ref) throws SourceException {
    try (Repository opened = Jgit.open(repository);
        RevWalk walk = new RevWalk(opened)) {
      RevCommit tip = walk.parseCommit(Objects.requireNonNull(opened.resolve(ref), ref));
      RefUpdate update = opened.updateRef(ref);
      update.setForceUpdate(true);
      if (tip.getParentCount() > 0) {
        ObjectId parent = tip.getParent(0).getId();
        update.setNewObjectId(parent);
        update.update();
      } else {
        update.delete();
      }
    } catch (IOException | RuntimeException e) {
      throw new SourceException.Failed(
          "cannot move %s of %s: %s".formatted(ref, repository, e.getMessage()), e);
    }
  }

  private static void remove(Path repository, String ref) throws SourceException {
    try (Repository opened = Jgit.open(repository)) {
      RefUpdate update = opened.updateRef(ref);
      update.setForceUpdate(true);
      RefUpdate.Result _ = update.delete();
    } catch (IOException | RuntimeException e) {
      throw new SourceException.Failed(
          "cannot remove %s of %s: %s".formatted(ref, repository, e.getMessage()), e);
    }
  }

  @Override
  public void close() throws SourceException {
    try {
      Directories.delete(trials);
    } catch (IOException e) {
      throw new SourceException.Failed(
          "%s cannot be removed: %s".formatted(trials, e.getMessage()), e);
    }
  }
}
