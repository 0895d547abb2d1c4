package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.region.s3.S3ProxyServer;
import dev.lifeboat.vault.region.s3.S3TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nights and restores over three buckets, with every request to each of them seen. */
class S3RegionsIT {
  /**
   * Of a night in which nothing changed, to each region; a listing is one for each thousand
   * objects.
   */
  private static final int REQUESTS = 30;

  @TempDir private Path directory;
  private S3ProxyServer server;
  private S3Vault vault;
  private TestEnvironment here;

  @BeforeEach
  void setUp() throws IOException {
    server = S3ProxyServer.start();
    Map<String, S3TestServer> servers = new LinkedHashMap<>();
    for (String name : List.of("north", "south", "west")) {
      servers.put(name, server);
    }
    vault = new S3Vault(directory, servers);
    here = vault.here();
  }

  @AfterEach
  void tearDown() {
    vault.close();
    server.close();
  }

  @Test
  void aNightAndTheWayBack() throws Exception {
    for (int i = 0; i < 40; i++) {
      vault.write("file%02d".formatted(i), 2_000 + i);
    }
    vault.write("deep/er/big", 30_000_000);
    vault.configure(true, "", "");
    vault.expect(ExitCode.DONE, "config", "validate");
    vault.expect(ExitCode.DONE, "init");
    vault.expect(ExitCode.DONE, "nightly");
    vault.write("file03", 5_000);
    Files.delete(vault.files().resolve("file04"));
    vault.expect(ExitCode.DONE, "nightly");

    vault.expect(ExitCode.DONE, "doctor");
    assertThat(here.out()).contains("s3://lifeboat-north/vault");
    vault.expect(ExitCode.DONE, "list", "--json");
    assertThat(here.out()).contains("files");
    vault.expect(ExitCode.DONE, "verify", "--ciphertext");
    vault.expect(ExitCode.DONE, "verify", "--deep");
    vault.expect(
        ExitCode.DONE, "restore", "latest", "--dataset", "files", "--to", "back", "--check");
    Path back = directory.resolve("back");
    assertThat(Trees.states(back)).isEqualTo(Trees.states(vault.files()));
    assertThat(back.resolve("file04")).doesNotExist();
  }

  @Test
  void unchangedNightOfTenThousandFiles_needsFewRequests() throws Exception {
    for (int i = 0; i < 10_000; i++) {
      vault.write("%02d/file%04d".formatted(i % 100, i), 500 + i % 1000);
    }
    vault.configure(true, "", "");
    vault.expect(ExitCode.DONE, "init");
    for (int i = 0; i < 4; i++) {
      vault.expect(ExitCode.DONE, "nightly");
    }
    vault.seen().values().forEach(Queue::clear);

    vault.expect(ExitCode.DONE, "nightly");

    vault
        .seen()
        .forEach((region, requests) ->
            assertThat(requests).as("requests to " + region).hasSizeLessThanOrEqualTo(REQUESTS));
  }

  @Test
  void init_bucketMissing_saysWhatToDo() throws Exception {
    vault.configure(false, "", "");

    vault.expect(ExitCode.UNREACHABLE, "init");

    assertThat(here.err()).contains("no bucket lifeboat-north").contains("create: true");
  }

  @Test
  void init_wrongSecret_saysSoAndShowsNothing() throws Exception {
    vault.configure(true, "", "");
    vault.secret("some-other-secret");

    assertThat(here.run("init")).isNotEqualTo(ExitCode.DONE);

    assertThat(here.err()).contains("credentials").doesNotContain("some-other-secret");
  }
}
