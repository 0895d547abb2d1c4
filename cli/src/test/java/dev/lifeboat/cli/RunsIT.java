package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.schedules.run.Run;
import dev.lifeboat.schedules.run.RunBook;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs as they are seen, stopped and restarted beside a service that works. */
@Timeout(240)
class RunsIT {
  @TempDir private Path directory;
  private TestEnvironment here;
  private TestEnvironment service;

  @BeforeEach
  void setUp() throws Exception {
    here = new TestEnvironment(directory).with("KIT", "correct horse");
    service = new TestEnvironment(directory).with("KIT", "correct horse");
    Files.createDirectory(directory.resolve("files"));
    Files.createDirectory(directory.resolve("regions"));
    Files.writeString(directory.resolve("files/a"), "hello");
    configure(true);
    expect(ExitCode.DONE, "init");
  }

  /**
   * @param slow whether a drill takes a minute
   */
  private void configure(boolean slow) throws IOException {
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
        drills:
          - name: slow
            self-test: never
            checks: [{name: waits, command: "%s"}]
            schedule: {cron: "0/2 * * * * ?", after: nightly}
        schedules: {nightly: {cron: "0 0 0 1 1 ?"}}
        """
            .formatted(slow ? "sleep 60" : "true"));
  }

  private void expect(ExitCode code, String... arguments) {
    assertThat(here.run(arguments)).as(here.out() + here.err()).isEqualTo(code);
  }

  private Optional<Run> newest(Run.State state) {
    return RunBook.ofHome(directory.resolve("home")).list().stream()
        .filter(run -> run.job().equals("drill slow") && run.state() == state)
        .findFirst();
  }

  private void await(Future<?> serving, BooleanSupplier condition) throws Exception {
    long limit = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (!condition.getAsBoolean()) {
      assertThat(serving.isDone()).as(service.err()).isFalse();
      assertThat(System.nanoTime()).as(service.err()).isLessThan(limit);
      Thread.sleep(50);
    }
  }

  @Test
  void runs_ofAService_areListedShownStoppedAndRestarted() throws Exception {
    expect(ExitCode.DONE, "nightly");
    expect(ExitCode.DONE, "runs", "list");
    assertThat(here.out()).contains("nightly-").contains("-typed").contains("done");
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    Run stopped;
    try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
      Future<ExitCode> serving =
          executor.submit(() -> {
            thread.complete(Thread.currentThread());
            return service.run("serve");
          });
      await(serving, () -> newest(Run.State.RUNNING).isPresent());
      stopped = newest(Run.State.RUNNING).orElseThrow();
      expect(ExitCode.DONE, "runs", "list", "--job", "drill slow");
      assertThat(here.out()).contains(stopped.id()).contains("running").doesNotContain("nightly");
      expect(ExitCode.CONFLICT, "runs", "restart", stopped.id());

      expect(ExitCode.DONE, "runs", "stop", stopped.id());

      assertThat(here.out()).contains(stopped.id() + ": stopped");
      // There was no night since: the next times are left out, and told.
      await(serving, () -> newest(Run.State.NOT_RUN).isPresent());
      thread.get().interrupt();
      assertThat(serving.get(1, TimeUnit.MINUTES)).isEqualTo(ExitCode.INTERRUPTED);
    }
    assertThat(service.err())
        .contains("drill slow: interrupted: somebody stopped it")
        .contains("drill slow: is not run: there was no good run of nightly since it ran last");
    expect(ExitCode.CONFLICT, "runs", "stop", stopped.id());
    assertThat(here.err()).contains("does not run: stopped");

    configure(false);
    expect(ExitCode.DONE, "runs", "restart", stopped.id());
    expect(ExitCode.DONE, "runs", "show", stopped.id());
    assertThat(here.out()).contains("state: done").contains("attempt: 2").contains("PASS");
    expect(ExitCode.REFUSED, "runs", "restart", stopped.id());
    assertThat(here.err()).contains("ended well; to run it once more: lifeboat drill slow");
    expect(ExitCode.DONE, "runs", "show", stopped.id(), "--json");
    assertThat(here.out()).contains("\"attempt\" : 2").contains("\"log\" : [");
  }

  @Test
  void runThatIsNot_isNotFound() {
    expect(ExitCode.DONE, "runs", "list");
    expect(ExitCode.NOT_FOUND, "runs", "show", "nightly-2020");
    assertThat(here.err()).contains("there is no run whose id begins with 'nightly-2020'");
    expect(ExitCode.USAGE, "runs");
  }
}
