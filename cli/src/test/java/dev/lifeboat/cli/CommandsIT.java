package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The commands as a person types them, over two directory regions, and the exit codes they end
 * with.
 */
class CommandsIT {
  @TempDir private Path directory;
  private TestEnvironment here;
  private Path files;

  @BeforeEach
  void setUp() throws Exception {
    here = new TestEnvironment(directory).with("KIT", "correct horse");
    files = Files.createDirectory(directory.resolve("files"));
    for (int i = 0; i < 12; i++) {
      write("file%02d".formatted(i), 2_000 + i);
    }
    write("deep/er/big", 3_000_000);
    Files.createDirectory(directory.resolve("regions"));
    configure("KIT", true);
    assertThat(here.run("init")).as(here.err()).isEqualTo(ExitCode.DONE);
  }

  @Test
  void aNightAndTheWayBack() throws Exception {
    night(ExitCode.DONE);
    write("file03", 5_000);
    Files.delete(files.resolve("file04"));
    night(ExitCode.DONE);

    assertThat(here.run("list", "--json")).isEqualTo(ExitCode.DONE);
    JsonNode list = JsonMapper.shared().readTree(here.out());
    assertThat(here.out()).contains("files");
    assertThat(list.isEmpty()).isFalse();
    assertThat(here.run("ls", "latest", "--dataset", "files", "deep")).isEqualTo(ExitCode.DONE);
    assertThat(here.out()).contains("deep/er");
    assertThat(here.run("find", "big")).isEqualTo(ExitCode.DONE);
    assertThat(here.out()).contains("deep/er/big");
    assertThat(here.run("status")).as(here.out()).isEqualTo(ExitCode.DONE);

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
  void restore_intoOtherFiles_isRefusedWithFour() throws Exception {
    night(ExitCode.DONE);
    Path back = Files.createDirectory(directory.resolve("back"));
    Files.writeString(back.resolve("file05"), "mine");

    assertThat(here.run("restore", "latest", "--to", "back")).isEqualTo(ExitCode.REFUSED);

    assertThat(here.err()).contains("file05").contains("--overwrite");
    assertThat(Files.readString(back.resolve("file05"))).isEqualTo("mine");
    assertThat(here.run("restore", "latest", "--to", "back", "--overwrite", "always"))
        .isEqualTo(ExitCode.DONE);
    assertThat(Files.mismatch(files.resolve("file05"), back.resolve("file05"))).isEqualTo(-1);
  }

  @Test
  void restore_wrongPassphrase_endsWithTenAndASentence() throws Exception {
    night(ExitCode.DONE);
    here.with("KIT", "wrong horse");

    assertThat(here.run("restore", "latest", "--to", "back")).isEqualTo(ExitCode.KEY_UNAVAILABLE);

    assertThat(here.err()).contains("passphrase").doesNotContain("Exception");
    assertThat(directory.resolve("back")).doesNotExist();
  }

  @Test
  void hostWithoutKit_backsUpAndLists_andCannotReadBack() throws Exception {
    configure("KIT", false);

    night(ExitCode.DONE);
    assertThat(here.run("list")).isEqualTo(ExitCode.DONE);
    assertThat(here.out()).contains("files");
    assertThat(here.run("verify", "--ciphertext")).as(here.out()).isEqualTo(ExitCode.DONE);
    assertThat(here.run("restore", "latest", "--to", "back")).isEqualTo(ExitCode.KEY_UNAVAILABLE);
    assertThat(here.run("ls", "latest")).isEqualTo(ExitCode.KEY_UNAVAILABLE);
    assertThat(here.run("verify", "--deep")).isEqualTo(ExitCode.KEY_UNAVAILABLE);
  }

  @Test
  void verify_coverage_isNothingBeforeAndEverythingAfterAllWasRead() throws Exception {
    night(ExitCode.DONE);
    assertThat(here.run("verify", "--ciphertext")).as(here.out()).isEqualTo(ExitCode.DONE);

    assertThat(here.run("verify", "--coverage")).as(here.out()).isEqualTo(ExitCode.DONE);
    assertThat(here.out()).contains("north").contains("100.0 %").contains("deep");
    assertThat(here.run("verify", "--coverage", "--json")).isEqualTo(ExitCode.DONE);
    JsonNode coverage = JsonMapper.shared().readTree(here.out());
    assertThat(coverage.get("kept").asBoolean()).isTrue();
    assertThat(coverage.get("regions").size()).isEqualTo(2);
    assertThat(here.run("verify", "--coverage", "--deep")).isEqualTo(ExitCode.USAGE);
    assertThat(here.run("verify", "--ciphertext", "--time", "1h", "--cost", "0.5"))
        .as(here.err())
        .isEqualTo(ExitCode.DONE);
    assertThat(here.run("verify", "--ciphertext", "--cost", "-1")).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void verify_flippedBit_endsWithNineAndHeals() throws Exception {
    night(ExitCode.DONE);
    Path pack = largestPack("north");
    byte[] bytes = Files.readAllBytes(pack);
    bytes[bytes.length / 2] ^= 8;
    Files.write(pack, bytes);

    assertThat(here.run("verify")).isEqualTo(ExitCode.DONE);
    assertThat(here.run("verify", "--ciphertext")).isEqualTo(ExitCode.UNPROVEN);
    assertThat(here.out())
        .contains(pack.getFileName().toString())
        .contains("north")
        .contains("files/")
        .contains("lifeboat verify --heal --region north");
    assertThat(here.run("verify", "--ciphertext", "--heal", "--region", "north"))
        .as(here.out())
        .isEqualTo(ExitCode.DONE);
    assertThat(here.run("verify", "--deep")).isEqualTo(ExitCode.DONE);
    assertThat(here.run("verify", "--deep", "--json")).isEqualTo(ExitCode.DONE);
    assertThat(JsonMapper.shared().readTree(here.out()).get("sound").asBoolean()).isTrue();
  }

  @Test
  void restore_damageInEveryRegion_bringsBackTheRestAndEndsWithOne() throws Exception {
    night(ExitCode.DONE);
    for (String region : new String[] {"north", "south"}) {
      Files.delete(largestPack(region));
    }

    assertThat(here.run("restore", "latest", "--to", "back")).isEqualTo(ExitCode.FAILED);

    assertThat(here.out() + here.err()).containsIgnoringCase("restored");
  }

  @Test
  void nightly_rootMissing_failsAndSaysSo() throws Exception {
    night(ExitCode.DONE);
    Files.move(files, directory.resolve("elsewhere"));

    ExitCode code = here.run("nightly");

    assertThat(code).isIn(ExitCode.FAILED, ExitCode.UNREACHABLE);
    assertThat(here.out()).contains("files");
  }

  @Test
  void nightly_rootSuddenlyEmpty_isPartialAndEndsWithThree() throws Exception {
    night(ExitCode.DONE);
    Files.move(files, directory.resolve("elsewhere"));
    Files.createDirectory(files);

    night(ExitCode.INCOMPLETE);
  }

  @Test
  void nightly_oneRegionGone_endsWithEightAndReplicateMends() throws Exception {
    configure("KIT", true, 1);
    night(ExitCode.DONE);
    Path south = directory.resolve("regions/south");
    Files.move(south, directory.resolve("unplugged"));
    write("file01", 9_999);

    assertThat(here.run("nightly")).as(here.out()).isEqualTo(ExitCode.UNREACHABLE);

    Files.move(directory.resolve("unplugged"), south);
    assertThat(here.run("replicate")).as(here.out()).isEqualTo(ExitCode.DONE);
    assertThat(here.run("verify", "--deep")).as(here.out()).isEqualTo(ExitCode.DONE);
    assertThat(here.run("restore", "latest", "--to", "back")).isEqualTo(ExitCode.DONE);
    assertThat(Files.mismatch(files.resolve("file01"), directory.resolve("back/file01")))
        .isEqualTo(-1);
  }

  @Test
  void unknownThings_endWithTwoOrSix() throws Exception {
    night(ExitCode.DONE);

    assertThat(here.run("restore", "latest", "--to", "back", "no/such/path"))
        .isEqualTo(ExitCode.NOT_FOUND);
    assertThat(directory.resolve("back")).doesNotExist();
    assertThat(here.run("restore", "latest", "--dataset", "fiels", "--to", "back"))
        .isEqualTo(ExitCode.NOT_FOUND);
    assertThat(here.run("ls", "ffffffffffffffff")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(here.run("restore", "latest")).isEqualTo(ExitCode.USAGE);
    assertThat(here.run("verify", "--budget", "1GiB")).isEqualTo(ExitCode.USAGE);
    assertThat(here.run("backup", "fiels")).isEqualTo(ExitCode.NOT_FOUND);
  }

  @Test
  void retention_explains_andReclaimTellsWhatItWouldFree() throws Exception {
    night(ExitCode.DONE);
    write("file01", 9_000);
    night(ExitCode.DONE);

    assertThat(here.run("retention", "--explain")).isEqualTo(ExitCode.DONE);
    assertThat(here.out()).contains("stays").contains("newest");
    assertThat(here.run("reclaim", "--dry-run")).isEqualTo(ExitCode.DONE);
    assertThat(here.out()).contains("north").contains("would");
  }

  @Test
  void pinsHoldsAndTags_winOverThePolicyAndAreExplained() throws Exception {
    Files.writeString(
        directory.resolve("lifeboat.yaml"),
        Files.readString(directory.resolve("lifeboat.yaml"))
            .replace(
                "directory: {path: files}}",
                "directory: {path: files}, retention: {last: 1, keep-tags: [release]}}"));
    assertThat(here.run("backup", "--tag", "release")).as(here.err()).isEqualTo(ExitCode.DONE);
    assertThat(here.run("backup", "--tag", "no tag")).isEqualTo(ExitCode.USAGE);
    for (int i = 0; i < 3; i++) {
      write("file01", 9_000 + i);
      assertThat(here.run("backup")).as(here.err()).isEqualTo(ExitCode.DONE);
    }
    assertThat(here.run("list", "--json")).isEqualTo(ExitCode.DONE);
    JsonNode list = JsonMapper.shared().readTree(here.out());
    String second = list.get(1).get("snapshot").asString();
    assertThat(here.run("snapshots", "pin", second, "--reason", "for the audit"))
        .as(here.err())
        .isEqualTo(ExitCode.DONE);
    assertThat(here.run("retention", "--explain")).isEqualTo(ExitCode.DONE);
    assertThat(here.out()).contains("for the audit").contains("tagged release").contains("goes");

    assertThat(here.run("hold", "acme", "--reason", "a lawsuit")).isEqualTo(ExitCode.DONE);
    assertThat(here.run("hold", "acme")).as("without a reason").isEqualTo(ExitCode.USAGE);
    assertThat(here.run("hold")).isEqualTo(ExitCode.DONE);
    assertThat(here.out()).contains("a lawsuit").contains("for the audit").contains(second);
    assertThat(here.run("retention")).as(here.err()).isEqualTo(ExitCode.DONE);
    assertThat(snapshots()).isEqualTo(4);
    assertThat(here.run("hold", "acme", "--release", "--reason", "settled"))
        .isEqualTo(ExitCode.DONE);
    assertThat(here.run("hold", "acme", "--release", "--reason", "settled"))
        .isEqualTo(ExitCode.NOT_FOUND);

    assertThat(here.run("retention")).as(here.err()).isEqualTo(ExitCode.DONE);
    assertThat(snapshots()).isEqualTo(3);
    assertThat(here.run("snapshots", "unpin", second, "--reason", "audited"))
        .isEqualTo(ExitCode.DONE);
    assertThat(here.run("retention")).as(here.err()).isEqualTo(ExitCode.DONE);
    assertThat(snapshots()).isEqualTo(2);
  }

  private int snapshots() {
    assertThat(here.run("list", "--json")).isEqualTo(ExitCode.DONE);
    return JsonMapper.shared().readTree(here.out()).size();
  }

  @Test
  void reclaim_withARepackBudget_statusShowsTheNextSnapshotLessScattered() throws Exception {
    for (int i = 0; i < 10; i++) {
      write("more" + i, 300_000);
      assertThat(here.run("backup")).as(here.err()).isEqualTo(ExitCode.DONE);
    }
    long before = packsOfTheNewest();
    assertThat(before).isGreaterThanOrEqualTo(10);
    assertThat(here.run("reclaim", "--repack-budget", "much")).isEqualTo(ExitCode.USAGE);
    assertThat(here.run("reclaim", "--dry-run", "--repack-budget", "1GiB"))
        .isEqualTo(ExitCode.DONE);
    assertThat(here.out()).contains("would repack");
    // A host that may only write says so, and the night is none the worse.
    configure("KIT", false);
    assertThat(here.run("reclaim", "--repack-budget", "1GiB")).isEqualTo(ExitCode.DONE);
    assertThat(here.out()).contains("not repacked, because this host may write and not read");
    configure("KIT", true);
    assertThat(here.run("reclaim", "--repack-budget", "1GiB"))
        .as(here.out() + here.err())
        .isEqualTo(ExitCode.DONE);
    assertThat(here.out()).contains("repacked");
    assertThat(packsOfTheNewest()).as("what is there stays as it is").isEqualTo(before);
    // Nothing has changed: all directories are taken over whole.
    assertThat(here.run("backup")).as(here.err()).isEqualTo(ExitCode.DONE);
    assertThat(packsOfTheNewest()).isLessThanOrEqualTo(2);
    assertThat(here.run("restore", "latest", "--to", "back", "--check"))
        .as(here.err())
        .isEqualTo(ExitCode.DONE);
    assertThat(Files.mismatch(files.resolve("more3"), directory.resolve("back/more3")))
        .isEqualTo(-1);
    assertThat(here.run("verify", "--deep")).as(here.out() + here.err()).isEqualTo(ExitCode.DONE);
  }

  private long packsOfTheNewest() {
    assertThat(here.run("status", "--json")).as(here.err()).isEqualTo(ExitCode.DONE);
    return JsonMapper.shared()
        .readTree(here.out())
        .findValue("fragmentation")
        .get("packs")
        .asLong();
  }

  private void night(ExitCode expected) {
    ExitCode code = here.run("nightly");
    assertThat(code).as(here.out() + here.err()).isEqualTo(expected);
  }

  private void configure(String variable, boolean kit) throws IOException {
    configure(variable, kit, 2);
  }

  private void configure(String variable, boolean kit, int quorum) throws IOException {
    Files.writeString(
        directory.resolve("lifeboat.yaml"),
        """
        vault:
          home: home
        %s
          quorum: %d
          regions:
            - {name: north, directory: {path: regions/north}}
            - {name: south, directory: {path: regions/south}}
        datasets:
          - {name: files, tenant: acme, directory: {path: files}}
        """
            .formatted(
                kit ? "  kit: recovery.kit\n  passphrase: {env: %s}".formatted(variable) : "",
                quorum));
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

  private Path largestPack(String region) throws IOException {
    try (Stream<Path> packs = Files.walk(directory.resolve("regions/" + region + "/packs"))) {
      return packs
          .filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
          .max((a, b) -> Long.compare(a.toFile().length(), b.toFile().length()))
          .orElseThrow();
    }
  }
}
