package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The audit trail as commands write it, and people and auditors read it. */
class AuditIT {
  @TempDir private Path directory;
  private TestEnvironment here;

  @BeforeEach
  void vault() throws Exception {
    here = new TestEnvironment(directory).with("KIT", "correct horse");
    Files.createDirectory(directory.resolve("files"));
    Files.createDirectory(directory.resolve("regions"));
    Files.writeString(directory.resolve("files/a"), "hello");
    configure("26h");
    expect(ExitCode.DONE, "init");
  }

  private void configure(String rpo) throws Exception {
    Files.writeString(
        directory.resolve("lifeboat.yaml"),
        """
        vault:
          kit: recovery.kit
          passphrase: {env: KIT}
          regions:
            - {name: north, directory: {path: regions/north}}
            - {name: south, directory: {path: regions/south}}
        datasets:
          - {name: files, tenant: acme, directory: {path: files}, rpo: %s}
        """
            .formatted(rpo));
  }

  private void expect(ExitCode code, String... words) {
    assertThat(here.run(words)).as("%s%s", here.out(), here.err()).isEqualTo(code);
  }

  private Path trail() {
    return directory.resolve(".lifeboat/audit/trail.jsonl");
  }

  private JsonNode json(ExitCode code, String... words) {
    List<String> all = new ArrayList<>(List.of(words));
    all.add("--json");
    expect(code, all.toArray(String[]::new));
    return JsonMapper.shared().readTree(here.out());
  }

  @Test
  void commands_areRecordedFromBeginningToEnd_andCopiedIntoTheVault() throws Exception {
    expect(ExitCode.DONE, "nightly");
    expect(
        ExitCode.DONE,
        "--operator",
        "Joan",
        "restore",
        "latest",
        "--dataset",
        "files",
        "--to",
        "back",
        "a");
    expect(ExitCode.NOT_FOUND, "restore", "latest", "--dataset", "files", "--to", "two", "nothing");
    expect(ExitCode.DONE, "ls", "latest", "--dataset", "files");
    expect(ExitCode.DONE, "list");

    JsonNode records = json(ExitCode.DONE, "audit", "list", "--command", "restore").get("records");
    assertThat(records).hasSize(4);
    JsonNode begin = records.get(0);
    assertThat(begin.get("event").asString()).isEqualTo("begin");
    assertThat(begin.at("/who/operator").asString()).isEqualTo("Joan");
    assertThat(begin.at("/who/user").asString()).isEqualTo(System.getProperty("user.name"));
    assertThat(begin.at("/who/uid").asInt(-1)).isNotNegative();
    assertThat(begin.get("concern").asString()).isEqualTo("read");
    assertThat(begin.get("arguments").toString())
        .contains("--dataset=files", "--to=back", "latest", "\"a\"");
    assertThat(begin.at("/datasets/0").asString()).isEqualTo("files");
    assertThat(records.get(1).get("exitCode").asInt(-1)).isZero();
    assertThat(records.get(3).get("exitCode").asInt(-1)).isEqualTo(6);
    assertThat(json(ExitCode.DONE, "audit", "list", "--command", "list").get("records")).isEmpty();
    assertThat(json(ExitCode.DONE, "audit", "list", "--who", "Joan").get("records")).hasSize(2);
    assertThat(json(ExitCode.DONE, "audit", "list", "--dataset", "files").get("records"))
        .hasSize(6);

    JsonNode verified = json(ExitCode.DONE, "audit", "verify");
    assertThat(verified.get("sound").asBoolean()).isTrue();
    assertThat(verified.at("/chains/0/records").asInt()).isGreaterThan(8);
    expect(ExitCode.DONE, "audit", "list");
    assertThat(here.out()).contains("nightly").contains("Joan").contains("not found");
    try (var objects = Files.walk(directory.resolve("regions/north/audit"))) {
      assertThat(objects.filter(Files::isRegularFile).count()).isGreaterThan(2);
    }
    expect(ExitCode.DONE, "verify", "--ciphertext");
    expect(ExitCode.DONE, "verify");
  }

  @Test
  void configuration_changed_isRecordedValueByValue() throws Exception {
    configure("48h");
    expect(ExitCode.DONE, "nightly");

    expect(ExitCode.DONE, "audit", "list");
    assertThat(here.out()).contains("datasets[acme/files].rpo: 1d2h -> 2d");
    assertThat(here.out()).doesNotContain("correct horse");
    expect(ExitCode.DONE, "audit", "verify");
  }

  @Test
  void trail_cutOffChangedOrGone_isTold() throws Exception {
    expect(ExitCode.DONE, "nightly");
    String whole = Files.readString(trail());
    List<String> lines = whole.lines().toList();

    Files.writeString(trail(), String.join("\n", lines.subList(0, lines.size() - 1)) + "\n");
    expect(ExitCode.UNPROVEN, "audit", "verify");
    assertThat(here.out()).contains("cut off behind record");

    Files.writeString(trail(), whole.replaceFirst("nightly", "nothing"));
    expect(ExitCode.UNPROVEN, "audit", "verify");
    assertThat(here.out()).contains("was changed");

    Files.delete(trail());
    expect(ExitCode.UNPROVEN, "audit", "verify");
    assertThat(here.out()).contains("is gone");
    expect(ExitCode.DONE, "audit", "list", "--vault");
    assertThat(here.out()).contains("nightly");

    Files.writeString(trail(), whole);
    expect(ExitCode.DONE, "audit", "verify");
  }

  @Test
  void export_verifiesOfflineWithTheKeyAlone() throws Exception {
    expect(ExitCode.DONE, "nightly");
    expect(ExitCode.DONE, "audit", "export", "--to", "trail.jsonl");
    String key =
        JsonMapper.shared()
            .readTree(Files.readAllLines(directory.resolve("trail.jsonl")).getLast())
            .at("/signature/key")
            .asString();
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    Files.copy(directory.resolve("trail.jsonl"), elsewhere.resolve("trail.jsonl"));
    TestEnvironment auditor = new TestEnvironment(elsewhere);

    assertThat(auditor.run("audit", "verify", "trail.jsonl", "--key", key))
        .as(auditor.out() + auditor.err())
        .isEqualTo(ExitCode.DONE);
    assertThat(auditor.run("audit", "verify", "trail.jsonl", "--key", "A".repeat(43)))
        .isEqualTo(ExitCode.UNPROVEN);

    List<String> lines = new ArrayList<>(Files.readAllLines(elsewhere.resolve("trail.jsonl")));
    lines.remove(1);
    Files.write(elsewhere.resolve("trail.jsonl"), lines);
    assertThat(auditor.run("audit", "verify", "trail.jsonl", "--key", key))
        .isEqualTo(ExitCode.UNPROVEN);
    assertThat(auditor.out()).contains("record 2 of chain");
  }

  @Test
  void restore_thatCannotBeRecorded_goesOnAndSaysSoLoudly() throws Exception {
    expect(ExitCode.DONE, "nightly");
    Path audit = directory.resolve(".lifeboat/audit");
    Files.move(audit, directory.resolve("kept"));
    Files.writeString(audit, "a file where the folder belongs");

    expect(ExitCode.DONE, "--quiet", "restore", "latest", "--dataset", "files", "--to", "back");

    assertThat(here.err()).contains("NOT RECORDED in the audit trail");
    assertThat(directory.resolve("back/a")).hasContent("hello");
  }

  @Test
  void command_killed_showsAsWithoutAnEnd() throws Exception {
    expect(ExitCode.DONE, "nightly");
    List<String> lines = Files.readAllLines(trail());
    // As a kill -9 leaves it: the beginning is on disk, and half of what came next.
    Files.write(trail(), lines.subList(0, lines.size() - 1));
    Files.writeString(trail(), "{\"evidence\":{\"fo", StandardOpenOption.APPEND);
    Files.delete(directory.resolve(".lifeboat/audit/copied"));
    try (var objects = Files.walk(directory.resolve("regions"))) {
      for (Path object : objects.filter(path -> path.toString().contains("/audit/")).toList()) {
        if (Files.isRegularFile(object)) {
          Files.delete(object);
        }
      }
    }
    expect(ExitCode.DONE, "ls", "latest", "--dataset", "files");

    expect(ExitCode.DONE, "audit", "list");
    assertThat(here.out()).containsPattern("nightly +NO END");
    JsonNode verified = json(ExitCode.DONE, "audit", "verify");
    assertThat(verified.at("/unended/0/command").asString()).isEqualTo("nightly");
  }
}
