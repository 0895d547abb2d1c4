package dev.lifeboat.sources.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.sources.BringBackContext;
import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Comparison;
import dev.lifeboat.sources.Progress;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.MemorySnapshot;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.TreePath;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** There and back between two real servers. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PostgresRoundTripIT {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-21T01:30:00Z"), ZoneOffset.UTC);

  private static PostgresServer from;
  private static PostgresServer to;

  @TempDir Path scratch;
  private final MemorySnapshot vault = new MemorySnapshot();
  private final PostgresRestorer restorer = new PostgresRestorer(Optional.empty(), 2);

  @BeforeAll
  static void startServers() throws Exception {
    from = PostgresServer.start();
    to = PostgresServer.start();
    UglyDatabase.create(from);
    from.sql("postgres", "CREATE DATABASE bench");
    from.run("pgbench", "-i", "-s", "2", "-q", "bench");
    from.sql("postgres", "CREATE TABLE kept_in_postgres AS SELECT 1 AS x");
  }

  @AfterAll
  static void stopServers() throws Exception {
    try (PostgresServer a = from;
        PostgresServer b = to) {
      from = a;
      to = b;
    }
  }

  private Captured capture(PostgresSettings settings) throws Exception {
    return from.source(settings).capture(new CaptureContext(vault, scratch, CLOCK, Progress.NONE));
  }

  private BringBackContext context(boolean overwrite) {
    return new BringBackContext(
        scratch, CLOCK, Progress.NONE, Optional.of(to.password()), overwrite);
  }

  private Comparison compare(Captured captured) throws Exception {
    Expectations found = restorer.gather(to.uri(), captured.expectations(), vault, context(false));
    return Comparison.of(captured.expectations(), found);
  }

  @Test
  @Order(1)
  void capture_everythingUgly_comesBackEqual() throws Exception {
    Captured captured = capture(from.settings().withLimits(256 << 10, 1L << 40));
    assertThat(captured.problems()).isEmpty();
    assertThat(captured.tools()).containsKeys("postgresql", "pg_dump");
    SnapshotView snapshot = vault.seal(captured);

    restorer.bringBack(snapshot, List.of(), to.uri(), context(false));

    Comparison comparison = compare(captured);
    assertThat(comparison.differences()).isEmpty();
    assertThat(comparison.compared()).isGreaterThan(100);
    for (String database : UglyDatabase.databases()) {
      assertThat(to.dump(database)).isEqualTo(from.dump(database));
    }
    assertThat(to.dump("bench")).isEqualTo(from.dump("bench"));
    assertThat(to.dump("postgres")).isEqualTo(from.dump("postgres"));
    assertThat(globals(to)).isEqualTo(globals(from));
    try (var session = to.connect("bench", "app", "secret")) {
      assertThat(session.isValid(10)).isTrue();
    }
  }

  private static String globals(PostgresServer server) throws Exception {
    return server
        .run("pg_dumpall", "--globals-only")
        .replaceAll("(?m)^\\\\(un)?restrict .*$", "")
        .replaceAll("(?m)^ALTER ROLE postgres .*$", "");
  }

  @Test
  @Order(2)
  void bringBack_databasesExist_refusedBeforeAnythingChanged() throws Exception {
    SnapshotView snapshot = vault.seal(capture(from.settings().withDatabases(List.of("bench"))));
    to.sql("bench", "CREATE TABLE marker ()");
    assertThatThrownBy(() -> restorer.bringBack(snapshot, List.of(), to.uri(), context(false)))
        .isInstanceOf(SourceException.Refused.class)
        .hasMessageContaining("bench");
    assertThat(to.query("bench", "SELECT count(*) FROM marker")).isEqualTo("0");

    restorer.bringBack(snapshot, List.of(), to.uri(), context(true));
    assertThat(to.query("bench", "SELECT to_regclass('marker')")).isEqualTo("null");
    assertThat(to.query("bench", "SELECT count(*) FROM pgbench_accounts")).isEqualTo("200000");
    assertThat(to.query("postgres", "SELECT count(*) FROM pg_database WHERE datname ~ 'lifeboat'"))
        .isEqualTo("0");
  }

  @RepeatedTest(2)
  @Order(3)
  void capture_whileOthersWrite_expectationsAreOfTheDataCaptured() throws Exception {
    from.sql(
        "bench", "CREATE TABLE IF NOT EXISTS ticks (id bigserial PRIMARY KEY, at timestamptz)");
    Process writers = from.program("pgbench", "-c", "4", "-T", "600", "-n", "bench");
    Process ticker =
        from.program(
            "psql",
            "--dbname=bench",
            "--quiet",
            "--command=DO $$BEGIN LOOP INSERT INTO ticks (at) VALUES (now()); COMMIT; END LOOP; END$$");
    Captured captured;
    try {
      while (from.query("bench", "SELECT count(*) > 50 FROM pgbench_history").equals("f")) {
        Thread.sleep(20);
      }
      captured =
          capture(from.settings().withDatabases(List.of("bench")).withLimits(1 << 20, 1L << 40));
    } finally {
      writers.destroy();
      ticker.destroy();
      // A loop in the server does not notice that its client is gone.
      while (!from.query(
              "postgres",
              "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                  + " WHERE datname = 'bench' AND backend_type = 'client backend'")
          .equals("0")) {
        Thread.sleep(20);
      }
    }
    restorer.bringBack(vault.seal(captured), List.of(), to.uri(), context(true));
    assertThat(compare(captured).differences()).isEmpty();
    assertThat(
            to.query(
                "bench",
                "SELECT (SELECT sum(abalance) FROM pgbench_accounts)"
                    + " = (SELECT sum(delta) FROM pgbench_history)"))
        .isEqualTo("t");
    assertThat(
            to.query("bench", "SELECT (SELECT last_value FROM ticks_id_seq) >= max(id) FROM ticks"))
        .isEqualTo("t");
  }

  @Test
  @Order(4)
  void gather_targetChanged_everyChangeIsNamed() throws Exception {
    Captured captured = capture(from.settings().withDatabases(List.of(UglyDatabase.NAME)));
    SnapshotView snapshot = vault.seal(captured);
    restorer.bringBack(snapshot, List.of(), to.uri(), context(true));
    assertThat(compare(captured).differences()).isEmpty();

    String prefix = DatabaseFacts.prefix(UglyDatabase.NAME);
    to.sql(UglyDatabase.NAME, "ALTER TABLE orders DISABLE TRIGGER ALL");
    to.sql(UglyDatabase.NAME, "UPDATE orders SET total = total + 1 WHERE id = 12345");
    assertThat(differing(captured)).contains(prefix + "table/public.orders/checksum");
    to.sql(UglyDatabase.NAME, "DROP TABLE circle_a, circle_b");
    assertThat(differing(captured))
        .contains(prefix + "table/public.circle_a/rows", prefix + "catalogue/tables");
    to.sql(UglyDatabase.NAME, "SELECT setval('plain', 1)");
    assertThat(differing(captured)).contains(prefix + "sequence/public.plain");
    to.sql("postgres", "DROP ROLE admin2");
    assertThat(differing(captured)).contains("role/admin2");
    to.sql(UglyDatabase.NAME, "SELECT lo_put(777, 0, '\\xff')");
    assertThat(differing(captured)).contains(prefix + "large objects/checksum");
    to.sql(UglyDatabase.NAME, "CREATE OR REPLACE PROCEDURE proc() LANGUAGE sql AS 'SELECT 2'");
    assertThat(differing(captured)).contains(prefix + "catalogue/functions");
  }

  private List<String> differing(Captured captured) throws Exception {
    return compare(captured).differences().stream().map(Comparison.Difference::fact).toList();
  }

  @Test
  @Order(5)
  void capture_nothingChanged_secondNightAddsUnderOnePercent() throws Exception {
    // Lets rows die and pages settle first: what vacuum moves is no change of ours.
    PostgresSettings settings = from.settings().withLimits(1 << 20, 1L << 40);
    capture(settings);
    long first = vault.bytesStored();
    capture(settings);
    long added = vault.bytesStored() - first;
    assertThat(first).isGreaterThan(15_000_000);
    assertThat(added).isLessThan(first / 100);
  }

  @Test
  @Order(6)
  void bringBack_oneTable_comesWithWhatBelongsToIt() throws Exception {
    Captured captured =
        capture(
            from.settings()
                .withDatabases(List.of(UglyDatabase.NAME))
                .withLimits(256 << 10, 1L << 40));
    SnapshotView snapshot = vault.seal(captured);
    to.sql("postgres", "DROP DATABASE IF EXISTS rescue", "CREATE DATABASE rescue");
    URI rescue = to.uri().resolve("/rescue");
    to.sql(
        "rescue",
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'");
    TreePath orders = TreePath.parse(Names.encode(UglyDatabase.NAME) + "/public.orders");

    restorer.bringBack(snapshot, List.of(orders), rescue, context(false));

    assertThat(to.query("rescue", "SELECT count(*) FROM orders")).isEqualTo("30000");
    assertThat(to.query("rescue", "SELECT nextval('orders_id_seq')")).isEqualTo("30001");
    assertThat(
            to.query(
                "rescue",
                "SELECT string_agg(indexrelid::regclass::text, ',' ORDER BY 1)"
                    + " FROM (SELECT indexrelid FROM pg_index WHERE indrelid = 'orders'::regclass ORDER BY 1) i"))
        .contains("orders_pkey")
        .contains("orders_expr")
        .contains("orders_partial");
    assertThatThrownBy(() -> restorer.bringBack(snapshot, List.of(orders), rescue, context(false)))
        .isInstanceOf(SourceException.Refused.class)
        .hasMessageContaining("orders");

    TreePath logs = TreePath.parse(Names.encode(UglyDatabase.NAME) + "/public.logs");
    restorer.bringBack(snapshot, List.of(logs), rescue, context(false));
    assertThat(to.query("rescue", "SELECT count(*) FROM logs")).isEqualTo("800");
    TreePath ugly =
        TreePath.parse(
            Names.encode(UglyDatabase.NAME)
                + "/"
                + Names.encode("we/ird.schema %", "ta\"ble\ntwo"));
    to.sql(
        "rescue",
        "CREATE TYPE public.mood AS ENUM ('sad', 'o''k', 'happy')",
        "CREATE TYPE public.pair AS (a int, b text)");
    restorer.bringBack(snapshot, List.of(ugly), rescue, context(false));
    assertThat(to.query("rescue", "SELECT count(*) FROM \"we/ird.schema %\".\"ta\"\"ble\ntwo\""))
        .isEqualTo("500");
    TreePath none = TreePath.parse(Names.encode(UglyDatabase.NAME) + "/public.none");
    assertThatThrownBy(() -> restorer.bringBack(snapshot, List.of(none), rescue, context(false)))
        .isInstanceOf(SourceException.Refused.class)
        .hasMessageContaining("public.none");
  }

  @Test
  @Order(7)
  void capture_throughTheSocket_needsNoPassword() throws Exception {
    PostgresSettings settings =
        PostgresSettings.of(from.socketDirectory().toString(), from.port(), "postgres")
            .withDatabases(List.of("latin"));
    Captured captured =
        new PostgresSource(settings, Optional.empty())
            .capture(new CaptureContext(vault, scratch, CLOCK, Progress.NONE));
    URI socket =
        URI.create(
            "postgres://postgres@/?host=%s&port=%d".formatted(to.socketDirectory(), to.port()));
    BringBackContext context =
        new BringBackContext(scratch, CLOCK, Progress.NONE, Optional.empty(), true);
    restorer.bringBack(vault.seal(captured), List.of(), socket, context);
    assertThat(
            Comparison.of(
                    captured.expectations(),
                    restorer.gather(socket, captured.expectations(), vault, context))
                .proves())
        .isTrue();
  }

  @Test
  @Order(8)
  void capture_tableAboveTheLimit_isCountedAndTheLimitStated() throws Exception {
    Captured captured =
        capture(from.settings().withDatabases(List.of("bench")).withLimits(1 << 20, 1 << 20));
    String table = DatabaseFacts.prefix("bench") + "table/public.pgbench_accounts";
    assertThat(captured.expectations().facts())
        .containsEntry(table + "/rows", "200000")
        .doesNotContainKey(table + "/checksum");
    assertThat(captured.expectations().limits()).containsKey(table + "/checksum");
  }
}
