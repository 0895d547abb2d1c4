package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.sources.postgres.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Services of several hosts, as processes with a home each, on one PostgreSQL server: each time
 * that a job is due is dealt with once, whoever dies meanwhile, and the server may go away.
 *
 * <p>What was run is counted by what the runs themselves leave behind: a check of a drill writes a
 * line when it begins and one when it ends.
 */
@Timeout(600)
class ServiceClusterIT {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  @AutoClose private static PostgresServer server;

  @TempDir private Path directory;
  private final List<Process> processes = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    server = PostgresServer.start();
  }

  @AfterEach
  void killAll() throws Exception {
    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }
  }

  /** A host: its home and configuration lie in a directory of its own. */
  private TestEnvironment host(String name) throws IOException {
    Path own = Files.createDirectories(directory.resolve(name));
    return new TestEnvironment(own)
        .with("KIT", "correct horse")
        .with("PG", PostgresServer.PASSWORD);
  }

  private void configure(String name, String schedules) throws IOException {
    Files.writeString(
        directory.resolve(name).resolve("lifeboat.yaml"),
        """
        vault:
          home: home
          kit: ../recovery.kit
          passphrase: {env: KIT}
          regions:
            - {name: north, directory: {path: ../regions/north}}
            - {name: south, directory: {path: ../regions/south}}
        datasets:
          - {name: files, tenant: acme, directory: {path: ../files}}
        service:
          store:
            takeover: 2s
            postgres: {host: 127.0.0.1, port: %d, database: postgres, user: postgres, password: {env: PG}}
        %s
        """
            .formatted(server.port(), schedules));
  }

  private void expect(TestEnvironment host, ExitCode code, String... arguments) {
    assertThat(host.run(arguments)).as(host.out() + host.err()).isEqualTo(code);
  }

  private TestEnvironment setUp(String schedules, String... names) throws Exception {
    Files.createDirectories(directory.resolve("files"));
    Files.createDirectories(directory.resolve("regions"));
    Files.writeString(directory.resolve("files/a"), "hello");
    for (String name : names) {
      TestEnvironment host = host(name);
      configure(name, schedules);
      if (name.equals(names[0])) {
        expect(host, ExitCode.DONE, "init");
      } else {
        expect(host, ExitCode.DONE, "init", "--join", "--host", name);
      }
    }
    return host(names[0]);
  }

  private Process serve(String name) throws Exception {
    Process process = host(name).with("HOST", name).start(out(name), "serve");
    processes.add(process);
    return process;
  }

  private Path out(String name) {
    return directory.resolve(name).resolve("out");
  }

  private String said() throws IOException {
    StringBuilder said = new StringBuilder();
    for (String name : List.of("a", "b", "c")) {
      if (Files.exists(out(name))) {
        said.append("\n--- ").append(name).append('\n').append(Files.readString(out(name)));
      }
    }
    return said.toString();
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private void await(Condition condition) throws Exception {
    long limit = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as(said()).isLessThan(limit);
      Thread.sleep(100);
    }
  }

  private static void kill(Process process, String signal) throws Exception {
    assertThat(
            new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor())
        .isZero();
  }

  /** A run as {@code runs list --json} has it. */
  private record Seen(
      String id, String job, String state, int covers, int attempt, Instant due, long pid) {
    boolean is(String wanted) {
      return state.equals(wanted);
    }
  }

  private List<Seen> runs(TestEnvironment host) {
    expect(host, ExitCode.DONE, "runs", "list", "--limit", "10000", "--json");
    List<Seen> runs = new ArrayList<>();
    for (JsonNode run : MAPPER.readTree(host.out()).get("runs")) {
      runs.add(
          new Seen(
              run.get("id").asString(),
              run.get("job").asString(),
              run.get("state").asString(),
              run.get("covers").asInt(),
              run.get("attempt").asInt(),
              Instant.parse(run.get("due").asString()),
              run.get("pid").asLong()));
    }
    return runs;
  }

  private Optional<Seen> find(TestEnvironment host, Predicate<Seen> wanted) {
    return runs(host).stream().filter(wanted).findFirst();
  }

  private static final String DRILLS =
      """
      drills:
        - name: traced
          self-test: never
          checks: [{name: trace, command: "echo begin $HOST >> %s; sleep %s; echo end $HOST >> %s"}]
          schedule: {cron: "0/3 * * * * ?"}
      """;

  private List<String> trace(Predicate<String> wanted) throws IOException {
    Path trace = directory.resolve("trace");
    return Files.exists(trace)
        ? Files.readAllLines(trace).stream().filter(wanted).toList()
        : List.of();
  }

  @Test
  void killedWhileItWorks_anotherGoesOnWithThatRun_andNoneIsLostOrRunTwice() throws Exception {
    Path trace = directory.resolve("trace");
    TestEnvironment look =
        setUp(
            DRILLS.formatted(trace, "1.2", trace) + "schedules: {watch: {cron: \"0/4 * * * * ?\"}}",
            "a",
            "b");
    expect(look, ExitCode.DONE, "nightly");
    Process a = serve("a");
    Process b = serve("b");
    await(() -> find(look, run -> run.job().equals("drill traced") && run.is("done")).isPresent());

    Optional<Seen> running = Optional.empty();
    while (running.isEmpty()) {
      int before = trace(line -> line.startsWith("begin")).size();
      await(() -> trace(line -> line.startsWith("begin")).size() > before);
      running = find(look, run -> run.job().equals("drill traced") && run.is("running"));
    }
    String id = running.get().id();
    boolean first = running.get().pid() == a.pid();
    Process victim = first ? a : b;
    Process other = first ? b : a;
    victim.destroyForcibly().waitFor();
    await(() -> find(look, run -> run.id().equals(id) && run.is("done")).isPresent());
    Seen after = find(look, run -> run.id().equals(id)).orElseThrow();
    assertThat(after.pid()).isEqualTo(other.pid());
    assertThat(after.attempt()).isEqualTo(2);
    assertThat(said()).contains("nothing is heard of the service");

    // The one that died comes back, and both stop in order.
    String back = first ? "a" : "b";
    Process again = serve(back);
    await(() -> Files.readString(out(back)).split("drill traced: next at", -1).length == 3);
    int begun = trace(line -> line.startsWith("begin")).size();
    await(() -> trace(line -> line.startsWith("begin")).size() > begun + 1);
    again.destroy();
    other.destroy();
    assertThat(again.waitFor(60, TimeUnit.SECONDS)).as(said()).isTrue();
    assertThat(other.waitFor(60, TimeUnit.SECONDS)).as(said()).isTrue();
    assertThat(List.of(again.exitValue(), other.exitValue()))
        .as(said())
        .containsOnly(ExitCode.INTERRUPTED.code());

    List<Seen> runs = runs(look);
    covered(runs, "drill traced", Duration.ofSeconds(3));
    covered(runs, "watch", Duration.ofSeconds(4));
    List<Seen> drills = runs.stream().filter(run -> run.job().equals("drill traced")).toList();
    // Each attempt began the work at most once, and each that is done did.
    assertThat(trace(line -> line.startsWith("begin")).size())
        .as("%s%n%s", drills, said())
        .isBetween(
            (int) drills.stream().filter(run -> run.is("done")).count(),
            drills.stream().mapToInt(Seen::attempt).sum());
    System.out.printf(
        "%d runs, %d of them in more than one attempt%n",
        runs.size(), runs.stream().filter(run -> run.attempt() > 1).count());
  }

  /** Each time that a job was due is in one run, from the first to the last. */
  private static void covered(List<Seen> all, String job, Duration period) {
    List<Seen> runs =
        all.stream()
            .filter(run -> run.job().equals(job))
            .sorted(Comparator.comparing(Seen::due))
            .toList();
    assertThat(runs).as(job).hasSizeGreaterThan(1);
    for (int i = 1; i < runs.size(); i++) {
      Seen run = runs.get(i - 1);
      assertThat(runs.get(i).due())
          .as("what comes after %s", run)
          .isEqualTo(run.due().plus(period.multipliedBy(run.covers())));
    }
  }

  @Test
  void databaseThatGoesAway_hostThatIsPaused_runThatIsStoppedFromElsewhere() throws Exception {
    Path trace = directory.resolve("trace");
    TestEnvironment look = setUp(DRILLS.formatted(trace, "3", trace), "a", "b", "c");
    expect(look, ExitCode.DONE, "nightly");
    Process a = serve("a");
    await(() -> find(look, run -> run.is("running")).isPresent());

    // One with other schedules is refused, and says which differ.
    configure(
        "c", DRILLS.formatted(trace, "3", trace) + "schedules: {watch: {cron: \"0 0 0 * * ?\"}}");
    TestEnvironment c = host("c");
    expect(c, ExitCode.CONFLICT, "serve");
    assertThat(c.err())
        .contains("schedules something else: [watch] differ")
        .contains("pid " + a.pid());

    // The database goes away for longer than the rest of the run takes, and than a takeover.
    int begun = trace(line -> line.startsWith("begin")).size();
    await(() -> trace(line -> line.startsWith("begin")).size() > begun);
    Seen flying = find(look, run -> run.is("running")).orElseThrow();
    server.kill();
    expect(c, ExitCode.UNREACHABLE, "runs", "list");
    assertThat(c.err()).contains("service.store: PostgreSQL at 127.0.0.1").contains("check host");
    await(() -> Files.readString(out("a")).contains("that is kept as soon as it can be"));
    server.startAgain();
    await(() -> find(look, run -> run.id().equals(flying.id()) && run.is("done")).isPresent());
    assertThat(find(look, run -> run.id().equals(flying.id())).orElseThrow().attempt())
        .isEqualTo(1);
    assertThat(a.isAlive()).as(said()).isTrue();
    assertThat(Files.readString(out("a")))
        .contains("what runs goes on, and what is due waits until it answers");

    // The host that works is paused: another goes on, and it learns so when it comes back.
    Process b = serve("b");
    await(() -> Files.exists(out("b")) && Files.readString(out("b")).contains("next at"));
    await(() -> find(look, run -> run.is("running") && run.pid() == a.pid()).isPresent());
    Seen paused = find(look, run -> run.is("running")).orElseThrow();
    kill(a, "STOP");
    await(
        () -> find(look, run -> run.id().equals(paused.id()) && run.pid() == b.pid()).isPresent());
    kill(a, "CONT");
    await(() ->
        Files.readString(out("a")).contains("another process goes on with the run " + paused.id()));
    await(() -> find(look, run -> run.id().equals(paused.id()) && !run.is("running")).isPresent());
    assertThat(find(look, run -> run.id().equals(paused.id())).orElseThrow())
        .satisfies(run -> assertThat(run.pid()).isEqualTo(b.pid()))
        .satisfies(run -> assertThat(run.attempt()).isEqualTo(2));
    assertThat(Files.readString(out("a"))).contains("others go on with what it did");

    // Any host can stop a run.
    int checked = trace(line -> line.startsWith("begin")).size();
    await(() -> trace(line -> line.startsWith("begin")).size() > checked);
    Seen running = find(look, run -> run.is("running")).orElseThrow();
    expect(host("c"), ExitCode.DONE, "runs", "stop", running.id());
    assertThat(find(look, run -> run.id().equals(running.id())).orElseThrow().state())
        .isEqualTo("stopped");
    expect(look, ExitCode.DONE, "runs", "show", paused.id());
    assertThat(look.out()).contains("attempt: 2").contains("PASS");
  }
}
