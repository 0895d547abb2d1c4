package dev.lifeboat.sources.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.sources.Comparison;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Captured;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Repositories behind a real {@code sshd}. */
class GitSshIT {
  @TempDir Path root;
  private GitWorld world;
  private SshServer server;

  @BeforeEach
  void start() throws IOException, InterruptedException {
    world = new GitWorld(root);
    server = new SshServer(world, root.resolve("ssh"));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private GitSettings settings(Path key, Path origin) {
    return new GitSettings(
        List.of(GitUrl.parse("ssh://root@127.0.0.1:%d%s".formatted(server.port, origin))),
        List.of(),
        4,
        Optional.empty(),
        Optional.of(key),
        Optional.of(server.knownHosts),
        true,
        Duration.ofMinutes(2));
  }

  @Test
  void capture_knownHostAndKey_fetchesNightAfterNight() throws Exception {
    Path origin = world.filled("srv/app.git");
    GitSettings settings = settings(server.clientKey, origin);
    world.night(settings);
    Path work = GitWorld.workOf(origin);
    world.commit(work, "three.txt", "third\n");
    world.push(work);

    Captured second = world.night(settings);

    assertThat(second.problems()).isEmpty();
    Path restored = world.restore(second);
    world.fsck(restored.resolve("app.git"));
    assertThat(world.refs(restored.resolve("app.git"))).isEqualTo(world.refs(origin));
    assertThat(
            Comparison.of(
                    second.expectations(), world.gather(URI.create("file:" + restored), second))
                .proves())
        .isTrue();
  }

  @Test
  void capture_hostKeyChanged_isRefusedAndSaysSo() throws Exception {
    Path origin = world.filled("srv/app.git");
    GitSettings settings = settings(server.clientKey, origin);
    world.night(settings);
    Path other = server.directory.resolve("other");
    SshServer.keygen(world, other);
    server.trust(server.directory.resolve("other.pub"));
    String before = Files.readString(server.knownHosts);

    assertThatThrownBy(() -> world.night(settings))
        .isInstanceOf(SourceException.Unreachable.class)
        .hasMessageContaining("host key")
        .hasMessageContaining("known_hosts");

    assertThat(server.knownHosts).hasContent(before);
  }

  @Test
  void capture_hostUnknown_isNeverTrustedOnFirstUse() throws Exception {
    Path origin = world.filled("srv/app.git");
    Files.writeString(server.knownHosts, "");

    assertThatThrownBy(() -> world.night(settings(server.clientKey, origin)))
        .isInstanceOf(SourceException.Unreachable.class)
        .hasMessageContaining("known_hosts");

    assertThat(server.knownHosts).isEmptyFile();
  }

  @Test
  void capture_keyNotAuthorized_isUnreachable() throws Exception {
    Path origin = world.filled("srv/app.git");
    Path other = server.directory.resolve("other");
    SshServer.keygen(world, other);

    assertThatThrownBy(() -> world.night(settings(other, origin)))
        .isInstanceOf(SourceException.Unreachable.class)
        .hasMessageContaining("ssh://root@127.0.0.1")
        .hasMessageContaining("publickey");
  }

  @Test
  void capture_noSuchRepository_isUnreachable() throws Exception {
    assertThatThrownBy(() -> world.night(settings(server.clientKey, root.resolve("nowhere.git"))))
        .isInstanceOf(SourceException.Unreachable.class)
        .hasMessageContaining("nowhere.git");
  }

  @Test
  void capture_lfsOverSsh_isReportedAsNotBackedUp() throws Exception {
    Path origin = world.filled("srv/app.git");
    Path work = GitWorld.workOf(origin);
    Lfs.commit(world, work, "movie.bin", "movie".repeat(50));
    world.push(work);

    Captured captured = world.night(settings(server.clientKey, origin));

    assertThat(captured.problems())
        .singleElement()
        .satisfies(problem ->
            assertThat(problem.detail()).contains("LFS objects of ssh remotes are not backed up"));
  }
}
