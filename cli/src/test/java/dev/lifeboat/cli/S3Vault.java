package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.region.s3.FaultProxy;
import dev.lifeboat.vault.region.s3.HttpFault;
import dev.lifeboat.vault.region.s3.S3TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A vault of one directory in buckets, with a wire to each that sees every request. Each has a part
 * of the buckets for itself, so that servers can be shared.
 */
final class S3Vault implements AutoCloseable {
  private static final AtomicInteger PREFIXES = new AtomicInteger();

  /** To one region. */
  private record Way(String name, S3TestServer server, FaultProxy wire, Queue<String> seen) {}

  private final Path directory;
  private final String prefix = "vault-" + PREFIXES.incrementAndGet();
  private final List<Way> ways = new ArrayList<>();
  private final TestEnvironment here;
  private final Path files;

  /**
   * @param servers of the regions, in order of preference; not taken over
   */
  S3Vault(Path directory, Map<String, S3TestServer> servers) throws IOException {
    this.directory = directory;
    here = new TestEnvironment(directory).with("KIT", "correct horse");
    files = Files.createDirectory(directory.resolve("files"));
    servers.forEach((name, server) -> {
      here.with(secretOf(name), server.secretKey());
      FaultProxy wire = FaultProxy.before(server.plainEndpoint());
      ways.add(new Way(name, server, wire, new ConcurrentLinkedQueue<>()));
      follow(name, HttpFault.calm());
    });
  }

  private Way way(String region) {
    return ways.stream().filter(way -> way.name.equals(region)).findFirst().orElseThrow();
  }

  private static String secretOf(String region) {
    return "SECRET_" + region;
  }

  /** From now on this decides what happens on a region's wire. */
  void follow(String region, HttpFault.Script script) {
    Way way = way(region);
    var _ =
        way.wire.follow((method, target) -> {
          way.seen.add(method + " " + target);
          return script.next(method, target);
        });
  }

  FaultProxy wire(String region) {
    return way(region).wire;
  }

  /** Requests to each region, by its name. */
  Map<String, Queue<String>> seen() {
    Map<String, Queue<String>> seen = new LinkedHashMap<>();
    ways.forEach(way -> seen.put(way.name, way.seen));
    return seen;
  }

  TestEnvironment here() {
    return here;
  }

  Path files() {
    return files;
  }

  /** Begins all keys of this vault in all buckets. */
  String prefix() {
    return prefix + "/";
  }

  static String bucket(String region) {
    return "lifeboat-" + region;
  }

  /** Has another secret sent to all regions. */
  void secret(String secret) {
    ways.forEach(way -> here.with(secretOf(way.name), secret));
  }

  /**
   * Writes the configuration.
   *
   * @param create whether {@code init} may make the buckets
   * @param more lines of the vault's section
   * @param end lines behind all else
   */
  void configure(boolean create, String more, String end) throws IOException {
    StringBuilder regions = new StringBuilder();
    ways.forEach(way ->
        regions.append(
            """
                - name: %1$s
                  s3:
                    bucket: %2$s
                    endpoint: %3$s
                    prefix: %4$s
                    create: %5$s
                    credentials: {access-key: %6$s, secret-key: {env: %7$s}}
            """
                .formatted(
                    way.name,
                    bucket(way.name),
                    way.wire.endpoint(),
                    prefix,
                    create,
                    way.server.accessKey(),
                    secretOf(way.name))));
    Files.writeString(
        directory.resolve("lifeboat.yaml"),
        """
        vault:
          home: home
          kit: recovery.kit
          passphrase: {env: KIT}
          quorum: 2
        %s
          regions:
        %s
        datasets:
          - {name: files, tenant: acme, directory: {path: files}}
        %s
        """
            .formatted(more, regions, end));
  }

  /** Runs a command that is to end with {@code code}. */
  void expect(ExitCode code, String... args) {
    assertThat(here.run(args))
        .as("%s: %s%s", Arrays.toString(args), here.out(), here.err())
        .isEqualTo(code);
  }

  /** What the last command printed. */
  JsonNode json() {
    return JsonMapper.shared().readTree(here.out());
  }

  /** A file of random bytes, the same for the same name and length. */
  void write(String name, int bytes) throws IOException {
    Path file = files.resolve(name);
    Files.createDirectories(file.getParent());
    byte[] content = new byte[bytes];
    new Random(name.hashCode() * 31L + bytes).nextBytes(content);
    Files.write(file, content);
    // Older than any capture, so that nothing is read again because it may still be changing.
    Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
  }

  @Override
  public void close() {
    ways.forEach(way -> way.wire.close());
  }
}
