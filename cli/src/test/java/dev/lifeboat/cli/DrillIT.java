package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.sources.postgres.PostgresServer;
import dev.lifeboat.verify.drill.DrillReport;
import dev.lifeboat.verify.drill.DrillReportJson;
import dev.lifeboat.verify.drill.Verdict;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Drills as a person starts them, over files, a git repository, H2 and PostgreSQL. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DrillIT {
  @TempDir private static Path directory;
  private static PostgresServer postgres;
  private static TestEnvironment here;

  @BeforeAll
  static void backUpTwoNights() throws Exception {
    here = new TestEnvironment(directory).with("KIT", "correct horse");
    postgres = PostgresServer.start();
    here.with("PG", PostgresServer.PASSWORD);
    Path files = Files.createDirectories(directory.resolve("files/deep/er"));
    Files.write(files.resolve("big"), new byte[2_000_000]);
    Files.writeString(directory.resolve("files/small"), "small");
    Path repository = Files.createDirectories(directory.resolve("git/app"));
    git(repository, "init", "--quiet", "--initial-branch=main");
    commit(repository, "one");
    commit(repository, "two");
    git(repository, "branch", "feature");
    git(repository, "tag", "v1");
    h2("CREATE TABLE item(id INT PRIMARY KEY, name VARCHAR)");
    h2("INSERT INTO item SELECT x, 'item ' || x FROM system_range(1, 300)");
    h2("CREATE TABLE sold(id INT PRIMARY KEY, item INT REFERENCES item(id))");
    postgres.sql("postgres", "CREATE DATABASE crm");
    postgres.sql("crm", "CREATE TABLE customer(id serial PRIMARY KEY, name text)");
    postgres.sql(
        "crm", "INSERT INTO customer(name) SELECT 'c' || i FROM generate_series(1, 500) AS i");
    postgres.sql(
        "crm", "CREATE TABLE orders(id int PRIMARY KEY, customer int REFERENCES customer)");
    Files.createDirectory(directory.resolve("regions"));
    configure();
    run(ExitCode.DONE, "init");
    run(ExitCode.DONE, "nightly");
    Files.writeString(directory.resolve("files/small"), "changed");
    commit(repository, "three");
    h2("INSERT INTO sold VALUES (1, 1)");
    postgres.sql("crm", "INSERT INTO orders VALUES (1, 1)");
    run(ExitCode.DONE, "nightly");
  }

  @AfterAll
  static void stop() throws Exception {
    postgres.close();
  }

  private static void configure() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Files.writeString(
        directory.resolve("lifeboat.yaml"),
        """
        vault:
          home: home
          kit: recovery.kit
          passphrase: {env: KIT}
          quorum: 2
          regions:
            - {name: north, directory: {path: regions/north}}
            - {name: south, directory: {path: regions/south}}
        datasets:
          - {name: files, directory: {path: files}}
          - {name: source, git: {directories: [git]}}
          - {name: shop, h2: {url: "jdbc:h2:%s/shop", user: sa}}
          - {name: crm, postgres: {host: 127.0.0.1, port: %d, database: crm, user: postgres, password: {env: PG}, sslmode: disable}}
        """
                .formatted(directory, postgres.port())
            + """
            drills:
              - name: weekly
                self-test: never
                datasets: [shop, crm]
                only: south
                rto: 10m
                checks:
                  - {name: items, dataset: shop, sql: "SELECT count(*) FROM item", equal: 300}
                  - {name: customers, dataset: crm, database: crm, sql: "SELECT count(*) FROM customer", least: 400, most: 600}
                  - {name: nothing of ours, dataset: shop, command: "test -z \\"$KIT$PG\\" && echo $LIFEBOAT_TARGET | cut -c1-8", output: "jdbc:h2:"}
              - {name: too many, datasets: [shop], checks: [{name: items, sql: "SELECT count(*) FROM item", least: 301}]}
              - name: turns
                datasets: [files]
                rotate: true
                checks:
                  - {name: page, start: "exec '%s/bin/jwebserver' -b 127.0.0.1 -p %d -d \\"${LIFEBOAT_TARGET#file://}\\"", http: "http://127.0.0.1:%d/small", contains: changed}
            """
                .formatted(System.getProperty("java.home"), port, port));
  }

  private static void run(ExitCode expected, String... arguments) {
    assertThat(here.run(arguments)).as(here.out() + here.err()).isEqualTo(expected);
  }

  private static DrillReport drill(ExitCode expected, String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of("drill", "--json"));
    all.addAll(Arrays.asList(arguments));
    run(expected, all.toArray(String[]::new));
    assertNothingIsLeft();
    return DrillReportJson.read(here.out());
  }

  private static void assertNothingIsLeft() throws IOException {
    try (Stream<Path> left = Files.list(directory.resolve("home/drills"))) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("lock", "results");
    }
    // Others may drill on this machine at the same time.
    List<String> drills;
    try (Stream<Path> reports = Files.list(directory.resolve("home/drills/results"))) {
      drills =
          reports
              .map(report -> report.getFileName().toString().replaceFirst("\\.json$", ""))
              .toList();
    }
    assertThat(drills).isNotEmpty();
    try (Stream<Path> left = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      assertThat(left.map(Path::toString))
          .noneMatch(
              path -> drills.stream().anyMatch(drill -> path.contains("lifeboat-drill-" + drill)));
    }
  }

  private static void git(Path repository, String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("git", "-c", "user.name=n", "-c", "user.email=n@example.net"));
    command.addAll(Arrays.asList(arguments));
    Process process =
        new ProcessBuilder(command)
            .directory(repository.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
  }

  private static void commit(Path repository, String text) throws Exception {
    Files.writeString(repository.resolve("file"), text);
    git(repository, "add", "file");
    git(repository, "commit", "--quiet", "-m", text);
  }

  private static void h2(String sql) throws Exception {
    try (Connection connection =
            DriverManager.getConnection("jdbc:h2:" + directory + "/shop", "sa", "");
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  void everything_comesBackAndEveryFaultIsFound() throws Exception {
    DrillReport report = drill(ExitCode.DONE, "--scenario", "whole-company", "--self-test");

    assertThat(report.verdict()).isEqualTo(Verdict.PASS);
    Matcher evidence = Pattern.compile("evidence show (\\S+)").matcher(here.err());
    assertThat(evidence.find()).as(here.err()).isTrue();
    Path kept = directory.resolve("evidence.json");
    run(ExitCode.DONE, "evidence", "show", evidence.group(1), "--to", kept.toString());
    assertThat(Files.readString(kept)).contains(report.id());
    assertThat(report.datasets())
        .extracting(DrillReport.Dataset::kind)
        .containsExactlyInAnyOrder("postgres", "directory", "h2", "git");
    assertThat(report.datasets())
        .allSatisfy(dataset -> {
          assertThat(dataset.verdict()).isEqualTo(Verdict.PASS);
          assertThat(dataset.checks()).isNotEmpty();
          assertThat(dataset.rto()).isPresent();
          assertThat(dataset.rpo()).isPresent();
          assertThat(dataset.stages())
              .extracting(DrillReport.Stage::name)
              .contains("plan", "start", "fetch", "check");
        });
    assertThat(checks(report, "crm")).contains("pg_amcheck crm", "sealed: row counts");
    assertThat(checks(report, "source"))
        .contains("git fsck --full --strict", "git clone", "git push");
    assertThat(checks(report, "files")).contains("sealed: root-hash", "sample of contents");
    assertThat(checks(report, "shop")).contains("sealed: table checksums");

    Map<String, Set<String>> found = new TreeMap<>();
    report
        .selfTest()
        .orElseThrow()
        .faults()
        .forEach(fault -> {
          assertThat(fault.possible()).as(fault.toString()).isTrue();
          assertThat(fault.detected()).as(fault.toString()).isTrue();
          found.computeIfAbsent(fault.kind(), _ -> new TreeSet<>()).add(fault.name());
        });
    assertThat(found.keySet()).containsExactly("directory", "git", "h2", "postgres");
    found.forEach((kind, faults) ->
        assertThat(faults)
            .as(kind)
            .contains(
                "bit flip",
                "missing pack",
                "truncated index",
                "wrong key generation",
                "newest snapshot withheld",
                "yesterday's snapshot as today's"));
    assertThat(found.get("directory")).contains("changed file", "missing file");
    assertThat(found.get("git")).contains("moved ref", "lost ref");
    assertThat(found.get("h2")).contains("lost row", "dropped table");
    assertThat(found.get("postgres")).contains("lost row", "dropped table");
  }

  private static List<String> checks(DrillReport report, String dataset) {
    return report.datasets().stream()
        .filter(one -> one.dataset().equals(dataset))
        .flatMap(one -> one.checks().stream())
        .map(DrillReport.Check::name)
        .toList();
  }

  @Test
  void scenarios_ofFiles_readWhatTheyMay() throws Exception {
    DrillReport lost = drill(ExitCode.DONE, "--dataset", "files", "--lost", "north");
    assertThat(lost.scenario().name()).isEqualTo("region-lost");
    assertThat(lost.datasets().getFirst().regions())
        .extracting(DrillReport.RegionUse::region)
        .containsExactly("south");

    DrillReport oldest = drill(ExitCode.DONE, "--dataset", "files", "--scenario", "oldest");
    DrillReport newest = drill(ExitCode.DONE, "--dataset", "files", "--scenario", "host-lost");
    assertThat(copy(oldest).time()).isBefore(copy(newest).time());
    assertThat(oldest.goals().rpo()).isEmpty();

    DrillReport then =
        drill(ExitCode.DONE, "--dataset", "files", "--at", copy(oldest).time().toString());
    assertThat(copy(then).snapshot()).isEqualTo(copy(oldest).snapshot());

    DrillReport random =
        drill(ExitCode.DONE, "--dataset", "files", "--scenario", "random", "--window", "2d");
    assertThat(copy(random).why()).contains("at random from 2");

    DrillReport catalogue =
        drill(
            ExitCode.DONE, "--scenario", "catalogue-lost", "--only", "south", "--dataset", "shop");
    assertThat(catalogue.scenario().usableRegions()).containsExactly("south");
  }

  private static DrillReport.Copy copy(DrillReport report) {
    return report.datasets().getFirst().copy().orElseThrow();
  }

  @Test
  void configuredDrill_doesItsChecks() throws Exception {
    DrillReport report = drill(ExitCode.DONE, "weekly");
    assertThat(report.name()).isEqualTo("weekly");
    assertThat(report.scenario().usableRegions()).containsExactly("south");
    assertThat(report.datasets())
        .extracting(DrillReport.Dataset::dataset)
        .containsExactly("shop", "crm");
    assertThat(checks(report, "shop")).contains("items", "nothing of ours");
    assertThat(checks(report, "crm")).contains("customers");
    assertThat(report.proof()).isEmpty();
    assertThat(report.notProven()).anyMatch(what -> what.contains("self-test: never"));

    DrillReport failed = drill(ExitCode.UNPROVEN, "too many");
    assertThat(failed.reasons().getFirst()).contains("items", "at least 301", "300");

    run(ExitCode.NOT_FOUND, "drill", "never");
    run(ExitCode.USAGE, "drill", "weekly", "--dataset", "files");
  }

  @Test
  void recover_inAnEmptyDirectoryWithOneRegionAndTheKit_bringsEverythingBack() throws Exception {
    Path island = Files.createDirectory(directory.resolve("island"));
    Files.copy(directory.resolve("recovery.kit"), island.resolve("recovery.kit"));
    Files.writeString(
        island.resolve("lifeboat.yaml"),
        """
        vault:
          kit: recovery.kit
          passphrase: {env: KIT}
          regions: [{name: south, directory: {path: ../regions/south}}]
        """);
    TestEnvironment alone = new TestEnvironment(island).with("KIT", "correct horse");

    assertThat(alone.run("recover", "--to", "back")).isEqualTo(ExitCode.REFUSED);
    assertThat(alone.err()).contains("default/crm", "--postgres", "--archives");
    assertThat(island.resolve("back")).doesNotExist();

    assertThat(alone.run("recover", "--to", "some", "--archives", "--dataset", "crm"))
        .as("archives are back, and nobody has compared them")
        .isEqualTo(ExitCode.UNPROVEN);
    assertThat(island.resolve("some/default/crm/globals.sql")).exists();
    assertThat(alone.run("recover", "--to", "some", "--dataset", "nothing"))
        .isEqualTo(ExitCode.NOT_FOUND);

    try (PostgresServer fresh = PostgresServer.start()) {
      alone.with("PG", PostgresServer.PASSWORD);
      String[] all = {
        "recover",
        "--to",
        "back",
        "--password-env",
        "PG",
        "--postgres",
        "postgres://postgres@127.0.0.1:%d/?sslmode=disable".formatted(fresh.port())
      };
      assertThat(alone.run(all)).as(alone.out() + alone.err()).isEqualTo(ExitCode.DONE);
      assertThat(alone.out()).contains("RTO ", "4 of 4 datasets are back, and are what was sealed");
      assertThat(island.resolve("back/default/files/small")).hasContent("changed");
      assertThat(island.resolve("back/default/source/app.git/HEAD")).exists();
      assertThat(island.resolve("back/default/shop/database.mv.db")).exists();

      // Again: files and repositories are gone on with, and no database is touched.
      assertThat(alone.run(all)).isEqualTo(ExitCode.FAILED);
      assertThat(alone.out()).contains("2 of 4 datasets are back", "NOT BACK: default/crm");
    }
  }

  @Test
  void turns_coverEveryCopyOfADataset_andTheFirstShowsThatTheyNoticeFaults() throws Exception {
    DrillReport first = drill(ExitCode.DONE, "turns");
    assertThat(first.scenario().usableRegions()).containsExactly("north");
    assertThat(first.selfTest().orElseThrow().passed()).isTrue();
    assertThat(first.proof().orElseThrow().drill()).isEqualTo(first.id());
    assertThat(checks(first, "files")).contains("page");

    DrillReport second = drill(ExitCode.DONE, "turns");
    assertThat(second.scenario().usableRegions()).containsExactly("south");
    assertThat(second.selfTest()).isEmpty();
    assertThat(second.proof()).isEqualTo(first.proof());
    assertThat(second.notProven()).noneMatch(what -> what.contains("notice"));

    run(ExitCode.UNPROVEN, "drill", "--coverage");
    assertThat(here.out().lines().filter(line -> line.startsWith("default/files")))
        .hasSize(2)
        .noneMatch(line -> line.contains("NEVER"));
    assertThat(here.out().lines().filter(line -> line.startsWith("default/source")))
        .allMatch(line -> line.contains("NEVER"));
  }

  @Test
  void keyShares_makeTheKitAgain() throws Exception {
    run(ExitCode.DONE, "keys", "shares", "2/3", "--json");
    var shares = tools.jackson.databind.json.JsonMapper.shared().readTree(here.out()).get("shares");
    Files.writeString(directory.resolve("share1"), shares.get(0).asString());
    Files.writeString(directory.resolve("share3"), shares.get(2).asString());
    here.with("KIT", "nobody knows");
    try {
      DrillReport report =
          drill(
              ExitCode.DONE,
              "--scenario",
              "key-shares",
              "--share",
              "share1",
              "--share",
              "share3",
              "--dataset",
              "files");
      assertThat(report.verdict()).isEqualTo(Verdict.PASS);
      DrillReport few =
          drill(
              ExitCode.KEY_UNAVAILABLE,
              "--scenario",
              "key-shares",
              "--share",
              "share1",
              "--dataset",
              "files");
      assertThat(few.verdict()).isEqualTo(Verdict.NOT_RUN);
    } finally {
      here.with("KIT", "correct horse");
    }
  }

  @Test
  void whatDoesNotPass_endsWithNineAndSaysWhy() throws Exception {
    DrillReport slow = drill(ExitCode.UNPROVEN, "--dataset", "files", "--rto", "0s");
    assertThat(slow.verdict()).isEqualTo(Verdict.FAIL);
    assertThat(slow.reasons().getFirst()).startsWith("RTO is ");

    DrillReport nothing = drill(ExitCode.UNPROVEN, "--dataset", "nothing");
    assertThat(nothing.verdict()).isEqualTo(Verdict.FAIL);

    run(ExitCode.USAGE, "drill", "--lost", "north", "--lost", "south");
    run(ExitCode.USAGE, "drill", "--scenario", "flood");
    assertThat(here.err()).contains("there are latest, oldest");
  }

  @Test
  void wrongPassphrase_endsWithTen_andIsRecordedAsNotRun() throws Exception {
    here.with("KIT", "wrong horse");
    try {
      DrillReport report = drill(ExitCode.KEY_UNAVAILABLE, "--dataset", "files");
      assertThat(report.verdict()).isEqualTo(Verdict.NOT_RUN);
      assertThat(directory.resolve("home/drills/results/" + report.id() + ".json")).exists();
    } finally {
      here.with("KIT", "correct horse");
    }
  }

  /** Stages of a drill, by what it has made by then. */
  enum Moment {
    KEYS_ARE_OPENED,
    SERVER_IS_MADE,
    SERVER_RUNS,
    SELF_TEST;

    private boolean isThere(Path drill) throws IOException {
      return switch (this) {
        case KEYS_ARE_OPENED -> Files.exists(drill.resolve("home"));
        case SERVER_IS_MADE -> place(drill, "PG_VERSION");
        case SERVER_RUNS -> place(drill, "postmaster.pid");
        case SELF_TEST -> Files.exists(drill.resolve("self-test-2"));
      };
    }

    /** The server is in the drill's own directory, or in one that another user can reach. */
    private static boolean place(Path drill, String file) {
      String other =
          System.getProperty("java.io.tmpdir") + "/lifeboat-drill-" + drill.getFileName() + "-0";
      return Files.exists(drill.resolve("dataset-0/postgres/data/" + file))
          || Files.exists(Path.of(other, "data", file));
    }
  }

  @ParameterizedTest
  @EnumSource
  void killedOutright_leavesNothingBehindAfterTheNextRun(Moment moment) throws Exception {
    Process process =
        here.start(directory.resolve("killed.log"), "drill", "--self-test", "--dataset", "crm");
    Path drill;
    try {
      drill = await(process, moment);
    } finally {
      process.destroyForcibly();
      process.waitFor();
    }
    String id = drill.getFileName().toString();

    DrillReport next = drill(ExitCode.DONE, "--dataset", "files");

    assertThat(next.verdict()).isEqualTo(Verdict.PASS);
    assertThat(processesOf(id)).isEmpty();
    DrillReport killed =
        DrillReportJson.read(
            Files.readString(directory.resolve("home/drills/results/" + id + ".json")));
    assertThat(killed.verdict()).isEqualTo(Verdict.NOT_RUN);
    assertThat(killed.reasons()).containsExactly("it did not come to its end");
  }

  private static Path await(Process process, Moment moment) throws Exception {
    Files.createDirectories(directory.resolve("home/drills"));
    while (true) {
      try (Stream<Path> entries = Files.list(directory.resolve("home/drills"))) {
        for (Path entry : entries.toList()) {
          if (Files.exists(entry.resolve("journal")) && moment.isThere(entry)) {
            return entry;
          }
        }
      }
      assertThat(process.isAlive()).as(Files.readString(directory.resolve("killed.log"))).isTrue();
      Thread.sleep(2);
    }
  }

  private static List<String> processesOf(String id) throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      for (Path process : processes.toList()) {
        for (String file : List.of("environ", "cmdline")) {
          try {
            if (Files.readString(process.resolve(file), StandardCharsets.ISO_8859_1).contains(id)) {
              found.add(process.toString());
            }
          } catch (IOException e) {
            // Not a process, or not any more.
            found.remove(process.toString());
          }
        }
      }
    }
    return found;
  }
}
