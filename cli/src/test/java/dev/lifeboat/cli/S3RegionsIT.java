package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.region.s3.FaultProxy;
import dev.lifeboat.vault.region.s3.HttpFault;
import dev.lifeboat.vault.region.s3.S3ProxyServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nights and restores over three buckets, with every request to each of them seen. */
class S3RegionsIT {
  /** Of a night in which nothing changed, small vault or large, to each region. */
  private static final int REQUESTS = 60;

  private static final List<String> NAMES = List.of("north", "south", "west");

  @TempDir private Path directory;
  private final Map<String, FaultProxy> wires = new LinkedHashMap<>();
  private final Map<String, ConcurrentLinkedQueue<String>> seen = new LinkedHashMap<>();
  private TestEnvironment here;
  private Path files;
  private S3ProxyServer server;

  @BeforeEach
  void setUp() throws IOException {
    server = S3ProxyServer.start();
    for (String name : NAMES) {
      ConcurrentLinkedQueue<String> requests = new ConcurrentLinkedQueue<>();
      seen.put(name, requests);
      wires.put(
          name,
          FaultProxy.before(server.plainEndpoint())
              .follow((method, target) -> {
                requests.add(method + " " + target);
                return new HttpFault.None();
              }));
    }
    here =
        new TestEnvironment(directory)
            .with("KIT", "correct horse")
            .with("SECRET", server.secretKey());
    files = Files.createDirectory(directory.resolve("files"));
  }

  @AfterEach
  void tearDown() {
    wires.values().forEach(FaultProxy::close);
    server.close();
  }

  @Test
  void aNightAndTheWayBack() throws Exception {
    for (int i = 0; i < 40; i++) {
      write("file%02d".formatted(i), 2_000 + i);
    }
    write("deep/er/big", 30_000_000);
    configure(true);
    assertThat(here.run("config", "validate")).as(here.out()).isEqualTo(ExitCode.DONE);
    assertThat(here.run("init")).as(here.err()).isEqualTo(ExitCode.DONE);
    night();
    write("file03", 5_000);
    Files.delete(files.resolve("file04"));
    night();

    assertThat(here.run("doctor")).as(here.out()).isEqualTo(ExitCode.DONE);
    assertThat(here.out()).contains("s3://lifeboat-north/vault");
    assertThat(here.run("list", "--json")).isEqualTo(ExitCode.DONE);
    assertThat(here.out()).contains("files");
    assertThat(here.run("verify", "--ciphertext")).as(here.out()).isEqualTo(ExitCode.DONE);
    assertThat(here.run("verify", "--deep")).as(here.out()).isEqualTo(ExitCode.DONE);
    assertThat(here.run("restore", "latest", "--dataset", "files", "--to", "back", "--check"))
        .as(here.err())
        .isEqualTo(ExitCode.DONE);
    assertThat(Files.mismatch(files.resolve("file03"), directory.resolve("back/file03")))
        .isEqualTo(-1);
    assertThat(Files.mismatch(files.resolve("deep/er/big"), directory.resolve("back/deep/er/big")))
        .isEqualTo(-1);
    assertThat(directory.resolve("back/file04")).doesNotExist();
  }

  @Test
  void unchangedNightOfTenThousandFiles_needsFewRequests() throws Exception {
    for (int i = 0; i < 10_000; i++) {
      write("%02d/file%04d".formatted(i % 100, i), 500 + i % 1000);
    }
    configure(true);
    assertThat(here.run("init")).as(here.err()).isEqualTo(ExitCode.DONE);
    night();
    night();
    seen.values().forEach(ConcurrentLinkedQueue::clear);

    night();

    seen.forEach((region, requests) ->
        assertThat(requests).as("requests to " + region).hasSizeLessThanOrEqualTo(REQUESTS));
  }

  @Test
  void init_bucketMissing_saysWhatToDo() throws Exception {
    configure(false);

    assertThat(here.run("init")).isEqualTo(ExitCode.UNREACHABLE);

    assertThat(here.err()).contains("no bucket lifeboat-north").contains("create: true");
  }

  @Test
  void init_wrongSecret_saysSoAndShowsNothing() throws Exception {
    configure(true);
    here.with("SECRET", "some-other-secret");

    assertThat(here.run("init")).isNotEqualTo(ExitCode.DONE);

    assertThat(here.err()).contains("credentials").doesNotContain("some-other-secret");
  }

  private void night() {
    ExitCode code = here.run("nightly");
    assertThat(code).as(here.out() + here.err()).isEqualTo(ExitCode.DONE);
  }

  private void configure(boolean create) throws IOException {
    StringBuilder regions = new StringBuilder();
    wires.forEach((name, wire) ->
        regions.append(
            """
                - name: %1$s
                  s3:
                    bucket: lifeboat-%1$s
                    endpoint: %2$s
                    prefix: vault
                    create: %3$s
                    credentials: {access-key: %4$s, secret-key: {env: SECRET}}
            """
                .formatted(name, wire.endpoint(), create, server.accessKey())));
    Files.writeString(
        directory.resolve("lifeboat.yaml"),
        """
        vault:
          home: home
          kit: recovery.kit
          passphrase: {env: KIT}
          quorum: 2
          regions:
        %s
        datasets:
          - {name: files, tenant: acme, directory: {path: files}}
        """
            .formatted(regions));
  }

  private void write(String name, int bytes) throws IOException {
    Path file = files.resolve(name);
    Files.createDirectories(file.getParent());
    byte[] content = new byte[bytes];
    new Random(name.hashCode() * 31L + bytes).nextBytes(content);
    Files.write(file, content);
    // Older than any capture, so that nothing is read again because it may still be changing.
    Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
  }
}
