package dev.lifeboat.sources.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.lifeboat.sources.Comparison;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.Directories;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.Problem;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.TreePath;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Repositories of this machine through nights, judged by the {@code git} binary. */
class GitSourceIT {
  @TempDir Path root;
  private GitWorld world;

  @BeforeEach
  void makeWorld() throws IOException {
    world = new GitWorld(root);
  }

  private void assertComesBack(Captured captured, String name, Path origin) throws Exception {
    Path restored = world.restore(captured).resolve(name);
    world.fsck(restored);
    assertThat(world.refs(restored)).isEqualTo(world.refs(origin));
    Comparison comparison =
        Comparison.of(
            captured.expectations(),
            world.gather(URI.create("file:" + restored.getParent()), captured));
    assertThat(comparison.differences()).isEmpty();
    assertThat(comparison.proves()).isTrue();
  }

  @Test
  void capture_firstNight_comesBackAsItWas() throws Exception {
    Path origin = world.filled("srv/app.git");
    Path work = GitWorld.workOf(origin);
    world.git(work, "tag", "-a", "-m", "release", "v1");
    world.git(work, "notes", "add", "-m", "a note");
    world.git(work, "push", "-q", "origin", "v1", "refs/notes/commits");
    world.git(origin, "update-ref", "refs/pull/7/head", "main~1");

    Captured captured = world.night(GitWorld.settings(List.of(origin)));

    assertThat(captured.problems()).isEmpty();
    assertThat(captured.expectations().facts())
        .containsEntry(
            "repository/app.git/ref/refs/heads/main", world.git(origin, "rev-parse", "main"))
        .containsEntry("repository/app.git/ref/refs/tags/v1", world.git(origin, "rev-parse", "v1"))
        .containsEntry("repository/app.git/head", "ref: refs/heads/main")
        .containsEntry("repository/app.git/commits", "3")
        .containsEntry("repository/app.git/clone", world.git(origin, "rev-parse", "main^{tree}"))
        .containsKeys(
            "repository/app.git/ref/refs/notes/commits", "repository/app.git/ref/refs/pull/7/head");
    assertComesBack(captured, "app.git", origin);
  }

  @Test
  void capture_unchangedNight_addsNoPackAndReadsNoneAgain() throws Exception {
    Path origin = world.filled("srv/app.git");
    GitSettings settings = GitWorld.settings(List.of(origin));
    world.night(settings);
    List<Path> packs = world.packs("app.git");
    long stored = world.vault.bytesStored();

    Captured second = world.night(settings);

    assertThat(world.packs("app.git")).isEqualTo(packs).hasSize(1);
    assertThat(second.counts().unchangedFiles()).isEqualTo(2);
    assertThat(second.counts().newFiles()).isZero();
    assertThat(world.vault.bytesStored()).isEqualTo(stored);
    assertComesBack(second, "app.git", origin);
  }

  @Test
  void capture_contentNoLongerInTheVault_isReadAgain() throws Exception {
    Path origin = world.filled("srv/app.git");
    GitSettings settings = GitWorld.settings(List.of(origin));
    world.night(settings);
    world.vault.forget();

    Captured second = world.night(settings);

    assertThat(second.counts().unchangedFiles()).isZero();
    assertComesBack(second, "app.git", origin);
  }

  @Test
  void capture_newCommits_addOnePackAndComeBack() throws Exception {
    Path origin = world.filled("srv/app.git");
    GitSettings settings = GitWorld.settings(List.of(origin));
    world.night(settings);
    Path work = GitWorld.workOf(origin);
    world.commit(work, "three.txt", "third\n");
    world.push(work);

    Captured second = world.night(settings);

    assertThat(world.packs("app.git")).hasSize(2);
    assertThat(second.counts().unchangedFiles()).isEqualTo(2);
    assertComesBack(second, "app.git", origin);
  }

  @Test
  void capture_forcePush_keepsWhatWasThere() throws Exception {
    Path origin = world.filled("srv/app.git");
    GitSettings settings = GitWorld.settings(List.of(origin));
    world.night(settings);
    String lost = world.git(origin, "rev-parse", "main");
    Path work = GitWorld.workOf(origin);
    world.git(work, "reset", "-q", "--hard", "HEAD~1");
    world.commit(work, "other.txt", "history rewritten\n");
    world.push(work);
    world.git(origin, "reflog", "expire", "--expire=now", "--all");
    world.git(origin, "gc", "-q", "--prune=now");

    Captured second = world.night(settings);

    Path restored = world.restore(second).resolve("app.git");
    world.fsck(restored);
    assertThat(world.refs(restored)).isEqualTo(world.refs(origin));
    assertThat(world.git(restored, "rev-parse", Mirror.KEPT + lost)).isEqualTo(lost);
    assertThat(world.git(restored, "show", lost + ":two.txt")).isEqualTo("second");
    assertThat(Files.readString(restored.resolve(Mirror.JOURNAL)))
        .contains("2026-11-02T01:30:00Z\trefs/heads/main\t" + lost + "\t");
    assertComesBack(second, "app.git", origin);
  }

  @Test
  void capture_branchDeletedAndTagMoved_oldTipsStay() throws Exception {
    Path origin = world.filled("srv/app.git");
    Path work = GitWorld.workOf(origin);
    world.git(work, "checkout", "-q", "-b", "topic");
    String topic = world.commit(work, "topic.txt", "only here\n");
    world.git(work, "tag", "-a", "-m", "old", "v1");
    world.push(work);
    GitSettings settings = GitWorld.settings(List.of(origin));
    world.night(settings);
    String oldTag = world.git(origin, "rev-parse", "refs/tags/v1");
    world.git(work, "push", "-q", "origin", ":refs/heads/topic");
    world.git(work, "tag", "-f", "-a", "-m", "new", "v1", "main");
    world.push(work);
    world.git(work, "push", "-q", "origin", ":refs/heads/topic");
    world.git(origin, "gc", "-q", "--prune=now");

    Captured second = world.night(settings);

    Path restored = world.restore(second).resolve("app.git");
    world.fsck(restored);
    assertThat(world.refs(restored)).isEqualTo(world.refs(origin));
    assertThat(world.git(restored, "show", topic + ":topic.txt")).isEqualTo("only here");
    assertThat(world.git(restored, "cat-file", "-t", oldTag)).isEqualTo("tag");
    assertThat(second.expectations().facts())
        .containsEntry("repository/app.git/ref/" + Mirror.KEPT + topic, topic)
        .containsEntry("repository/app.git/ref/" + Mirror.KEPT + oldTag, oldTag);
    // And for good: further nights forget nothing.
    assertThat(world.night(settings).expectations().facts())
        .isEqualTo(second.expectations().facts());
  }

  @Test
  void capture_emptyRepository_isLegalAndComesBackEmpty() throws Exception {
    Path origin = world.bare("srv/empty.git");

    Captured captured = world.night(GitWorld.settings(List.of(origin)));

    assertThat(captured.problems()).isEmpty();
    assertComesBack(captured, "empty.git", origin);
  }

  @Test
  void capture_originSuddenlyEmpty_isAProblemAndKeepsTheLastState() throws Exception {
    Path origin = world.filled("srv/app.git");
    Path other = world.filled("srv/other.git");
    GitSettings settings = GitWorld.settings(List.of(origin, other));
    Captured first = world.night(settings);
    List<String> refs = world.refs(origin);
    world.git(origin, "update-ref", "-d", "refs/heads/main");

    Captured second = world.night(settings);

    assertThat(second.problems())
        .singleElement()
        .satisfies(problem -> {
          assertThat(problem.subject()).isEqualTo("app.git");
          assertThat(problem.detail()).contains("without any branch or tag");
        });
    assertThat(world.refs(world.restore(second).resolve("app.git"))).isEqualTo(refs);
    assertThat(second.expectations().facts()).isEqualTo(first.expectations().facts());
    assertThat(second.expectations().limits()).containsKey("repository/app.git/state");
  }

  @Test
  void capture_manyAndUglyRefs_allComeBack() throws Exception {
    Path origin = world.filled("srv/app.git");
    StringBuilder updates = new StringBuilder();
    String main = world.git(origin, "rev-parse", "main");
    for (int i = 0; i < 500; i++) {
      updates.append("create refs/heads/feature/%03d %s\n".formatted(i, main));
    }
    for (String ugly :
        List.of(
            "heads/ümläut-日本",
            "heads/a.b/c,d+e=f",
            "tags/'quote\"",
            "heads/-dash",
            "heads/😀",
            "heads/%41#x",
            "heads/\uFF21",
            "odd/$(touch)",
            "heads/HEAD")) {
      updates.append("create refs/%s %s\n".formatted(ugly, main));
    }
    Path script = Files.writeString(root.resolve("updates"), updates);
    world.run(
        List.of("sh", "-c", "git -C %s update-ref --stdin < %s".formatted(origin, script)),
        Map.of());

    Captured captured = world.night(GitWorld.settings(List.of(origin)));

    assertThat(captured.expectations().facts().keySet())
        .filteredOn(fact -> fact.startsWith("repository/app.git/ref/"))
        .hasSize(510);
    assertComesBack(captured, "app.git", origin);
  }

  @Test
  void capture_branchBecomesDirectoryOfBranches_isFollowed() throws Exception {
    Path origin = world.filled("srv/app.git");
    world.git(origin, "branch", "a", "main");
    GitSettings settings = GitWorld.settings(List.of(origin));
    world.night(settings);
    world.git(origin, "branch", "-D", "a");
    world.git(origin, "branch", "a/b", "main~1");

    assertComesBack(world.night(settings), "app.git", origin);
  }

  @Test
  void capture_submodulesAndDetachedHead_areRecordedAsTheyAre() throws Exception {
    Path library = world.filled("srv/library.git");
    Path origin = world.filled("srv/app.git");
    Path work = GitWorld.workOf(origin);
    world.git(
        work,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "-q",
        library.toString(),
        "lib");
    world.commit(work, "three.txt", "with a submodule\n");
    String detached = world.git(work, "commit-tree", "-m", "nameless", "HEAD^{tree}", "-p", "HEAD");
    world.git(work, "push", "-q", "origin", "main", detached + ":refs/heads/temporary");
    world.git(origin, "update-ref", "--no-deref", "HEAD", detached);
    world.git(origin, "update-ref", "-d", "refs/heads/temporary");

    Captured captured = world.night(GitWorld.settings(List.of(origin)));

    assertThat(captured.problems()).isEmpty();
    assertThat(captured.expectations().facts()).containsEntry("repository/app.git/head", detached);
    Path restored = world.restore(captured).resolve("app.git");
    world.fsck(restored);
    assertThat(world.git(restored, "ls-tree", "main", "lib")).startsWith("160000 commit");
    assertComesBack(captured, "app.git", origin);
  }

  @Test
  void capture_shallowOrigin_isReportedAndWhatIsThereComesBack() throws Exception {
    Path full = world.filled("srv/full.git");
    Path shallow = root.resolve("shallow.git");
    world.git(
        root, "clone", "-q", "--bare", "--depth=1", full.toUri().toString(), shallow.toString());

    Captured captured = world.night(GitWorld.settings(List.of(shallow)));

    assertThat(captured.problems())
        .singleElement()
        .satisfies(problem -> {
          assertThat(problem.kind()).isEqualTo(Problem.Kind.UNSUPPORTED);
          assertThat(problem.detail()).contains("shallow");
        });
    assertComesBack(captured, "shallow.git", shallow);
  }

  @Test
  void capture_oneOfManyFails_isPartialAndNamed() throws Exception {
    Path good = world.filled("srv/good.git");
    Path bad = root.resolve("srv/bad.git");

    Captured captured =
        world.night(GitWorld.settings(List.of(good), GitUrl.parse("file://" + bad)));

    assertThat(captured.problems())
        .singleElement()
        .satisfies(problem -> {
          assertThat(problem.subject()).isEqualTo("bad.git");
          assertThat(problem.detail()).contains("bad.git");
        });
    assertComesBack(captured, "good.git", good);
  }

  @Test
  void capture_allFail_isUnreachable() throws Exception {
    assertThatThrownBy(() ->
            world.night(GitWorld.settings(List.of(), GitUrl.parse("file:///nowhere/app.git"))))
        .isInstanceOf(SourceException.Unreachable.class)
        .hasMessageContaining("/nowhere/app.git");
    assertThatThrownBy(() -> world.night(GitWorld.settings(List.of(root.resolve("unmounted")))))
        .isInstanceOf(SourceException.Unreachable.class)
        .hasMessageContaining("no such directory");
    Files.createDirectories(root.resolve("hollow/deep"));
    assertThatThrownBy(() -> world.night(GitWorld.settings(List.of(root.resolve("hollow")))))
        .isInstanceOf(SourceException.Unreachable.class)
        .hasMessageContaining("no repository in it");
  }

  @Test
  void capture_damagedOrigin_isAProblemNotASnapshotOfIt() throws Exception {
    Path good = world.filled("srv/good.git");
    Path bad = world.filled("srv/bad.git");
    String blob = world.git(bad, "rev-parse", "main:two.txt");
    Files.delete(bad.resolve("objects/" + blob.substring(0, 2) + "/" + blob.substring(2)));

    Captured captured = world.night(GitWorld.settings(List.of(good, bad)));

    assertThat(captured.problems())
        .singleElement()
        .satisfies(problem -> assertThat(problem.subject()).isEqualTo("bad.git"));
    assertThat(captured.expectations().facts().keySet())
        .noneMatch(fact -> fact.startsWith("repository/bad.git/"));
  }

  @Test
  void capture_repositoryOfAnotherHash_isAProblemOfItAlone() throws Exception {
    Path good = world.filled("srv/good.git");
    Path other = root.resolve("srv/other.git");
    world.git(root, "init", "-q", "--bare", "--object-format=sha256", other.toString());
    Path hiding = world.filled("srv/hiding.git");
    world.git(hiding, "config", "transfer.hideRefs", "refs/secret");

    Captured captured = world.night(GitWorld.settings(List.of(good, other, hiding)));

    assertThat(captured.problems().stream().map(Problem::subject))
        .containsExactlyInAnyOrder("other.git", "hiding.git");
    assertComesBack(captured, "good.git", good);
  }

  @Test
  void capture_directoryOfRepositories_findsBareOnesAndWorkingTrees() throws Exception {
    world.filled("srv/team/app.git");
    world.filled("srv/other/app.git");
    world.bare("srv/deep/er/empty.git");
    Path srv = root.resolve("srv");

    Captured captured = world.night(GitWorld.settings(List.of(srv)));

    assertThat(captured.problems()).isEmpty();
    Path restored = world.restore(captured);
    assertThat(captured.expectations().facts()).containsEntry("repositories", "5");
    try (var names = Files.list(restored)) {
      assertThat(names.map(name -> name.getFileName().toString()))
          .contains("app.git", "empty.git", "app.git-work.git")
          .filteredOn(name -> name.matches("app(-[0-9a-f]{8})?\\.git"))
          .hasSize(2);
    }
    // A second look gives the same names, also when a namesake comes first now.
    world.filled("srv/a/app.git");
    Captured second = world.night(GitWorld.settings(List.of(srv)));
    assertThat(second.expectations().facts())
        .containsAllEntriesOf(withoutCount(captured.expectations().facts()));
  }

  private static Map<String, String> withoutCount(Map<String, String> facts) {
    Map<String, String> rest = new java.util.TreeMap<>(facts);
    rest.remove("repositories");
    return rest;
  }

  @Test
  void capture_repositoryRemovedFromDirectory_staysInSnapshotsAndIsReported() throws Exception {
    Path app = world.filled("srv/app.git");
    world.filled("srv/other.git");
    GitSettings settings = GitWorld.settings(List.of(root.resolve("srv")));
    world.night(settings);
    List<String> refs = world.refs(app);
    Directories.delete(app);

    Captured second = world.night(settings);

    assertThat(second.problems())
        .singleElement()
        .satisfies(problem -> {
          assertThat(problem.subject()).isEqualTo("app.git");
          assertThat(problem.kind()).isEqualTo(Problem.Kind.VANISHED);
        });
    assertThat(world.refs(world.restore(second).resolve("app.git"))).isEqualTo(refs);
  }

  @Test
  void capture_manyPacks_areConsolidatedWithoutLosingAnObject() throws Exception {
    Path origin = world.filled("srv/app.git");
    Path work = GitWorld.workOf(origin);
    GitSettings settings = GitWorld.settings(List.of(origin));
    String dropped = "";
    for (int night = 0; night < 8; night++) {
      if (night == 4) {
        dropped = world.git(work, "rev-parse", "HEAD");
        world.git(work, "reset", "-q", "--hard", "HEAD~1");
      }
      world.commit(work, "file" + night, "night " + night + "\n");
      world.push(work);
      new GitSource(settings, Optional.empty(), Optional.empty(), 3).capture(world.context());
      assertThat(world.packs("app.git").size()).isLessThanOrEqualTo(4);
    }

    Captured last = world.night(settings);

    assertThat(last.problems()).isEmpty();
    assertComesBack(last, "app.git", origin);
    assertThat(world.git(world.restore(last).resolve("app.git"), "cat-file", "-t", dropped))
        .isEqualTo("commit");
  }

  @Test
  void capture_packOfTheMirrorGone_isRebuiltFromTheOrigin() throws Exception {
    Path origin = world.filled("srv/app.git");
    GitSettings settings = GitWorld.settings(List.of(origin));
    world.night(settings);
    for (Path pack : world.packs("app.git")) {
      Files.delete(pack);
    }

    Captured second = world.night(settings);

    assertThat(second.problems()).isEmpty();
    assertComesBack(second, "app.git", origin);
  }

  @Test
  void capture_mirrorDamagedAfterForcePush_saysWhatHistoryIsLost() throws Exception {
    Path origin = world.filled("srv/app.git");
    Path work = GitWorld.workOf(origin);
    GitSettings settings = GitWorld.settings(List.of(origin));
    world.night(settings);
    String dropped = world.git(origin, "rev-parse", "main");
    world.git(work, "reset", "-q", "--hard", "HEAD~1");
    world.commit(work, "other.txt", "history rewritten\n");
    world.push(work);
    world.git(origin, "reflog", "expire", "--expire=now", "--all");
    world.git(origin, "gc", "-q", "--prune=now");
    world.night(settings);
    // The first night's pack, the larger one, is what has the dropped commit.
    Path first =
        world.packs("app.git").stream()
            .max(java.util.Comparator.comparingLong(pack -> pack.toFile().length()))
            .orElseThrow();
    Files.delete(first);

    Captured third = world.night(settings);

    assertThat(third.problems())
        .anySatisfy(problem -> {
          assertThat(problem.kind()).isEqualTo(Problem.Kind.VANISHED);
          assertThat(problem.detail()).contains(dropped).contains("Earlier snapshots");
        });
    assertThat(world.state.resolve("mirrors/app.git.damaged")).isDirectory();
    Path restored = world.restore(third).resolve("app.git");
    world.fsck(restored);
    assertThat(world.refs(restored)).isEqualTo(world.refs(origin));
  }

  @Test
  void capture_bitFlippedInTheMirror_isNoticedBeforeItIsStored() throws Exception {
    Path origin = world.filled("srv/app.git");
    GitSettings settings = GitWorld.settings(List.of(origin));
    world.night(settings);
    Path pack = world.packs("app.git").getFirst();
    byte[] bytes = Files.readAllBytes(pack);
    bytes[bytes.length / 2] ^= 1;
    Files.delete(pack);
    Files.write(pack, bytes);
    world.vault.forget();

    Captured second = world.night(settings);

    assertThat(second.problems()).isEmpty();
    assertComesBack(second, "app.git", origin);
  }

  @Test
  void bringBack_clone_isAWorkingTreeWithAllHistory() throws Exception {
    Path origin = world.filled("srv/app.git");
    world.filled("srv/other.git");
    Captured captured = world.night(GitWorld.settings(List.of(root.resolve("srv"))));
    URI target = URI.create("git-clone:" + root.resolve("clones"));
    try (SnapshotView view = world.vault.seal(captured)) {
      new GitRestorer().bringBack(view, List.of(TreePath.parse("app")), target, world.back());
    }

    Path clone = root.resolve("clones/app");
    world.fsck(clone);
    assertThat(world.git(clone, "status", "--porcelain")).isEmpty();
    assertThat(Files.readString(clone.resolve("two.txt"))).isEqualTo("second\n");
    assertThat(world.git(clone, "rev-parse", "HEAD"))
        .isEqualTo(world.git(origin, "rev-parse", "main"));
    assertThat(root.resolve("clones/other")).doesNotExist();
    var found = world.gather(target, captured).facts();
    assertThat(captured.expectations().facts()).containsAllEntriesOf(withoutCount(found));
  }

  @Test
  void bringBack_existingOrUnknown_isRefusedBeforeAnythingIsWritten() throws Exception {
    world.filled("srv/app.git");
    Captured captured = world.night(GitWorld.settings(List.of(root.resolve("srv"))));
    URI target = URI.create("git-bare:" + root.resolve("back"));
    Files.createDirectories(root.resolve("back/app.git-work.git"));
    try (SnapshotView view = world.vault.seal(captured)) {
      assertThatThrownBy(() -> new GitRestorer().bringBack(view, List.of(), target, world.back()))
          .isInstanceOf(SourceException.Refused.class)
          .hasMessageContaining("app.git-work.git exists");
      assertThatThrownBy(() ->
              new GitRestorer()
                  .bringBack(view, List.of(TreePath.parse("nope")), target, world.back()))
          .isInstanceOf(SourceException.Refused.class)
          .hasMessageContaining("app.git");
    }
    assertThat(root.resolve("back/app.git")).doesNotExist();
  }

  @Test
  void gather_damagedRestore_differs() throws Exception {
    Path origin = world.filled("srv/app.git");
    Captured captured = world.night(GitWorld.settings(List.of(origin)));
    Path restored = world.restore(captured);
    Path pack = RepositoryFacts.packs(restored.resolve("app.git")).getFirst();
    byte[] bytes = Files.readAllBytes(pack);
    bytes[bytes.length - 30] ^= 4;
    Files.delete(pack);
    Files.write(pack, bytes);

    Comparison comparison =
        Comparison.of(
            captured.expectations(), world.gather(URI.create("file:" + restored), captured));

    assertThat(comparison.proves()).isFalse();
    assertThat(comparison.differences())
        .anySatisfy(
            difference -> assertThat(difference.fact()).isEqualTo("repository/app.git/fsck"));
  }

  @Test
  void capture_ownHistoryOfThisProject_passesGitFsck() throws Exception {
    // An unpacked archive has no history, and a shallow clone only the end of one.
    Process shallow =
        new ProcessBuilder("git", "rev-parse", "--is-shallow-repository")
            .redirectErrorStream(true)
            .start();
    String answer = new String(shallow.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assumeThat(answer)
        .as("needs a whole clone of this project")
        .isEqualToIgnoringWhitespace("false");
    Path project = Path.of(world.git(Path.of("").toAbsolutePath(), "rev-parse", "--show-toplevel"));
    Path origin = root.resolve("lifeboat.git");
    world.git(root, "clone", "-q", "--mirror", project.toString(), origin.toString());

    Captured captured = world.night(GitWorld.settings(List.of(origin)));

    assertThat(captured.problems()).isEmpty();
    assertComesBack(captured, "lifeboat.git", origin);
  }

  @Test
  void capture_lfsObjectsOfLocalRepository_areCopiedAndVerified() throws Exception {
    Path origin = world.filled("srv/app.git");
    String content = "large".repeat(10_000);
    String oid = Lfs.commit(world, GitWorld.workOf(origin), "movie.bin", content);
    world.push(GitWorld.workOf(origin));
    GitSettings settings = GitWorld.settings(List.of(origin));

    Captured without = world.night(settings);
    assertThat(without.problems())
        .singleElement()
        .satisfies(problem -> assertThat(problem.detail()).contains(oid));
    Lfs.put(origin, oid, "wrong".getBytes(StandardCharsets.UTF_8));
    assertThat(world.night(settings).problems()).hasSize(1);
    Lfs.put(origin, oid, content.getBytes(StandardCharsets.UTF_8));
    Captured with = world.night(settings);

    assertThat(with.problems()).isEmpty();
    assertThat(with.expectations().facts())
        .containsEntry("repository/app.git/lfs/objects", "1")
        .containsEntry("repository/app.git/lfs/bytes", "50000");
    Path restored = world.restore(with).resolve("app.git");
    assertThat(
            restored.resolve(
                "lfs/objects/%s/%s/%s".formatted(oid.substring(0, 2), oid.substring(2, 4), oid)))
        .hasContent(content);
    assertComesBack(with, "app.git", origin);
  }
}
