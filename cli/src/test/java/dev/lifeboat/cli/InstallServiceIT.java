package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The units, as systemd's own tools see them. */
@Timeout(120)
class InstallServiceIT {
  @TempDir private Path directory;
  private TestEnvironment here;
  private Path units;

  @BeforeEach
  void setUp() throws Exception {
    here = new TestEnvironment(directory);
    units = Files.createDirectory(directory.resolve("units"));
    Files.writeString(directory.resolve("passphrase"), "correct horse\n");
    configure(
        """
        schedules:
          nightly: {cron: "0 30 1 * * ?", zone: Europe/London, jitter: 10m, max-duration: 8h}
          weekly: {job: verify, cron: "0 0 6 ? * MON-FRI", misfire: skip}
          hourly: {job: backup, cron: "0 0 * * * ?"}
        """,
        "{file: /run/credentials/lifeboat.service/passphrase}");
  }

  private void configure(String schedules, String passphrase) throws Exception {
    Files.writeString(
        directory.resolve("lifeboat.yaml"),
        """
        vault:
          home: "my home"
          kit: recovery.kit
          passphrase: %s
          regions:
            - {name: north, directory: {path: regions/north}}
            - {name: south, directory: {path: regions/south}}
        datasets:
          - {name: files, tenant: acme, directory: {path: files}}
        %s
        """
            .formatted(passphrase, schedules));
  }

  private ExitCode install(String... more) {
    List<String> words = new ArrayList<>(List.of("install-service", "--user", "root"));
    words.addAll(List.of("--program", "/bin/true"));
    words.addAll(List.of(more));
    return here.run(words.toArray(String[]::new));
  }

  private static String analyze(String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of("systemd-analyze"));
    command.addAll(List.of(words));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  @Test
  void units_areTakenBySystemdWithoutAWord() throws Exception {
    String credential = "passphrase=" + directory.resolve("passphrase");
    assertThat(install("--to", "units", "--credential", credential))
        .as(here.err())
        .isEqualTo(ExitCode.DONE);
    configure(
        """
        schedules:
          nightly: {cron: "0 30 1 * * ?", zone: Europe/London, jitter: 10m, max-duration: 8h}
          weekly: {job: verify, cron: "0 0 6 ? * MON-FRI", misfire: skip}
        """,
        "{file: passphrase}");
    assertThat(install("--to", "units", "--timer")).as(here.err()).isEqualTo(ExitCode.DONE);
    assertThat(install("--to", "units", "--timer=weekly")).as(here.err()).isEqualTo(ExitCode.DONE);

    List<String> files;
    try (Stream<Path> found = Files.list(units)) {
      files = found.map(Path::toString).sorted().toList();
    }
    assertThat(files).hasSize(5);
    for (String file : files) {
      assertThat(analyze("verify", file)).as(file).isEmpty();
    }
    assertThat(Files.readString(units.resolve("lifeboat.service")))
        .contains("Type=notify", "WatchdogSec=", "NoNewPrivileges=yes", "ProtectSystem=strict")
        .contains("LoadCredential=" + "passphrase:" + directory.resolve("passphrase"))
        .contains("ReadWritePaths=\"" + directory.resolve("my home") + "\"")
        .contains("TimeoutStopSec=90");
    assertThat(Files.readString(units.resolve("lifeboat-nightly.timer")))
        .contains("OnCalendar=*-*-* 01:30:00 Europe/London", "RandomizedDelaySec=600")
        .contains("Persistent=yes");
    assertThat(Files.readString(units.resolve("lifeboat-weekly.timer")))
        .contains("OnCalendar=Mon..Fri *-*-* 06:00:00 UTC", "Persistent=no");
    assertThat(analyze("calendar", "Mon..Fri *-*-* 06:00:00 UTC")).contains("Next elapse");
  }

  /** The score that docs/service.md states. */
  @Test
  void service_isHardenedAsStated() throws Exception {
    String credential = "passphrase=" + directory.resolve("passphrase");
    assertThat(install("--to", "units", "--credential", credential)).isEqualTo(ExitCode.DONE);
    String unit = units.resolve("lifeboat.service").toString();
    Files.writeString(
        units.resolve("lifeboat.service"),
        Files.readString(units.resolve("lifeboat.service")).replace("User=root", "User=nobody"));

    String last =
        analyze("security", "--offline=true", "--threshold=25", unit)
            .lines()
            .filter(line -> line.contains("Overall exposure level"))
            .findFirst()
            .orElseThrow();

    String score = last.replaceAll(".*: ([0-9.]+) .*", "$1");
    assertThat(Files.readString(Path.of("../docs/service.md"))).contains(score + " (OK)");
  }

  @Test
  void print_showsTheUnits_andWritesNothing() {
    assertThat(install("--print", "--credential", "passphrase=passphrase"))
        .isEqualTo(ExitCode.DONE);

    assertThat(here.out()).contains("# /etc/systemd/system/lifeboat.service", "[Service]");
    assertThat(units).isEmptyDirectory();
  }

  @Test
  void whatWouldNotWork_isRefused() throws Exception {
    assertThat(install()).isEqualTo(ExitCode.USAGE);
    assertThat(here.err()).contains("say --print").contains("--to");
    assertThat(install("--print")).isEqualTo(ExitCode.USAGE);
    assertThat(here.err()).contains("which no --credential makes");
    assertThat(install("--print", "--timer=hourly")).isEqualTo(ExitCode.USAGE);
    assertThat(here.err()).contains("a timer cannot say when");
    assertThat(install("--print", "--timer=monthly")).isEqualTo(ExitCode.USAGE);
    assertThat(here.err()).contains("schedules no monthly; there are [hourly, nightly, weekly]");
    assertThat(install("--print", "--user", "a b")).isEqualTo(ExitCode.USAGE);
    Files.writeString(units.resolve("lifeboat.service"), "mine");
    assertThat(install("--to", "units", "--credential", "passphrase=passphrase"))
        .isEqualTo(ExitCode.REFUSED);
    assertThat(Files.readString(units.resolve("lifeboat.service"))).isEqualTo("mine");
  }
}
