package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.region.s3.HttpFault;
import dev.lifeboat.vault.region.s3.RadosGateway;
import dev.lifeboat.vault.region.s3.S3ProxyServer;
import dev.lifeboat.vault.region.s3.S3TestServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Object;
import tools.jackson.databind.JsonNode;

/**
 * Three regions in S3, each with a server of its own; what happens to one of them happens in the
 * midst of a night, while its first pack is on the way.
 */
@Timeout(300)
class S3OutagesIT {
  /** Takes two minutes at 100 KiB a second. */
  private static final int MUCH = 12_000_000;

  private static final Duration DEADLINE = Duration.ofSeconds(8);
  private static final String NIGHT = "night: {deadline: %ds}".formatted(DEADLINE.toSeconds());
  private static final String PATIENCE = "  patience: 2s";

  private static RadosGateway gateway;

  @TempDir private Path directory;
  private final Map<String, S3ProxyServer> others = new LinkedHashMap<>();
  private @Nullable S3Vault opened;

  /** What happens to a server. */
  enum Outage {
    PAUSED {
      @Override
      void begin(S3Vault vault, String region) {
        gateway.pause();
      }

      @Override
      void end(S3Vault vault, String region) {
        gateway.resume();
      }
    },
    KILLED {
      @Override
      void begin(S3Vault vault, String region) {
        gateway.kill();
      }

      @Override
      void end(S3Vault vault, String region) {
        gateway.restart();
      }
    },
    SLOWED {
      @Override
      void begin(S3Vault vault, String region) {
        var _ = vault.wire(region).rate(100 << 10);
      }

      @Override
      void end(S3Vault vault, String region) {
        var _ = vault.wire(region).mend();
      }
    };

    abstract void begin(S3Vault vault, String region);

    abstract void end(S3Vault vault, String region);
  }

  @BeforeAll
  static void start() {
    gateway = RadosGateway.start();
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  @AfterEach
  void tearDown() {
    if (opened != null) {
      opened.close();
    }
    others.values().forEach(S3ProxyServer::close);
  }

  /**
   * @param regions in order of preference; that of the gateway is west
   */
  private S3Vault set(String... regions) throws IOException {
    Map<String, S3TestServer> servers = new LinkedHashMap<>();
    for (String region : regions) {
      servers.put(
          region,
          region.equals("west")
              ? gateway
              : others.computeIfAbsent(region, _ -> S3ProxyServer.start()));
    }
    S3Vault vault = new S3Vault(directory, servers);
    opened = vault;
    vault.configure(true, PATIENCE, NIGHT);
    vault.expect(ExitCode.DONE, "init");
    for (int i = 0; i < 20; i++) {
      vault.write("some/file%02d".formatted(i), 20_000 + i);
    }
    return vault;
  }

  @ParameterizedTest
  @EnumSource
  void nightly_oneOfThreeRegionsFailsInItsMidst_endsWithQuorumAndReplicateBringsTheRest(
      Outage outage) throws Exception {
    S3Vault vault = set("north", "south", "west");
    vault.expect(ExitCode.DONE, "nightly");
    vault.write("much", MUCH);
    AtomicBoolean begun = new AtomicBoolean();
    vault.follow(
        "west",
        (method, target) -> {
          if (method.equals("PUT")
              && target.contains("/packs/")
              && begun.compareAndSet(false, true)) {
            outage.begin(vault, "west");
          }
          return new HttpFault.None();
        });

    try {
      vault.expect(ExitCode.UNREACHABLE, "nightly", "--json");
    } finally {
      outage.end(vault, "west");
    }

    assertThat(begun).isTrue();
    JsonNode report = vault.json();
    assertThat(report.get("outcome").asString()).isEqualTo("UNREACHABLE");
    // Far less than the region would have needed, and more than a busy machine does.
    assertThat(Duration.parse(report.get("duration").asString()))
        .isLessThan(DEADLINE.plusSeconds(60));
    JsonNode dataset = report.get("datasets").get(0);
    assertThat(dataset.get("durable").asBoolean()).isTrue();
    assertThat(texts(dataset.get("regions"))).containsExactlyInAnyOrder("north", "south");
    assertThat(dataset.get("missing").propertyNames()).containsExactly("west");
    assertThat(report.get("unprotected").findValuesAsString("subject"))
        .as(report.toPrettyString())
        .anySatisfy(subject -> assertThat(subject).contains("west"));

    vault.expect(ExitCode.DONE, "replicate");
    vault.expect(ExitCode.DONE, "verify", "--ciphertext");
    vault.expect(ExitCode.DONE, "status", "--json");
    JsonNode copies = vault.json().get("datasets").get(0).get("copies");
    assertThat(copies.size()).isEqualTo(3);
    for (JsonNode copy : copies) {
      assertThat(copy.get("lagSnapshots").asInt()).as(copy.toString()).isZero();
      assertThat(copy.get("late").asBoolean()).isFalse();
    }

    // What replication brought is enough by itself.
    others.values().forEach(S3ProxyServer::close);
    assertComesBack(vault);
  }

  @Test
  void restore_preferredRegionGoneAndTheSecondCorrupt_isExact() throws Exception {
    S3Vault vault = set("west", "south", "north");
    vault.write("deep/er/big", 9_000_000);
    vault.expect(ExitCode.DONE, "nightly");
    corrupt(vault, "south");

    gateway.kill();
    try {
      assertComesBack(vault);
    } finally {
      gateway.restart();
    }
  }

  private void assertComesBack(S3Vault vault) throws IOException {
    String to = "back-" + System.nanoTime();
    vault.expect(ExitCode.DONE, "restore", "latest", "--dataset", "files", "--to", to, "--check");
    assertThat(Trees.states(directory.resolve(to))).isEqualTo(Trees.states(vault.files()));
  }

  /** Turns a bit in the middle of each pack and index object. */
  private void corrupt(S3Vault vault, String region) {
    String bucket = S3Vault.bucket(region);
    int corrupted = 0;
    try (S3Client s3 = Objects.requireNonNull(others.get(region)).admin()) {
      for (S3Object object :
          s3.listObjectsV2(b -> b.bucket(bucket).prefix(vault.prefix())).contents()) {
        String key = object.key().substring(vault.prefix().length());
        if (key.startsWith("packs/") || key.startsWith("index/")) {
          ResponseBytes<GetObjectResponse> read =
              s3.getObjectAsBytes(b -> b.bucket(bucket).key(object.key()));
          byte[] bytes = read.asByteArray();
          bytes[bytes.length / 2] ^= 1;
          Object _ =
              s3.putObject(b -> b.bucket(bucket).key(object.key()), RequestBody.fromBytes(bytes));
          corrupted++;
        }
      }
    }
    assertThat(corrupted).isGreaterThan(1);
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(each -> texts.add(each.asString()));
    return texts;
  }
}
