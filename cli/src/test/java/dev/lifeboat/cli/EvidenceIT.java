package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.verify.drill.DrillReport;
import dev.lifeboat.verify.drill.DrillReportJson;
import dev.lifeboat.verify.drill.Verdict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The evidence commands as a person types them, and an auditor with a file and a key. */
class EvidenceIT {
  @TempDir private Path directory;

  @Test
  void fromDrillToPack_andOfflineWithTheKeyAlone() throws Exception {
    TestEnvironment here = new TestEnvironment(directory).with("KIT", "correct horse");
    Files.createDirectory(directory.resolve("files"));
    Files.createDirectory(directory.resolve("regions"));
    Files.writeString(directory.resolve("files/a"), "hello");
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
          - {name: files, tenant: acme, directory: {path: files}}
        """);
    assertThat(here.run("init")).as(here.err()).isEqualTo(ExitCode.DONE);
    assertThat(here.run("nightly")).as(here.out()).isEqualTo(ExitCode.DONE);
    Files.writeString(directory.resolve("one.json"), DrillReportJson.write(report("one")));
    Files.writeString(directory.resolve("two.json"), DrillReportJson.write(report("two")));

    assertThat(here.run("evidence", "add", "one.json", "two.json"))
        .as(here.err())
        .isEqualTo(ExitCode.DONE);
    assertThat(here.run("evidence", "add", "one.json")).isEqualTo(ExitCode.DONE);
    assertThat(here.out()).contains("is evidence already");
    assertThat(here.run("evidence", "list", "--json")).as(here.out()).isEqualTo(ExitCode.DONE);
    JsonNode list = JsonMapper.shared().readTree(here.out()).get("evidence");
    assertThat(list.size()).isEqualTo(2);
    String id = list.get(0).get("id").asString();

    assertThat(
            here.run(
                "evidence", "note", id, "--text", "slow", "--owner", "ops", "--due", "2020-01-01"))
        .as(here.err())
        .isEqualTo(ExitCode.DONE);
    assertThat(here.run("evidence", "pack", "--period", "month", "--current", "--to", "pack.html"))
        .as(here.err() + here.out())
        .isEqualTo(ExitCode.DONE);
    assertThat(Files.readString(directory.resolve("pack.html")))
        .contains("overdue")
        .contains("acme/files")
        .contains("A.8.13");
    assertThat(here.run("evidence", "show", id, "--to", "one.html")).isEqualTo(ExitCode.DONE);
    assertThat(here.run("evidence", "show", id, "--to", "one.html")).isEqualTo(ExitCode.REFUSED);
    assertThat(here.run("evidence", "show", id)).isEqualTo(ExitCode.DONE);
    Files.writeString(directory.resolve("signed.json"), here.out());
    assertThat(here.run("verify")).as(here.out()).isEqualTo(ExitCode.DONE);
    assertThat(here.run("evidence", "verify", "one.html", "signed.json", "--json"))
        .as(here.out())
        .isEqualTo(ExitCode.DONE);
    String key = JsonMapper.shared().readTree(here.out()).get("files").get(0).get("key").asString();

    // Another machine: no configuration, no vault, a file and a key.
    Path away = Files.createDirectory(directory.resolve("away"));
    Files.copy(directory.resolve("one.html"), away.resolve("one.html"));
    TestEnvironment auditor = new TestEnvironment(away);
    assertThat(auditor.run("evidence", "verify", "one.html", "--key", key))
        .as(auditor.err())
        .isEqualTo(ExitCode.DONE);
    assertThat(auditor.run("evidence", "verify", "one.html")).isEqualTo(ExitCode.UNPROVEN);
    assertThat(auditor.run("evidence", "verify", "one.html", "--key", "A".repeat(43)))
        .isEqualTo(ExitCode.UNPROVEN);
    Files.writeString(
        away.resolve("one.html"),
        Files.readString(away.resolve("one.html")).replace("weekly", "yearly"));
    assertThat(auditor.run("evidence", "verify", "one.html", "--key", key))
        .isEqualTo(ExitCode.UNPROVEN);
    assertThat(auditor.out()).contains("NOT GENUINE");

    // Removed behind everybody's back.
    for (String region : List.of("north", "south")) {
      Files.delete(directory.resolve("regions").resolve(region).resolve("evidence").resolve(id));
    }
    assertThat(here.run("evidence", "list")).isEqualTo(ExitCode.UNPROVEN);
    assertThat(here.out()).contains(id).contains("is missing");
  }

  private static DrillReport report(String id) {
    Instant time = Instant.now().minusSeconds(60);
    return new DrillReport(
        DrillReport.VERSION,
        id,
        "weekly",
        time,
        time.plusSeconds(3),
        "me",
        "here",
        "lifeboat drill",
        new TreeMap<>(Map.of("lifeboat", "1")),
        new DrillReport.ScenarioRun("latest", "the newest", List.of(), List.of("north")),
        new TreeMap<>(),
        List.of(
            new DrillReport.Dataset(
                "acme",
                "files",
                "directory",
                Optional.empty(),
                "scratch",
                5,
                1,
                List.of(new DrillReport.RegionUse("north", 1, 5, 0)),
                List.of(new DrillReport.Check("root hash", "aa", "aa", 1, true)),
                List.of(),
                Optional.of(Duration.ofSeconds(3)),
                Optional.of(Duration.ofSeconds(60)),
                Optional.empty(),
                Verdict.PASS,
                Optional.empty())),
        List.of(),
        new DrillReport.Goals(
            Optional.empty(),
            Optional.of(Duration.ofSeconds(3)),
            Optional.empty(),
            Optional.of(Duration.ofSeconds(60)),
            time),
        Verdict.PASS,
        List.of("1 object came back"),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of());
  }
}
