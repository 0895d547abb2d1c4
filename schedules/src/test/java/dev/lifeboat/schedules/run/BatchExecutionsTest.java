package dev.lifeboat.schedules.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.schedules.run.BatchExecutions.Kept;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.h2.jdbcx.JdbcConnectionPool;
import org.h2.tools.RunScript;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.batch.core.repository.JobRepository;

@Timeout(120)
final class BatchExecutionsTest {
  private static final Instant DUE = Instant.parse("2026-11-22T01:30:00Z");
  private static final PrintStream LOG = new PrintStream(OutputStream.nullOutputStream());

  @TempDir private Path directory;
  private JdbcConnectionPool pool;
  private BatchExecutions executions;

  @BeforeEach
  void setUp() throws Exception {
    pool = JdbcConnectionPool.create("jdbc:h2:file:" + directory.resolve("db"), "sa", "");
    String script = "/org/springframework/batch/core/schema-h2.sql";
    try (Connection connection = pool.getConnection();
        Reader sql =
            new InputStreamReader(
                Objects.requireNonNull(JobRepository.class.getResourceAsStream(script)),
                StandardCharsets.UTF_8);
        ResultSet _ = RunScript.execute(connection, sql)) {
      executions = new BatchExecutions(pool, "H2");
    }
  }

  @AfterEach
  void close() {
    pool.dispose();
  }

  private static Run run() {
    return Runner.fresh(
        Run.idOf("drill slow", DUE),
        "drill slow",
        List.of("drill", "slow"),
        Run.Cause.SCHEDULE,
        DUE,
        1,
        DUE);
  }

  private static Kept kept(int attempt, String status, String exit) {
    return new Kept(attempt, status, exit, null);
  }

  private List<Kept> of(Run run) {
    return executions.of(run).stream()
        .map(each -> new Kept(each.attempt(), each.status(), each.exit(), null))
        .toList();
  }

  @Test
  void run_thatFailsAndThenGoesWell_isOneInstanceWithTwoExecutions() throws Exception {
    Run first = run();
    Run second = first.again(DUE.plusSeconds(9), 1);

    assertThat(executions.run(first, LOG, (_, _) -> 3)).isEqualTo(3);
    assertThat(of(first)).containsExactly(kept(1, "FAILED", "EXIT-3"));
    assertThat(executions.run(second, LOG, (_, _) -> 0)).isZero();
    assertThat(of(first))
        .containsExactly(kept(1, "FAILED", "EXIT-3"), kept(2, "COMPLETED", "DONE"));
    assertThat(executions.of(first)).allSatisfy(each -> assertThat(each.ended()).isNotNull());
  }

  @Test
  void run_thatIsToldToStopOrThrows_isKeptAsThat() throws Exception {
    Run first = run();
    Thread.currentThread().interrupt();
    assertThatThrownBy(() ->
            executions.run(
                first,
                LOG,
                (_, _) -> {
                  Thread.sleep(60_000);
                  return 0;
                }))
        .isInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isFalse();
    assertThatThrownBy(() ->
            executions.run(
                first.again(DUE, 1),
                LOG,
                (_, _) -> {
                  throw new IllegalStateException("a bad night");
                }))
        .hasMessage("a bad night");

    assertThat(of(first))
        .containsExactly(kept(1, "FAILED", "INTERRUPTED"), kept(2, "FAILED", "FAILED"));
  }

  @Test
  void run_whoseProcessWasKilled_isEndedBeforeTheNextAttempt() throws Exception {
    Run first = run();
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    Thread killed =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try {
                int _ =
                    executions.run(
                        first,
                        LOG,
                        (_, _) -> {
                          begun.countDown();
                          end.await();
                          return 0;
                        });
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    assertThat(begun.await(1, TimeUnit.MINUTES)).isTrue();
    assertThat(of(first)).containsExactly(kept(1, "STARTED", "UNKNOWN"));

    BatchExecutions after = new BatchExecutions(pool, "H2");
    assertThat(after.run(first.again(DUE, 1), LOG, (_, _) -> 0)).isZero();

    assertThat(of(first)).extracting(Kept::status).containsExactly("FAILED", "COMPLETED");
    // One that was only paused, and comes back, changes nothing of that.
    end.countDown();
    assertThat(killed.join(Duration.ofMinutes(1))).isTrue();
    assertThat(of(first).getLast()).isEqualTo(kept(2, "COMPLETED", "DONE"));
  }

  @Test
  void run_whoseEndTheBookDidNotGet_isRunAgain() throws Exception {
    Run first = run();
    assertThat(executions.run(first, LOG, (_, _) -> 0)).isZero();

    assertThat(executions.run(first.again(DUE, 1), LOG, (_, _) -> 0)).isZero();

    assertThat(of(first)).containsExactly(kept(1, "FAILED", "DONE"), kept(2, "COMPLETED", "DONE"));
  }

  @Test
  void run_whileTheDatabaseIsAway_isDoneOnceAllTheSame() throws Exception {
    AtomicInteger count = new AtomicInteger();
    pool.dispose();

    assertThat(executions.run(run(), LOG, (_, _) -> 40 + count.incrementAndGet())).isEqualTo(41);
    assertThat(count).hasValue(1);
  }

  @Test
  void prune_removesWhatBeganBefore() throws Exception {
    assertThat(executions.run(run(), LOG, (_, _) -> 0)).isZero();
    executions.prune(Instant.now().minusSeconds(60));
    assertThat(executions.of(run())).hasSize(1);

    executions.prune(Instant.now().plusSeconds(60));
    assertThat(executions.of(run())).isEmpty();
  }
}
