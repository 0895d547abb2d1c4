package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.verify.drill.DrillReport;
import dev.lifeboat.verify.drill.DrillReportJson;
import dev.lifeboat.verify.drill.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Drills of one tree of files, a sample of it and all: what they say, and that they say no more.
 */
class FileDrillIT {
  private static final int FILES = 400;

  @TempDir private static Path directory;
  private static TestEnvironment here;

  @BeforeAll
  static void backUp() throws Exception {
    here = new TestEnvironment(directory).with("KIT", "correct horse");
    Random random = new Random(7);
    for (int i = 0; i < FILES; i++) {
      byte[] bytes = new byte[4_000];
      random.nextBytes(bytes);
      Path file = directory.resolve("files/%d/%d".formatted(i % 20, i));
      Files.createDirectories(file.getParent());
      Files.write(file, bytes);
    }
    Files.createDirectory(directory.resolve("region"));
    Files.writeString(
        directory.resolve("lifeboat.yaml"),
        """
        vault:
          home: home
          kit: recovery.kit
          passphrase: {env: KIT}
          quorum: 1
          regions:
            - {name: north, directory: {path: region}}
        datasets:
          - {name: files, directory: {path: files}}
        drills:
          - {name: quick, sample: 30%, self-test: never, rto: 1h}
        """);
    run(ExitCode.DONE, "init");
    run(ExitCode.DONE, "nightly");
  }

  private static void run(ExitCode expected, String... arguments) {
    assertThat(here.run(arguments)).as(here.out() + here.err()).isEqualTo(expected);
  }

  private static DrillReport drill(ExitCode expected, String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of("drill", "--json"));
    all.addAll(Arrays.asList(arguments));
    run(expected, all.toArray(String[]::new));
    return DrillReportJson.read(here.out());
  }

  @Test
  void sample_passesForItselfEstimatesTheRestAndCountsAsNoDrill() throws Exception {
    DrillReport report = drill(ExitCode.DONE, "quick");

    assertThat(report.verdict()).isEqualTo(Verdict.PASS);
    DrillReport.Dataset files = report.datasets().getFirst();
    // 120 of 400 are expected; it is 10 standard deviations to these bounds.
    assertThat(files.objects()).isBetween(30L, 210L);
    assertThat(files.bytes()).isEqualTo(files.objects() * 4_000);
    assertThat(files.rto()).isEmpty();
    assertThat(report.goals().rto()).isEmpty();
    assertThat(files.estimate()).isPresent();
    assertThat(report.notProven())
        .anyMatch(what ->
            what.contains("a sample of %d of 400 files came back".formatted(files.objects())));
    run(ExitCode.UNPROVEN, "drill", "--coverage");
    assertThat(here.out()).contains("NEVER").contains("1 of 1 copies were never drilled");

    run(ExitCode.DONE, "drill", "--sample", "30%");
    assertThat(here.out())
        .contains("estimated for all of it: about ")
        .contains("RTO estimated from a sample: about ")
        .contains("1 dataset brought back, 1 of them in part, as a sample, ");
  }

  @Test
  void estimateBeyondTheGoal_fails() throws Exception {
    DrillReport report = drill(ExitCode.UNPROVEN, "--sample", "10%", "--rto", "1ms");

    assertThat(report.verdict()).isEqualTo(Verdict.FAIL);
    assertThat(report.reasons().getFirst()).startsWith("RTO, estimated from a sample, is ");
  }

  @Test
  void damageInTheSample_fails() throws Exception {
    Map<Path, byte[]> sound = new TreeMap<>();
    try (Stream<Path> objects = Files.walk(directory.resolve("region/packs"))) {
      for (Path pack : objects.filter(Files::isRegularFile).toList()) {
        byte[] bytes = Files.readAllBytes(pack);
        sound.put(pack, bytes.clone());
        for (int i = 100; i < bytes.length - 100; i += 1_000) {
          bytes[i] ^= 1;
        }
        replace(pack, bytes);
      }
    }
    try {
      assertThat(drill(ExitCode.UNPROVEN, "--sample", "30%").verdict()).isEqualTo(Verdict.FAIL);
    } finally {
      for (Map.Entry<Path, byte[]> pack : sound.entrySet()) {
        replace(pack.getKey(), pack.getValue());
      }
    }
  }

  /** Objects cannot be written to. */
  private static void replace(Path pack, byte[] bytes) throws IOException {
    Path other = pack.resolveSibling("other");
    Files.write(other, bytes);
    Files.move(other, pack, StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void checkOfTheCommandLine_decides() throws Exception {
    DrillReport report =
        drill(
            ExitCode.DONE,
            "--sample",
            "50%",
            "--check",
            "test \"$(ls ${LIFEBOAT_TARGET#file://} | wc -l)\" -eq 20");

    assertThat(report.datasets().getFirst().checks())
        .filteredOn(check -> check.name().startsWith("test "))
        .singleElement()
        .satisfies(check -> assertThat(check.passed()).isTrue());
    assertThat(
            drill(ExitCode.UNPROVEN, "--sample", "50%", "--check", "echo three are missing; exit 3")
                .reasons())
        .anyMatch(reason -> reason.contains("ended with 3: three are missing"));
  }

  @Test
  void nonsense_isRefused() {
    run(ExitCode.USAGE, "drill", "--sample", "100%");
    run(ExitCode.USAGE, "drill", "--sample", "some");
    run(ExitCode.USAGE, "drill", "--sample", "5%", "--self-test");
    assertThat(here.err()).contains("a fault outside of it is not noticed");
  }
}
