package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The service as it is started: nights come by themselves, and what was cut short comes again. */
@Timeout(240)
class ServeIT {
  @TempDir private Path directory;
  private TestEnvironment here;

  @BeforeEach
  void setUp() throws Exception {
    here = new TestEnvironment(directory).with("KIT", "correct horse");
    Files.createDirectory(directory.resolve("files"));
    Files.createDirectory(directory.resolve("regions"));
    Files.writeString(directory.resolve("files/a"), "hello");
  }

  private void schedules(String schedules) throws IOException {
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
        %s
        """
            .formatted(schedules));
  }

  private void expect(ExitCode code, String... arguments) {
    assertThat(here.run(arguments)).as(here.out() + here.err()).isEqualTo(code);
  }

  private long nights() throws IOException {
    Path reports = directory.resolve("home/reports");
    if (Files.notExists(reports)) {
      return 0;
    }
    try (Stream<Path> found = Files.list(reports)) {
      return found.filter(file -> file.toString().endsWith("-nightly.json")).count();
    }
  }

  @Test
  void nightsComeByThemselves_untilTheServiceIsStopped() throws Exception {
    schedules("schedules: {nightly: {cron: \"* * * * * ?\"}}");
    expect(ExitCode.DONE, "init");
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    try (ExecutorService service = Executors.newSingleThreadExecutor()) {
      Future<ExitCode> ended =
          service.submit(() -> {
            thread.complete(Thread.currentThread());
            return here.run("serve");
          });
      Instant limit = Instant.now().plus(Duration.ofMinutes(2));
      while (nights() < 2) {
        assertThat(Instant.now()).as(here.err()).isBefore(limit);
        assertThat(ended.isDone()).as(here.err()).isFalse();
        Thread.sleep(200);
      }
      thread.get().interrupt();
      assertThat(ended.get(1, TimeUnit.MINUTES)).isEqualTo(ExitCode.INTERRUPTED);
    }
    assertThat(here.err()).contains("nightly: begins").contains("nightly: done, exit code 0");
    long after = nights();
    Thread.sleep(2_500);
    assertThat(nights()).isEqualTo(after);
    expect(ExitCode.DONE, "list");
    expect(ExitCode.DONE, "verify");
  }

  @Test
  void withoutSchedules_saysWhatToWrite() throws Exception {
    schedules("");
    expect(ExitCode.DONE, "init");

    expect(ExitCode.USAGE, "serve");

    assertThat(here.err()).contains("schedules nothing").contains("nightly: {cron");
  }

  @Test
  void dryRun_tellsWhatIsDue_alsoDrillsAndTheWatch() throws Exception {
    schedules(
        """
        schedules:
          nightly: {cron: "0 30 1 * * ?", zone: Europe/London}
          watch: {cron: "0 0 * * * ?"}
        drills:
          - {name: quarterly, schedule: {cron: "0 0 6 1 */3 ?"}}
        """);
    expect(ExitCode.DONE, "init");

    expect(ExitCode.DONE, "serve", "--dry-run");

    assertThat(here.out().lines())
        .anyMatch(line -> line.startsWith("nightly: next at "))
        .anyMatch(line -> line.startsWith("watch: next at "))
        .anyMatch(line -> line.startsWith("drill quarterly: next at "));
    assertThat(directory.resolve("home/state/schedule.mv.db")).doesNotExist();
  }
}
