package dev.lifeboat.schedules.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.schedules.run.Run.State;
import dev.lifeboat.schedules.store.SharedStore;
import dev.lifeboat.schedules.store.SharedStores;
import dev.lifeboat.sources.postgres.PostgresServer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(240)
final class SharedRunBookIT extends RunBookContract {
  @AutoClose private static PostgresServer server;
  private final List<SharedStores> shared = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    server = PostgresServer.start();
  }

  @Override
  RunBook open() {
    shared.add(new SharedStores(server));
    return RunBook.shared(host("here"));
  }

  private SharedStore host(String name) {
    return shared.getFirst().host(name);
  }

  @AfterEach
  void close() {
    shared.forEach(SharedStores::close);
  }

  @Test
  void save_byAHostWhoseRunGoesOnElsewhere_isRefused() {
    SharedStore there = host("there");
    RunBook other = RunBook.shared(there);
    Run first = book().typed("nightly", List.of("nightly"), Instant.EPOCH);
    Run second = other.save(first.again(Instant.EPOCH.plusSeconds(1), 1));

    assertThatThrownBy(() ->
            book().save(first.with(State.DONE, Optional.of(Instant.EPOCH), Optional.of(0), "")))
        .isInstanceOf(RunBook.Superseded.class)
        .hasMessageContaining("another process goes on with the run " + first.id());
    // Not even by the same attempt.
    assertThatThrownBy(() -> book().save(second)).isInstanceOf(RunBook.Superseded.class);
    assertThat(book().find(first.id())).contains(second);
  }

  @Test
  void isAlive_ofARunOfAHostThatIsGone_isNot() {
    SharedStore there = host("there");
    Run run = RunBook.shared(there).typed("nightly", List.of("nightly"), Instant.EPOCH);
    assertThat(book().isAlive(run)).isTrue();

    there.close();

    assertThat(book().isCutShort(run)).isTrue();
  }

  @Test
  void executions_ofSpringBatch_areInTheStoreToo() throws Exception {
    SharedStore store = host("here");
    BatchExecutions executions = new BatchExecutions(store.dataSource(), "POSTGRES");
    Runner runner = runner((_, _) -> 3);
    runner.keepIn(executions);
    Run failed = run(runner);
    Runner again = runner((_, _) -> 0);
    again.keepIn(executions);
    Run done = run(again);

    assertThat(executions.of(failed))
        .extracting(kept -> kept.attempt() + " " + kept.status() + " " + kept.exit())
        .containsExactly("1 FAILED EXIT-3", "2 COMPLETED DONE");
    assertThat(done.attempt()).isEqualTo(2);
    executions.prune(Instant.now().plusSeconds(60));
    assertThat(executions.of(done)).isEmpty();
  }

  @Test
  void askToStop_fromAnotherHost_isSeen() throws Exception {
    RunBook other = RunBook.shared(host("there"));
    Run ended =
        run(
            runner((begun, _) -> {
              other.askToStop(begun.id());
              Thread.sleep(60_000);
              return 0;
            }));

    assertThat(ended.state()).isEqualTo(State.STOPPED);
    assertThat(other.find(ended.id())).contains(ended);
  }
}
