package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What {@code lifeboat watch} makes of a real vault, from the host that writes it. */
class WatchIT {
  @TempDir private Path directory;
  private TestEnvironment here;

  @BeforeEach
  void setUp() throws Exception {
    here = new TestEnvironment(directory).with("KIT", "correct horse");
    Files.createDirectory(directory.resolve("files"));
    Files.createDirectory(directory.resolve("regions"));
    Files.writeString(directory.resolve("files/a"), "hello");
    configure("");
    expect(ExitCode.DONE, "init");
  }

  private void configure(String more) throws Exception {
    Files.writeString(
        directory.resolve("lifeboat.yaml"),
        """
        vault:
          home: home
          kit: recovery.kit
          passphrase: {env: KIT}
          regions:
            - {name: north, directory: {path: regions/north}}
            - {name: south, directory: {path: regions/south}}
        datasets:
          - {name: files, tenant: acme, directory: {path: files}}
        watch: {disk-free: 1MiB}
        """
            + more);
  }

  private void expect(ExitCode code, String... arguments) {
    assertThat(here.run(arguments)).as(here.out() + here.err()).isEqualTo(code);
  }

  /** The keys of all concerns, but that of the recipients, of which the key here has one. */
  private List<String> concerns(ExitCode code) {
    expect(code, "watch", "--json");
    JsonNode json = JsonMapper.shared().readTree(here.out());
    List<String> keys = new ArrayList<>();
    json.get("concerns").forEach(each -> keys.add(each.get("key").asString()));
    assertThat(json.get("well").asBoolean()).isEqualTo(keys.isEmpty());
    keys.remove("unprotected:tenant acme");
    return keys;
  }

  @Test
  void fromTheEmptyVaultToTheLostRegion() throws Exception {
    for (int i = 0; i < 20; i++) {
      Files.writeString(directory.resolve("files/more" + i), "hello " + i);
    }
    assertThat(concerns(ExitCode.UNPROVEN))
        .contains("no-snapshot:acme/files", "drill-late:acme/files");

    expect(ExitCode.DONE, "nightly");
    assertThat(concerns(ExitCode.UNPROVEN)).containsExactly("drill-late:acme/files");
    expect(ExitCode.DONE, "drill", "--sample", "50%");
    assertThat(concerns(ExitCode.UNPROVEN))
        .as("a sample proves nothing of the rest")
        .containsExactly("drill-late:acme/files");
    expect(ExitCode.DONE, "drill");
    assertThat(concerns(ExitCode.UNPROVEN)).isEmpty();

    byte[][] before = {everything(), null};
    here.ahead(Duration.ofHours(27));
    assertThat(concerns(ExitCode.UNPROVEN))
        .containsExactly(
            "snapshot-late:acme/files",
            "copy-late:acme/files in north",
            "copy-late:acme/files in south",
            "clock-skew:north",
            "clock-skew:south");
    here.ahead(Duration.ZERO);

    deleteOnePack();
    assertThat(concerns(ExitCode.UNPROVEN)).containsExactly("damage:endangered");
    expect(ExitCode.UNPROVEN, "watch");
    assertThat(here.out())
        .contains("WARNING damage endangered")
        .contains("run: lifeboat verify --heal")
        .contains("0 of them critical");
    expect(ExitCode.DONE, "verify", "--heal");
    assertThat(concerns(ExitCode.UNPROVEN)).isEmpty();
    before[1] = everything();
    assertThat(before[1]).as("a watch changes nothing").isEqualTo(before[0]);

    Files.move(directory.resolve("regions/south"), directory.resolve("gone"));
    assertThat(concerns(ExitCode.UNPROVEN)).containsExactly("region-silent:south");
    Files.move(directory.resolve("regions/north"), directory.resolve("gone too"));
    expect(ExitCode.UNREACHABLE, "watch");
  }

  @Test
  void auditTrail_cutOffOrItsCopyRemoved_isTold() throws Exception {
    expect(ExitCode.DONE, "nightly");
    expect(ExitCode.DONE, "drill");
    assertThat(concerns(ExitCode.UNPROVEN)).isEmpty();
    Path trail = directory.resolve("home/audit/trail.jsonl");
    String whole = Files.readString(trail);

    Files.writeString(trail, whole.substring(0, whole.indexOf('\n') + 1));
    assertThat(concerns(ExitCode.UNPROVEN)).containsExactly("audit-broken:vault");
    expect(ExitCode.UNPROVEN, "watch");
    assertThat(here.out())
        .contains("CRITICAL audit-broken vault")
        .contains("cut off behind record 1")
        .contains("run: lifeboat audit verify");

    Files.writeString(trail, whole);
    assertThat(concerns(ExitCode.UNPROVEN)).isEmpty();
    for (String region : List.of("north", "south")) {
      try (Stream<Path> found =
          Files.walk(directory.resolve("regions").resolve(region + "/audit"))) {
        Files.delete(found.filter(Files::isRegularFile).sorted().findFirst().orElseThrow());
      }
    }
    assertThat(concerns(ExitCode.UNPROVEN)).containsExactly("audit-broken:vault");
  }

  /** Names and bytes of everything in both regions but what is of the moment. */
  private byte[] everything() throws Exception {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> found = Files.walk(directory.resolve("regions"))) {
      for (Path file : found.filter(Files::isRegularFile).sorted().toList()) {
        all.append(directory.relativize(file)).append(' ').append(Files.size(file)).append('\n');
      }
    }
    return all.toString().getBytes(StandardCharsets.UTF_8);
  }

  private void deleteOnePack() throws Exception {
    try (Stream<Path> found = Files.walk(directory.resolve("regions/north/packs"))) {
      Files.delete(found.filter(Files::isRegularFile).sorted().findFirst().orElseThrow());
    }
  }

  @Test
  void certificateOfTheService_isToldBeforeItEnds() throws Exception {
    expect(ExitCode.DONE, "nightly");
    expect(ExitCode.DONE, "drill");
    certificate(5);
    configure("http: {tls: {certificate: cert.pem, key: key.pem}, token: {env: KIT}}\n");
    assertThat(concerns(ExitCode.UNPROVEN))
        .containsExactly("certificate-expires:http of the service");
    certificate(30);
    assertThat(concerns(ExitCode.UNPROVEN)).isEmpty();
  }

  private void certificate(int days) throws Exception {
    Process openssl =
        new ProcessBuilder(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ed25519",
                "-nodes",
                "-subj",
                "/CN=backup",
                "-days",
                Integer.toString(days),
                "-keyout",
                "key.pem",
                "-out",
                "cert.pem")
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(openssl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(openssl.waitFor()).as(said).isZero();
  }

  @Test
  void settingsThatMakeNoSense_areRefusedWithTheirPlace() throws Exception {
    Files.writeString(
        directory.resolve("lifeboat.yaml"),
        Files.readString(directory.resolve("lifeboat.yaml"))
            .replace("{disk-free: 1MiB}", "{drill-within: -1d}"));

    expect(ExitCode.USAGE, "watch");

    assertThat(here.err()).contains("lifeboat.yaml:").contains("drill-within");
  }
}
