package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.lifeboat.schedules.run.Run;
import dev.lifeboat.schedules.run.RunBook;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The service as a process, killed outright at random moments while it works. By the history of its
 * runs nothing that was due is lost and nothing is run twice, and each night that it reports
 * belongs to one run; and whoever is told of what fails is told of each failure.
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

  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  @TempDir private Path directory;
  private final Random random = new Random(20261122);

  private TestEnvironment here() {
    return new TestEnvironment(directory).with("KIT", "correct horse");
  }

  private Process serve() throws Exception {
    return here().start(directory.resolve("out"), "serve");
  }

  private void setUp(String what) throws Exception {
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
        """
            + what);
    assertThat(here().run("init")).isEqualTo(ExitCode.DONE);
  }

  private RunBook book() {
    return RunBook.ofHome(directory.resolve("home"));
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
    setUp(
        """
        schedules:
          nightly: {cron: "0/5 * * * * ?"}
          files-often: {job: backup, datasets: [files], cron: "0/3 * * * * ?"}
          watch: {cron: "0/4 * * * * ?"}
        """);
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
    // Of its own accord, and not because service.stop-within, a minute, is over.
    assertThat(last.waitFor(45, TimeUnit.SECONDS)).isTrue();
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

  /** From when to when a receiver was told that something is wrong. */
  private record Told(Instant raised, Optional<Instant> over) {
    boolean holds(Instant time) {
      return !time.isBefore(raised) && over.map(time::isBefore).orElse(true);
    }
  }

  @Test
  void killed_whileAJobFailsAndIsMended_losesNoAlert() throws Exception {
    List<JsonNode> got = new CopyOnWriteArrayList<>();
    HttpServer receiver =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext(
        "/",
        exchange -> {
          JsonNode message = MAPPER.readTree(exchange.getRequestBody());
          message.get("alerts").forEach(got::add);
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    receiver.start();
    try {
      setUp(
          """
          schedules:
            often: {job: backup, datasets: [files], cron: "0/2 * * * * ?"}
          alerts:
            channels:
              - {name: hook, webhook: {url: "http://127.0.0.1:%d/"}}
          """
              .formatted(receiver.getAddress().getPort()));
      for (int round = 0; round < KILLS; round++) {
        Process child = serve();
        try {
          await(child, () -> inFlight(child).isPresent());
          Thread.sleep(random.nextInt(2500));
          toggle();
          Thread.sleep(random.nextInt(2500));
        } finally {
          child.destroyForcibly().waitFor();
        }
      }
      // However the dice fell: it fails once more, and is mended.
      if (Files.exists(directory.resolve("files"))) {
        toggle();
      }
      Instant begun = Instant.now();
      Process last = serve();
      await(
          last,
          () ->
              book().list().stream()
                  .anyMatch(run -> run.state() == Run.State.FAILED && run.began().isAfter(begun)));
      toggle();
      Instant mended = Instant.now();
      await(
          last,
          () -> book().lastGood("often").filter(run -> run.began().isAfter(mended)).isPresent());
      last.destroy();
      // Of its own accord, and not because service.stop-within, a minute, is over.
      assertThat(last.waitFor(45, TimeUnit.SECONDS)).isTrue();
      TestEnvironment here = here();
      assertThat(here.run("alerts", "deliver", "--within", "60s"))
          .as(here.err())
          .isEqualTo(ExitCode.DONE);
    } finally {
      receiver.stop(0);
    }

    List<Told> told = told(got);
    assertThat(told).isNotEmpty();
    List<Run> runs = book().list();
    for (Run run : runs) {
      if (run.over()) {
        assertThat(told.stream().filter(alert -> alert.holds(run.ended().orElseThrow())).count())
            .as("alerts that are open at the end of %s, of %s", run, told)
            .isEqualTo(run.state() == Run.State.FAILED ? 1 : 0);
      }
    }
    System.out.printf(
        "%d kills; %d of %d runs failed, in %d stretches, all told%n",
        KILLS,
        runs.stream().filter(run -> run.state() == Run.State.FAILED).count(),
        runs.size(),
        told.size());
  }

  private void toggle() throws Exception {
    Path here = directory.resolve("files");
    Path away = directory.resolve("away");
    if (Files.exists(here)) {
      Files.move(here, away);
    } else {
      Files.move(away, here);
    }
  }

  /** Messages may come more than once; each trouble has a beginning and an end. */
  private static List<Told> told(List<JsonNode> got) {
    Map<Instant, Optional<Instant>> told = new TreeMap<>();
    for (JsonNode alert : got) {
      if (alert.get("key").asString().equals("job:often")) {
        told.merge(
            Instant.parse(alert.get("raised").asString()),
            Optional.ofNullable(alert.get("over")).map(JsonNode::asString).map(Instant::parse),
            (before, now) -> before.or(() -> now));
      }
    }
    return told.entrySet().stream()
        .map(entry -> new Told(entry.getKey(), entry.getValue()))
        .toList();
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
