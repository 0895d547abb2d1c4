package dev.lifeboat.sources.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Progress;
import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.MemorySnapshot;
import dev.lifeboat.vault.snapshot.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong is never a snapshot that looks right. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PostgresFailureIT {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-21T01:30:00Z"), ZoneOffset.UTC);

  private static PostgresServer server;

  @TempDir Path scratch;
  private final MemorySnapshot vault = new MemorySnapshot();

  @BeforeAll
  static void startServer() throws Exception {
    server = PostgresServer.start();
    server.sql("postgres", "CREATE DATABASE shop", "CREATE DATABASE other");
    server.sql(
        "shop",
        "CREATE TABLE t AS SELECT g AS id, md5(g::text) AS x FROM generate_series(1, 100000) g",
        "SELECT lo_from_bytea(4711, '\\x0102')",
        "CREATE TABLE guarded (a int)",
        "INSERT INTO guarded VALUES (1), (2)",
        "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY");
  }

  @AfterAll
  static void stopServer() throws Exception {
    server.close();
  }

  private PostgresSettings shop() {
    return server.settings().withDatabases(List.of("shop"));
  }

  private Captured capture(PostgresSettings settings, Progress progress) throws Exception {
    return server.source(settings).capture(new CaptureContext(vault, scratch, CLOCK, progress));
  }

  /** Programs that do what the real ones do, but for the one that is given. */
  private Path programs(String name, String script) throws IOException {
    for (String program : List.of("pg_dump", "pg_dumpall", "pg_restore")) {
      Path file = scratch.resolve(program);
      String real = server.binaries().resolve(program).toString();
      Files.writeString(
          file,
          "#!/bin/sh\n"
              + (program.equals(name)
                  ? script.replace("REAL", real)
                  : "exec %s \"$@\"\n".formatted(real)));
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    return scratch;
  }

  @Test
  @Order(1)
  void capture_wrongPassword_isUnreachable() {
    try (Secret wrong = new Secret("wrong".toCharArray())) {
      PostgresSource source = new PostgresSource(shop(), Optional.of(wrong));
      assertThatThrownBy(
              () -> source.capture(new CaptureContext(vault, scratch, CLOCK, Progress.NONE)))
          .isInstanceOf(SourceException.Unreachable.class)
          .hasMessageContaining("password")
          .hasMessageContaining("pg_hba.conf");
    }
  }

  @Test
  @Order(1)
  void capture_noServer_isUnreachable() {
    PostgresSource source =
        new PostgresSource(PostgresSettings.of("127.0.0.1", 1, "postgres"), Optional.empty());
    assertThatThrownBy(
            () -> source.capture(new CaptureContext(vault, scratch, CLOCK, Progress.NONE)))
        .isInstanceOf(SourceException.Unreachable.class)
        .hasMessageContaining("127.0.0.1:1");
  }

  @Test
  @Order(1)
  void capture_pgDumpOlderThanServer_refusedWithBothVersionsAndThePackage() throws Exception {
    Path old =
        programs(
            "pg_dump", "[ \"$1\" = --version ] && echo 'pg_dump (PostgreSQL) 12.22' && exit 0\n");
    String major = server.query("postgres", "SHOW server_version_num").substring(0, 2);
    assertThatThrownBy(() -> capture(shop().withBinaries(old), Progress.NONE))
        .isInstanceOf(SourceException.Refused.class)
        .hasMessageContaining("12.22")
        .hasMessageContaining("version " + major)
        .hasMessageContaining("postgresql-client-" + major);
  }

  @Test
  @Order(1)
  void capture_pgDumpEndsBadlyAfterCompleteOutput_isNoSnapshot() throws Exception {
    Path failing =
        programs(
            "pg_dump",
            "REAL \"$@\" || exit\ncase \"$*\" in *data-only*) echo 'disk of the server broke' >&2; exit 3;; esac\n");
    assertThatThrownBy(() -> capture(shop().withBinaries(failing), Progress.NONE))
        .isInstanceOf(SourceException.Failed.class)
        .hasMessageContaining("exit code 3")
        .hasMessageContaining("disk of the server broke");
  }

  @Test
  @Order(1)
  void capture_oneDatabaseFails_othersAreKeptAndItIsAProblem() throws Exception {
    Path failing =
        programs(
            "pg_dump",
            "[ \"$PGDATABASE\" = shop ] && { echo no >&2; exit 1; }\nexec REAL \"$@\"\n");
    Captured captured =
        capture(
            server
                .settings()
                .withDatabases(List.of("shop", "other", "missing"))
                .withBinaries(failing),
            Progress.NONE);
    assertThat(captured.problems()).extracting(Problem::subject).containsExactly("missing", "shop");
    assertThat(captured.expectations().facts()).containsKey("database/other/properties");
    assertThat(captured.expectations().facts()).doesNotContainKey("database/shop/properties");
  }

  @Test
  @Order(1)
  void capture_roleWithTheDocumentedGrants_capturesEverythingButPasswords() throws Exception {
    server.sql(
        "postgres",
        "CREATE ROLE lifeboat LOGIN PASSWORD 'x' BYPASSRLS",
        "GRANT pg_read_all_data TO lifeboat",
        "ALTER ROLE lifeboat SET lo_compat_privileges = on");
    PostgresSettings settings =
        PostgresSettings.of(server.host(), server.port(), "lifeboat")
            .withDatabases(List.of("shop"));
    try (Secret secret = new Secret("x".toCharArray())) {
      Captured captured =
          new PostgresSource(settings, Optional.of(secret))
              .capture(new CaptureContext(vault, scratch, CLOCK, Progress.NONE));
      assertThat(captured.problems()).isEmpty();
      assertThat(captured.expectations().facts())
          .containsEntry("database/shop/table/public.guarded/rows", "2")
          .containsKey("database/shop/large objects/checksum");
      assertThat(captured.expectations().limits()).containsKey("role passwords");
    }
  }

  @Test
  @Order(1)
  void capture_tableThatMayNotBeRead_isNamedWithTheGrant() throws Exception {
    server.sql("postgres", "CREATE ROLE blind LOGIN PASSWORD 'x'");
    PostgresSettings settings =
        PostgresSettings.of(server.host(), server.port(), "blind").withDatabases(List.of("shop"));
    try (Secret secret = new Secret("x".toCharArray())) {
      assertThatThrownBy(() ->
              new PostgresSource(settings, Optional.of(secret))
                  .capture(new CaptureContext(vault, scratch, CLOCK, Progress.NONE)))
          .isInstanceOf(SourceException.Failed.class)
          .hasMessageContaining("\"public\".\"t\"")
          .hasMessageContaining("GRANT pg_read_all_data");
    }
  }

  @Test
  @Order(1)
  void capture_truncateInTheMeantime_hasToWait() throws Exception {
    AtomicReference<String> state = new AtomicReference<>("not tried");
    Progress truncating =
        new Progress() {
          @Override
          public void at(String what) {
            if (what.startsWith("dumping shop/") && state.compareAndSet("not tried", "done")) {
              try {
                server.sql("shop", "SET lock_timeout = '200ms'; TRUNCATE t");
              } catch (SQLException e) {
                state.set(String.valueOf(e.getSQLState()));
              }
            }
          }
        };
    Captured captured = capture(shop(), truncating);
    assertThat(state).hasValue("55P03");
    assertThat(captured.expectations().facts())
        .containsEntry("database/shop/table/public.t/rows", "100000");
  }

  @Test
  @Order(2)
  void capture_serverKilledWhileDumping_isNoSnapshot() throws Exception {
    Progress killing =
        new Progress() {
          private boolean killed;

          @Override
          public synchronized void bytes(long more) {
            if (!killed) {
              killed = true;
              try {
                server.kill();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            }
          }
        };
    try {
      assertThatThrownBy(() -> capture(server.settings(), killing))
          .isInstanceOf(SourceException.Failed.class)
          .hasMessageContaining("went away");
    } finally {
      server.startAgain();
    }
  }
}
