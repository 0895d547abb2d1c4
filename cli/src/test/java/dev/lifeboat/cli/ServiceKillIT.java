package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.schedules.run.Run;
import dev.lifeboat.schedules.run.RunBook;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The service as a process, killed outright at random moments while it works. By the history of its
 * runs nothing that was due is lost and nothing is run twice, and each night that it reports
 * belongs to one run.
 *
 * <p>{@code -Dlifeboat.kills=20} for more rounds than a test of every day has time for.
 */
@Timeout(1200)
class ServiceKillIT {
  private static final int KILLS = Integer.getInteger("lifeboat.kills", 2);
  private static final Map<String, Duration> PERIODS =
      Map.of(
          "nightly", Duration.ofSeconds(5),
          "files-often", Duration.ofSeconds(3),
          "watch", Duration.ofSeconds(4));

  @TempDir private Path directory;
  private final Random random = new Random(20261122);

  private Process serve() throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "--config",
            directory.resolve("lifeboat.yaml").toString(),
            "serve");
    builder.environment().put("KIT", "correct horse");
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("out").toFile()));
    return builder.start();
  }

  private void setUp() throws Exception {
    Files.createDirectory(directory.resolve("files"));
    Files.createDirectory(directory.resolve("regions"));
    for (int i = 0; i < 30; i++) {
      Files.writeString(directory.resolve("files/" + i), "file " + i);
    }
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
        schedules:
          nightly: {cron: "0/5 * * * * ?"}
          files-often: {job: backup, datasets: [files], cron: "0/3 * * * * ?"}
          watch: {cron: "0/4 * * * * ?"}
        """);
    assertThat(new TestEnvironment(directory).with("KIT", "correct horse").run("init"))
        .isEqualTo(ExitCode.DONE);
  }

  private RunBook book() {
    return new RunBook(directory.resolve("home"));
  }

  private String said() throws Exception {
    return Files.readString(directory.resolve("out"));
  }

  /** Something runs, and it is the child that runs it. */
  private Optional<Run> inFlight(Process child) {
    return book().list().stream()
        .filter(run -> run.state() == Run.State.RUNNING && run.owner().pid() == child.pid())
        .findFirst();
  }

  @Test
  void killed_atRandomMoments_losesNoRunAndRunsNoneTwice() throws Exception {
    setUp();
    int inFlight = 0;
    for (int round = 0; round < KILLS; round++) {
      Process child = serve();
      try {
        await(child, () -> inFlight(child).isPresent());
        Thread.sleep(random.nextInt(2500));
      } finally {
        child.destroyForcibly().waitFor();
      }
      if (book().list().stream().anyMatch(run -> !run.over())) {
        inFlight++;
      }
    }
    // All that was cut short goes on.
    Process last = serve();
    long before = book().list().stream().filter(run -> run.state() == Run.State.DONE).count();
    await(
        last,
        () ->
            book().list().stream().filter(run -> run.state() == Run.State.DONE).count()
                    >= before + 3
                && book().list().stream()
                    .noneMatch(run -> !run.over() && run.owner().pid() != last.pid()));
    last.destroy();
    assertThat(last.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(last.exitValue()).as(said()).isEqualTo(ExitCode.INTERRUPTED.code());

    List<Run> runs = book().list();
    for (Map.Entry<String, Duration> job : PERIODS.entrySet()) {
      covered(job.getKey(), job.getValue(), runs);
    }
    assertThat(runs)
        .filteredOn(Run::over)
        .allSatisfy(
            run -> assertThat(run.state()).as("%s", run).isIn(Run.State.DONE, Run.State.FAILED));
    List<String> nights = runs.stream().flatMap(run -> run.night().stream()).toList();
    assertThat(nights).doesNotHaveDuplicates();
    System.out.printf(
        "%d kills, %d with a run in flight; %d runs, %d in more than one attempt, %d nights%n",
        KILLS,
        inFlight,
        runs.size(),
        runs.stream().filter(run -> run.attempt() > 1).count(),
        nights.size());
  }

  /** Each time that a job was due is in one run, from the first to the last. */
  private static void covered(String job, Duration period, List<Run> all) {
    List<Run> runs = new ArrayList<>(all.stream().filter(run -> run.job().equals(job)).toList());
    runs.sort(Comparator.comparing(Run::due));
    assertThat(runs).as(job).isNotEmpty();
    for (int i = 1; i < runs.size(); i++) {
      Run run = runs.get(i - 1);
      Instant next = run.due().plus(period.multipliedBy(run.covers()));
      if (60 % period.toSeconds() == 0) {
        assertThat(runs.get(i).due()).as("what comes after %s", run).isEqualTo(next);
      }
    }
    for (Run run : runs.subList(0, runs.size() - 1)) {
      assertThat(run.over()).as("%s", run).isTrue();
    }
  }

  private interface Condition {
    boolean holds();
  }

  private void await(Process child, Condition condition) throws Exception {
    long limit = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
    while (!condition.holds()) {
      assertThat(child.isAlive()).as(said()).isTrue();
      assertThat(System.nanoTime()).as(said()).isLessThan(limit);
      Thread.sleep(50);
    }
  }
}
