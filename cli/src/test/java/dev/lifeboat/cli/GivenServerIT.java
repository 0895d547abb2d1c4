package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.sources.postgres.PostgresServer;
import dev.lifeboat.verify.drill.DrillReport;
import dev.lifeboat.verify.drill.DrillReportJson;
import dev.lifeboat.verify.drill.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Drills on a PostgreSQL server that somebody gave, and on which nothing may be lost. */
class GivenServerIT {
  private static final String HELD =
      "SELECT (SELECT count(*) FROM pg_database)::text || ' ' || (SELECT count(*) FROM pg_roles WHERE rolname !~ '^pg_')"
          + " || ' ' || coalesce((SELECT shobj_description(oid, 'pg_tablespace') FROM pg_tablespace WHERE spcname = 'pg_default'), '')";

  /** Three databases, the role it was made with, no mark. */
  private static final String NOTHING = "3 1 ";

  @TempDir private static Path directory;
  private static PostgresServer source;
  private static PostgresServer disposable;
  private static TestEnvironment here;

  @BeforeAll
  static void backUp() throws Exception {
    here =
        new TestEnvironment(directory)
            .with("KIT", "correct horse")
            .with("PG", PostgresServer.PASSWORD);
    source = PostgresServer.start();
    disposable = PostgresServer.start();
    source.sql("postgres", "CREATE ROLE clerk LOGIN PASSWORD 'x'");
    source.sql("postgres", "CREATE DATABASE crm OWNER clerk");
    source.sql("postgres", "CREATE TABLE note(body text)");
    source.sql("crm", "CREATE TABLE customer(id serial PRIMARY KEY, name text)");
    source.sql(
        "crm", "INSERT INTO customer(name) SELECT 'c' || i FROM generate_series(1, 500) AS i");
    source.sql("crm", "GRANT SELECT ON customer TO clerk");
    // Restored with the database, switched off; a database that has one is not just dropped.
    source.sql(
        "crm",
        "CREATE SUBSCRIPTION other CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p WITH (connect = false)");
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
          - {name: crm, postgres: {host: 127.0.0.1, port: %d, user: postgres, password: {env: PG}, sslmode: disable}}
        drills:
          - name: there
            datasets: [crm]
            self-test: always
            servers:
              - {dataset: crm, url: "%s", password: {env: PG}}
        """
            .formatted(source.port(), url(disposable)));
    run(ExitCode.DONE, "init");
    run(ExitCode.DONE, "nightly");
  }

  @AfterAll
  static void stop() throws Exception {
    source.close();
    disposable.close();
  }

  private static String url(PostgresServer server) {
    return "postgres://postgres@127.0.0.1:" + server.port();
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

  private static DrillReport on(ExitCode expected, PostgresServer server) throws IOException {
    return drill(expected, "--server", "crm=" + url(server), "--password-env", "PG");
  }

  private static void refused(DrillReport report, String why) {
    assertThat(report.verdict()).isEqualTo(Verdict.NOT_RUN);
    assertThat(report.datasets().getFirst().verdict()).isEqualTo(Verdict.NOT_RUN);
    assertThat(report.datasets().getFirst().failure().orElseThrow()).contains(why);
  }

  private static String held(PostgresServer server) throws Exception {
    return server.query("template1", HELD);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    assertThat(held(disposable)).isEqualTo(NOTHING);
  }

  @Test
  void emptyServer_isUsedTestedAndEmptiedAgain() throws Exception {
    DrillReport report = drill(ExitCode.DONE, "there");

    assertThat(report.verdict()).isEqualTo(Verdict.PASS);
    assertThat(report.selfTest().orElseThrow().passed()).isTrue();
    DrillReport.Dataset crm = report.datasets().getFirst();
    assertThat(crm.target()).isEqualTo(url(disposable));
    assertThat(crm.checks())
        .extracting(DrillReport.Check::name)
        .contains("pg_amcheck crm", "pg_amcheck postgres");
    assertThat(report.isolation())
        .containsEntry(
            crm.id() + ": postgresql",
            "PostgreSQL at 127.0.0.1:%d, which was given for this: it was empty, and no snapshot was taken of it; everything in it is dropped afterwards"
                .formatted(disposable.port()));
    assertThat(here.out() + here.err()).doesNotContain(PostgresServer.PASSWORD);
  }

  @Test
  void serverThatSnapshotsWereTakenOf_isRefusedUnderAnyAddress() throws Exception {
    String before = held(source);

    run(ExitCode.USAGE, "drill", "--server", "crm=" + url(source), "--password-env", "PG");
    assertThat(here.err()).contains("is what dataset").contains("crm is taken from");
    refused(
        drill(
            ExitCode.UNPROVEN,
            "--server",
            "crm=postgres://postgres@localhost:" + source.port(),
            "--password-env",
            "PG"),
        "is the server that snapshots of");

    // Also when nothing is in it any more: data may come back.
    source.sql("postgres", "ALTER DATABASE crm RENAME TO crm2");
    try {
      refused(
          drill(
              ExitCode.UNPROVEN,
              "--server",
              "crm=postgres://postgres@localhost:" + source.port(),
              "--password-env",
              "PG"),
          "is the server that snapshots of");
    } finally {
      source.sql("postgres", "ALTER DATABASE crm2 RENAME TO crm");
    }
    assertThat(held(source)).isEqualTo(before);
  }

  @Test
  void serverThatHoldsSomething_isRefusedNamingIt() throws Exception {
    disposable.sql("postgres", "CREATE DATABASE precious");
    refused(on(ExitCode.UNPROVEN, disposable), "is not empty: database precious");
    assertThat(disposable.query("precious", "SELECT 'here'")).isEqualTo("here");
    disposable.sql("postgres", "DROP DATABASE precious");

    disposable.sql("postgres", "CREATE ROLE somebody");
    refused(on(ExitCode.UNPROVEN, disposable), "is not empty: role somebody");
    disposable.sql("postgres", "DROP ROLE somebody");

    disposable.sql("postgres", "CREATE TABLE precious(a int)");
    refused(on(ExitCode.UNPROVEN, disposable), "is not empty: objects in database postgres");
    disposable.sql("postgres", "DROP TABLE precious");
  }

  @Test
  void serverInUseBySomebodyElsesDrill_isRefused() throws Exception {
    disposable.sql(
        "postgres",
        "COMMENT ON TABLESPACE pg_default IS 'lifeboat drill 20260101T000000Z-abcd-0 by root in /elsewhere on other'");

    refused(on(ExitCode.UNPROVEN, disposable), "by root in /elsewhere on other");

    disposable.sql("postgres", "COMMENT ON TABLESPACE pg_default IS NULL");
  }

  @Test
  void killedWhileItIsThere_theNextOneEmptiesTheServer() throws Exception {
    Process process = here.start(directory.resolve("killed.log"), "drill", "there");
    try {
      while (!disposable
          .query("template1", "SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'crm')")
          .equals("t")) {
        assertThat(process.isAlive())
            .as(Files.readString(directory.resolve("killed.log")))
            .isTrue();
      }
    } finally {
      process.destroyForcibly();
      process.waitFor();
    }
    assertThat(held(disposable)).isNotEqualTo(NOTHING);

    assertThat(on(ExitCode.DONE, disposable).verdict()).isEqualTo(Verdict.PASS);
  }
}
