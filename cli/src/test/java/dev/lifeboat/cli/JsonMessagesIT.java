package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.cli.output.JsonLog;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JsonMessagesIT {
  @TempDir private Path directory;

  private static List<JsonNode> lines(String text) {
    return text.lines().map(line -> JsonMapper.shared().readTree(line)).toList();
  }

  @Test
  void commands_withJsonMessages_sayWhichRunDatasetAndRegion() throws Exception {
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
        datasets:
          - {name: files, tenant: acme, directory: {path: files}}
        """);
    assertThat(here.run("init")).as(here.err()).isEqualTo(ExitCode.DONE);

    assertThat(here.run("--log-format", "json", "--quiet", "nightly", "--json"))
        .as(here.err())
        .isEqualTo(ExitCode.DONE);

    assertThat(JsonMapper.shared().readTree(here.out()).get("outcome").asString())
        .isEqualTo("COMPLETE");
    List<JsonNode> messages = lines(here.err());
    assertThat(messages)
        .isNotEmpty()
        .allSatisfy(message -> {
          assertThat(Instant.parse(message.get("time").asString())).isNotNull();
          assertThat(message.get("level").asString()).isIn("debug", "info", "warning", "error");
          assertThat(message.get("run").asString()).matches("[0-9a-f]{16}");
          assertThat(message.has("message")).isTrue();
        });
    assertThat(messages)
        .anyMatch(message -> message.path("dataset").asString("").equals("acme/files"))
        .anyMatch(message -> message.path("region").asString("").equals("north"))
        .anyMatch(message -> message.path("outcome").asString("").equals("complete"));
    String run = messages.getFirst().get("run").asString();
    assertThat(Files.readString(directory.resolve(".lifeboat/audit/trail.jsonl")))
        .as("the trail calls it the same")
        .contains("\"run\":\"" + run + "\"");

    assertThat(here.with("LIFEBOAT_LOG_FORMAT", "json").run("ls", "nothing", "--dataset", "files"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(lines(here.err()).getLast().get("level").asString()).isEqualTo("error");
    assertThat(here.run("ls", "--no-such-flag")).isEqualTo(ExitCode.USAGE);
    assertThat(lines(here.err())).isNotEmpty();
    assertThat(here.run("--log-format=text", "ls", "nothing", "--dataset", "files"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(here.err()).startsWith("lifeboat: ");
    assertThat(here.run("--log-format", "xml", "list")).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void log_linesInPiecesAndOfCommandsInside_areOneObjectEach() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Clock clock = Clock.fixed(Instant.parse("2026-11-22T08:00:00Z"), ZoneOffset.UTC);
    PrintStream to = new PrintStream(bytes, false, StandardCharsets.UTF_8);
    try (JsonLog log = new JsonLog(to, clock, Map.of("run", "1"))) {
      log.print("lifeboat: no ");
      log.println("\"Bär\"\u0007");
      log.print("\r\u001b[K");
      log.println();
      log.println("WARNING io: slow");
      new IllegalStateException("x").printStackTrace(log);
      try (JsonLog inside = new JsonLog(log, clock, Map.of("run", "2"))) {
        inside.write(JsonLog.Level.INFO, "within", Map.of("region", "north"));
      }
    }

    List<JsonNode> messages = lines(bytes.toString(StandardCharsets.UTF_8));
    assertThat(messages.getFirst().get("message").asString()).isEqualTo("no \"Bär\"\u0007");
    assertThat(messages.getFirst().get("level").asString()).isEqualTo("error");
    assertThat(messages.get(1).get("level").asString()).isEqualTo("warning");
    assertThat(messages.get(3).get("level").asString()).isEqualTo("debug");
    assertThat(messages.getLast().get("run").asString()).isEqualTo("2");
    assertThat(messages.getLast().get("region").asString()).isEqualTo("north");
    assertThat(messages.get(2).get("run").asString()).isEqualTo("1");
  }
}
