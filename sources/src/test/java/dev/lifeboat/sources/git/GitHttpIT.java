package dev.lifeboat.sources.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.sources.Comparison;
import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Captured;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Repositories behind git's own HTTP server. */
class GitHttpIT {
  private static final String PASSWORD = "s3cret-pass";

  @TempDir Path root;
  private GitWorld world;
  private GitHttpServer server;

  @BeforeEach
  void start() throws IOException {
    GitHttpServer.requireGit();
    world = new GitWorld(root);
    Files.createDirectories(root.resolve("srv"));
    server = new GitHttpServer(root.resolve("srv"), Optional.of("ada:" + PASSWORD));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static GitSettings settings(String... urls) {
    return new GitSettings(
        java.util.Arrays.stream(urls).map(GitUrl::parse).toList(),
        List.of(),
        4,
        Optional.of("ada"),
        Optional.empty(),
        Optional.empty(),
        true,
        Duration.ofMinutes(2));
  }

  private static Optional<Secret> password(String password) {
    return Optional.of(new Secret(password.toCharArray()));
  }

  private void assertComesBack(Captured captured, String name, Path origin) throws Exception {
    Path restored = world.restore(captured).resolve(name);
    world.fsck(restored);
    assertThat(world.refs(restored)).isEqualTo(world.refs(origin));
    assertThat(
            Comparison.of(
                    captured.expectations(),
                    world.gather(URI.create("file:" + restored.getParent()), captured))
                .differences())
        .isEmpty();
  }

  @Test
  void capture_withPassword_fetchesNightAfterNight() throws Exception {
    Path origin = world.filled("srv/app.git");
    GitSettings settings = settings(server.url("app.git"));

    Captured first = world.night(settings, password(PASSWORD));
    assertThat(first.problems()).isEmpty();
    assertComesBack(first, "app.git", origin);
    Path work = GitWorld.workOf(origin);
    world.commit(work, "three.txt", "third\n");
    world.push(work);
    Captured second = world.night(settings, password(PASSWORD));

    assertComesBack(second, "app.git", origin);
    assertThat(world.packs("app.git")).hasSize(2);
    for (Path file : GitWorld.tree(world.state)) {
      if (Files.isRegularFile(file)) {
        assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
            .as(file.toString())
            .doesNotContain(PASSWORD);
      }
    }
  }

  @Test
  void capture_wrongOrNoPassword_isUnreachableNeverEmpty() throws Exception {
    world.filled("srv/app.git");
    GitSettings settings = settings(server.url("app.git"));

    assertThatThrownBy(() -> world.night(settings, password("wrong-pass")))
        .isInstanceOf(SourceException.Unreachable.class)
        .hasMessageContaining("/app.git")
        .hasMessageContaining("not authorized")
        .hasMessageNotContaining("wrong-pass");
    assertThatThrownBy(() -> world.night(settings))
        .isInstanceOf(SourceException.Unreachable.class)
        .hasMessageContaining("/app.git");
  }

  @Test
  void capture_passwordNoLongerRight_keepsTheLastState() throws Exception {
    Path origin = world.filled("srv/app.git");
    world.filled("srv/public.git");
    GitSettings settings = settings(server.url("app.git"), server.url("missing.git"));
    Captured first = world.night(settings, password(PASSWORD));
    assertThat(first.problems())
        .singleElement()
        .satisfies(problem -> {
          assertThat(problem.subject()).isEqualTo("missing.git");
          assertThat(problem.detail()).contains("no repository there");
        });
    assertComesBack(first, "app.git", origin);

    assertThatThrownBy(() -> world.night(settings, password("changed")))
        .isInstanceOf(SourceException.Unreachable.class);
    assertThat(world.packs("app.git")).hasSize(1);
  }

  @Test
  void capture_redirectToAnotherHost_doesNotTakeThePasswordAlong() throws Exception {
    world.filled("srv/app.git");
    try (GitHttpServer other =
        new GitHttpServer(root.resolve("srv"), Optional.of("ada:" + PASSWORD))) {
      server.redirects.put(
          "/app.git/info/refs",
          other.url("app.git/info/refs?service=git-upload-pack").replace("127.0.0.1", "localhost"));

      assertThatThrownBy(() -> world.night(settings(server.url("app.git")), password(PASSWORD)))
          .isInstanceOf(SourceException.Unreachable.class);

      assertThat(other.requests).isNotEmpty().noneMatch(request -> request.contains("password"));
    }
  }

  @Test
  void capture_shallowOrigin_isReported() throws Exception {
    Path full = world.filled("srv/full.git");
    Path shallow = root.resolve("srv/shallow.git");
    world.git(
        root, "clone", "-q", "--bare", "--depth=1", full.toUri().toString(), shallow.toString());

    Captured captured = world.night(settings(server.url("shallow.git")), password(PASSWORD));

    assertThat(captured.problems())
        .singleElement()
        .satisfies(problem -> assertThat(problem.detail()).contains("shallow"));
    assertComesBack(captured, "shallow.git", shallow);
  }

  @Test
  void capture_sameLastSegment_getsDistinctNames() throws Exception {
    Path one = world.filled("srv/a/app.git");
    Path two = world.filled("srv/b/app.git");

    Captured captured =
        world.night(settings(server.url("a/app.git"), server.url("b/app.git")), password(PASSWORD));

    assertThat(captured.expectations().facts()).containsEntry("repositories", "2");
    Path restored = world.restore(captured);
    assertThat(world.refs(restored.resolve("app.git"))).isEqualTo(world.refs(one));
    String second =
        RepositoryFacts.repositories(captured.expectations().facts()).stream()
            .filter(name -> !name.equals("app.git"))
            .findFirst()
            .orElseThrow();
    assertThat(second).matches("app-[0-9a-f]{8}\\.git");
    assertThat(world.refs(restored.resolve(second))).isEqualTo(world.refs(two));
  }

  @Test
  void capture_lfs_downloadsVerifiesAndReportsWhatIsMissing() throws Exception {
    Path origin = world.filled("srv/app.git");
    Path work = GitWorld.workOf(origin);
    String oid = Lfs.commit(world, work, "movie.bin", "movie".repeat(50_000));
    String gone = Lfs.commit(world, work, "gone.bin", "gone".repeat(99));
    world.push(work);
    server.lfs.put(oid, "movie".repeat(50_000).getBytes(StandardCharsets.UTF_8));
    GitSettings settings = settings(server.url("app.git"));

    Captured first = world.night(settings, password(PASSWORD));

    assertThat(first.problems())
        .singleElement()
        .satisfies(problem ->
            assertThat(problem.detail()).contains(gone).contains("404").doesNotContain(oid));
    server.lfs.put(gone, "lies".repeat(99).getBytes(StandardCharsets.UTF_8));
    assertThat(world.night(settings, password(PASSWORD)).problems()).hasSize(1);
    server.lfs.put(gone, "gone".repeat(99).getBytes(StandardCharsets.UTF_8));
    Captured last = world.night(settings, password(PASSWORD));
    assertThat(last.problems()).isEmpty();
    assertThat(last.expectations().facts())
        .containsEntry("repository/app.git/lfs/objects", "2")
        .containsEntry("repository/app.git/lfs/bytes", "250396");
    assertComesBack(last, "app.git", origin);
    // git-lfs itself finds everything in what was restored.
    Path restored = world.restore(last).resolve("app.git");
    assertThat(world.git(restored, "lfs", "fsck", "--objects", "main")).contains("OK");
  }

  @Test
  void capture_killedInMidFetch_isMendedTheNextNight() throws Exception {
    Path origin = world.filled("srv/app.git");
    Path work = GitWorld.workOf(origin);
    byte[] noise = new byte[300_000];
    new java.util.Random(7).nextBytes(noise);
    Files.write(work.resolve("noise.bin"), noise);
    world.commit(work, "after.txt", "noise\n");
    world.push(work);
    server.stallAfter = 100_000;
    Process night =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                GitNight.class.getName(),
                world.state.toString(),
                server.url("app.git"),
                "ada",
                PASSWORD)
            .inheritIO()
            .start();
    Path mirror = world.state.resolve("mirrors/app.git");
    while (!server.requests.contains("stalled") || halfReceived(mirror).isEmpty()) {
      assertThat(night.waitFor(50, TimeUnit.MILLISECONDS)).as("it ended by itself").isFalse();
    }
    night.destroyForcibly().waitFor();
    assertThat(halfReceived(mirror)).isNotEmpty();
    // As if it had died a little later, too.
    Files.writeString(mirror.resolve("packed-refs.lock"), "half");
    Files.writeString(mirror.resolve("HEAD.lock"), "half");
    Files.writeString(mirror.resolve("objects/pack/pack-1.pack"), "half");
    Files.writeString(mirror.resolve("objects/pack/pack-1.keep"), "being received");
    server.stallAfter = 0;

    Captured captured = world.night(settings(server.url("app.git")), password(PASSWORD));

    assertThat(captured.problems()).isEmpty();
    assertThat(halfReceived(mirror)).isEmpty();
    assertThat(GitWorld.tree(mirror))
        .noneMatch(file -> file.toString().matches(".*(\\.lock|\\.keep|pack-1\\.).*"));
    assertComesBack(captured, "app.git", origin);
  }

  /** Packs are received into files beside the directories of objects. */
  private static List<Path> halfReceived(Path mirror) throws IOException {
    if (!Files.isDirectory(mirror.resolve("objects"))) {
      return List.of();
    }
    try (var files = Files.list(mirror.resolve("objects"))) {
      return files.filter(Files::isRegularFile).toList();
    }
  }
}
