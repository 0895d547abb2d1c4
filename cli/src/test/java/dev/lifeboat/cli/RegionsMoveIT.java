package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A vault moves from one place to another while its nights go on: add, replicate, remove. */
class RegionsMoveIT {
  @TempDir private Path directory;
  private TestEnvironment here;
  private Path files;

  @BeforeEach
  void setUp() throws Exception {
    here = new TestEnvironment(directory).with("KIT", "correct horse");
    files = Files.createDirectory(directory.resolve("files"));
    for (int i = 0; i < 6; i++) {
      write("file" + i, 40_000 + i);
    }
    Files.createDirectory(directory.resolve("regions"));
    configure("north", "south");
    expect(ExitCode.DONE, "init");
    expect(ExitCode.DONE, "nightly");
  }

  private void expect(ExitCode code, String... args) {
    assertThat(here.run(args))
        .as("%s: %s%s", Arrays.toString(args), here.out(), here.err())
        .isEqualTo(code);
  }

  private void write(String name, int bytes) throws IOException {
    byte[] content = new byte[bytes];
    new Random(bytes).nextBytes(content);
    Files.write(files.resolve(name), content);
  }

  private void configure(String... regions) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("vault:");
    lines.add("  home: home");
    lines.add("  kit: recovery.kit");
    lines.add("  passphrase: {env: KIT}");
    lines.add("  quorum: 2");
    lines.add("  regions:");
    for (String region : regions) {
      lines.add("    - {name: %s, directory: {path: regions/%s}}".formatted(region, region));
    }
    lines.add("datasets:");
    lines.add("  - {name: files, tenant: acme, directory: {path: files}, rpo: 26h}");
    Files.write(directory.resolve("lifeboat.yaml"), lines);
  }

  private List<String> snapshotsIn(String region) throws IOException {
    Path snapshots = directory.resolve("regions").resolve(region).resolve("snapshots");
    if (!Files.exists(snapshots)) {
      return List.of();
    }
    try (Stream<Path> walk = Files.walk(snapshots)) {
      return walk.filter(Files::isRegularFile)
          .map(file -> file.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void move_addReplicateRemove_everySnapshotComesBackFromTheNewPlaces() throws Exception {
    expect(ExitCode.USAGE, "regions", "add", "east");
    assertThat(here.err()).contains("vault.regions").contains("east");

    configure("north", "south", "east");
    expect(ExitCode.DONE, "regions", "add", "east");
    assertThat(here.out()).contains("lifeboat replicate");
    assertThat(snapshotsIn("east")).isEmpty();

    // A night before anything was replicated: the new region gets no manifest it could not serve.
    write("file1", 50_000);
    expect(ExitCode.DONE, "backup");
    assertThat(snapshotsIn("north")).hasSize(2);
    assertThat(snapshotsIn("east")).isEmpty();
    expect(ExitCode.REFUSED, "regions", "remove", "north");
    assertThat(here.err()).contains("2 of 2 snapshots").contains("lifeboat replicate");

    expect(ExitCode.DONE, "replicate");
    assertThat(snapshotsIn("east")).isEqualTo(snapshotsIn("north"));
    expect(ExitCode.DONE, "status", "--json");
    JsonNode copies = JsonMapper.shared().readTree(here.out()).get("datasets").get(0).get("copies");
    assertThat(copies.size()).isEqualTo(3);
    for (JsonNode copy : copies) {
      assertThat(copy.get("lagSnapshots").asInt()).as(copy.toString()).isZero();
      assertThat(copy.get("late").asBoolean()).isFalse();
    }

    expect(ExitCode.DONE, "regions", "remove", "north");
    assertThat(here.out()).contains("vault.regions");
    configure("south", "east");
    try (Stream<Path> walk = Files.walk(directory.resolve("regions/north"))) {
      for (Path file : walk.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(file);
      }
    }
    write("file2", 60_000);
    expect(ExitCode.DONE, "nightly");
    assertThat(snapshotsIn("east")).hasSize(3).isEqualTo(snapshotsIn("south"));
    expect(ExitCode.DONE, "verify", "--deep");
    expect(ExitCode.DONE, "restore", "latest", "--to", "back", "--check");
    for (int i = 0; i < 6; i++) {
      assertThat(
              Files.mismatch(
                  files.resolve("file" + i), directory.resolve("back").resolve("file" + i)))
          .isEqualTo(-1);
    }
  }

  @Test
  void remove_forced_needsAReasonAndRecordsIt() throws Exception {
    expect(ExitCode.REFUSED, "regions", "remove", "south");
    expect(ExitCode.USAGE, "regions", "remove", "south", "--force");
    expect(
        ExitCode.DONE, "regions", "remove", "south", "--force", "--reason", "the disk burnt down");
    assertThat(here.out()).contains("Forced, although");
    Path log = directory.resolve("regions/north/ledger/regions");
    try (Stream<Path> records = Files.list(log)) {
      List<Path> all = records.toList();
      assertThat(all).hasSize(1);
      assertThat(Files.readString(all.getFirst(), StandardCharsets.ISO_8859_1))
          .contains("the disk burnt down")
          .contains("removed");
    }
    expect(ExitCode.NOT_FOUND, "regions", "remove", "west");
    expect(ExitCode.DONE, "verify");
  }

  @Test
  void add_placeOfAnotherVault_isRefusedAndLeftAlone() throws Exception {
    Path other = Files.createDirectory(directory.resolve("other"));
    TestEnvironment there = new TestEnvironment(other).with("KIT", "another horse");
    Files.createDirectory(other.resolve("regions"));
    Files.createDirectory(other.resolve("files"));
    Files.copy(directory.resolve("lifeboat.yaml"), other.resolve("lifeboat.yaml"));
    assertThat(there.run("init")).as(there.err()).isEqualTo(ExitCode.DONE);
    Files.createSymbolicLink(directory.resolve("regions/west"), other.resolve("regions/north"));

    configure("north", "south", "west");
    expect(ExitCode.REFUSED, "regions", "add", "west");
    assertThat(here.err()).contains("another vault");
    assertThat(other.resolve("regions/north/ledger/regions")).doesNotExist();
  }
}
