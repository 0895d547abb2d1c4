package dev.lifeboat.sources.git;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.sources.BringBackContext;
import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Progress;
import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.MemorySnapshot;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Origins made with the {@code git} binary, nights over them, and what comes back. */
final class GitWorld {
  final Path root;
  final Path state;
  final MemorySnapshot vault = new MemorySnapshot();
  private int commits;
  private int restores;

  GitWorld(Path root) throws IOException {
    this.root = root;
    this.state = Files.createDirectories(root.resolve("state"));
    Files.createDirectories(root.resolve("home"));
  }

  /** Runs git and returns what it prints; fails when it fails. */
  String git(Path directory, String... arguments) {
    List<String> command = new ArrayList<>(List.of("git", "-C", directory.toString()));
    command.addAll(Arrays.asList(arguments));
    return run(command, Map.of());
  }

  String run(List<String> command, Map<String, String> environment) {
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().put("HOME", root.resolve("home").toString());
      builder.environment().put("GIT_CONFIG_NOSYSTEM", "1");
      builder.environment().put("GIT_TERMINAL_PROMPT", "0");
      builder.environment().put("LC_ALL", "C.UTF-8");
      for (String who : List.of("AUTHOR", "COMMITTER")) {
        builder.environment().put("GIT_" + who + "_NAME", "Ada");
        builder.environment().put("GIT_" + who + "_EMAIL", "ada@example.net");
        builder
            .environment()
            .put("GIT_" + who + "_DATE", (1_700_000_000L + 60L * commits) + " +0000");
      }
      builder.environment().putAll(environment);
      Process process = builder.start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
      return output.strip();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A bare repository with nothing in it. */
  Path bare(String name) throws IOException {
    Path repository = root.resolve(name);
    Files.createDirectories(repository.getParent());
    git(root, "init", "-q", "--bare", "-b", "main", repository.toString());
    return repository;
  }

  /** A working clone of it. */
  Path work(Path bare) {
    Path work = bare.resolveSibling(bare.getFileName() + "-work");
    git(root, "clone", "-q", bare.toString(), work.toString());
    git(work, "checkout", "-q", "-B", "main");
    return work;
  }

  /** A bare repository with two commits on main, and its working clone beside it. */
  Path filled(String name) throws IOException {
    Path bare = bare(name);
    Path work = work(bare);
    commit(work, "one.txt", "first\n");
    commit(work, "two.txt", "second\n");
    push(work);
    return bare;
  }

  String commit(Path work, String file, String content) throws IOException {
    commits++;
    Path path = work.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, content);
    git(work, "add", "-A");
    git(work, "commit", "-q", "--allow-empty", "-m", "change " + file + " " + commits);
    return git(work, "rev-parse", "HEAD");
  }

  void push(Path work) {
    git(work, "push", "-q", "origin", "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*");
  }

  static Path workOf(Path bare) {
    return bare.resolveSibling(bare.getFileName() + "-work");
  }

  static GitSettings settings(List<Path> directories, GitUrl... urls) {
    return GitSettings.of(List.of(urls), directories);
  }

  Captured night(GitSettings settings) throws SourceException, InterruptedException {
    return night(settings, Optional.empty());
  }

  Captured night(GitSettings settings, Optional<Secret> password)
      throws SourceException, InterruptedException {
    return new GitSource(settings, password, Optional.empty()).capture(context());
  }

  CaptureContext context() {
    return new CaptureContext(vault, state, clock(), Progress.NONE);
  }

  static Clock clock() {
    return Clock.fixed(Instant.parse("2026-11-02T01:30:00Z"), ZoneOffset.UTC);
  }

  BringBackContext back() throws IOException {
    Path scratch = Files.createDirectories(root.resolve("scratch-" + restores++));
    return new BringBackContext(scratch, clock(), Progress.NONE, Optional.empty(), false);
  }

  /** Restores all repositories as bare ones. */
  Path restore(Captured captured) throws Exception {
    Path target = root.resolve("restored-" + restores);
    try (SnapshotView view = vault.seal(captured)) {
      new GitRestorer().bringBack(view, List.of(), URI.create("git-bare:" + target), back());
    }
    return target;
  }

  Expectations gather(URI target, Captured captured) throws Exception {
    return new GitRestorer().gather(target, captured.expectations(), vault, back());
  }

  /** What git itself thinks of a repository: nothing at all to complain of. */
  void fsck(Path repository) {
    String output = git(repository, "fsck", "--full", "--strict", "--no-dangling");
    assertThat(output.lines().filter(line -> !line.startsWith("notice:"))).isEmpty();
  }

  /** Refs of a repository as git lists them, without those kept by the mirror. */
  List<String> refs(Path repository) {
    return git(repository, "for-each-ref", "--format=%(objectname) %(refname)")
        .lines()
        .filter(line -> !line.contains(Mirror.KEPT))
        .toList();
  }

  List<Path> packs(String mirror) throws IOException {
    return RepositoryFacts.packs(state.resolve("mirrors").resolve(mirror));
  }

  static List<Path> tree(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      return paths.sorted().toList();
    }
  }
}
