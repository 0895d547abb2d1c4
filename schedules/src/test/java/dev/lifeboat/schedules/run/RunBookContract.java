package dev.lifeboat.schedules.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.schedules.run.Run.State;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a runner does with runs, and how a book keeps them: of every kind of book. */
@Timeout(120)
abstract class RunBookContract {
  private static final Instant DUE = Instant.parse("2026-11-22T01:30:00Z");
  private static final Instant NOW = DUE.plusSeconds(7);

  private RunBook book;
  private final List<String> told = new ArrayList<>();

  /** A book with nothing in it. */
  abstract RunBook open() throws Exception;

  @BeforeEach
  void setUp() throws Exception {
    book = open();
  }

  final RunBook book() {
    return book;
  }

  final Runner runner(Runner.Work work) {
    RunListener listener =
        new RunListener() {
          @Override
          public void begins(Run run) {
            told.add("begins " + run.id());
          }

          @Override
          public void ends(Run run) {
            told.add("ends " + run.state());
          }

          @Override
          public void leftOut(Run run) {
            told.add("left out: " + run.what());
          }
        };
    RunListener broken =
        new RunListener() {
          @Override
          public void ends(Run run) {
            throw new IllegalStateException("a listener that fails hurts no run");
          }
        };
    return new Runner(
        book,
        List.of(broken, listener),
        Clock.fixed(NOW, ZoneOffset.UTC),
        Duration.ofMinutes(1),
        work);
  }

  final Run run(Runner runner, Optional<Duration> atMost) {
    return runner.run("nightly", List.of("nightly"), DUE, 1, NOW, atMost);
  }

  final Run run(Runner runner) {
    return run(runner, Optional.empty());
  }

  @Test
  void run_well_isKeptWithWhatItPrinted() throws Exception {
    Run run =
        run(
            runner((_, log) -> {
              log.println("hello");
              return 0;
            }));

    assertThat(run.state()).isEqualTo(State.DONE);
    assertThat(run.id()).isEqualTo("nightly-20261122T013000Z");
    assertThat(book.find(run.id())).contains(run);
    assertThat(book.tail(run.id(), 10)).containsExactly("hello");
    assertThat(told).containsExactly("begins nightly-20261122T013000Z", "ends DONE");
    assertThat(book.lastGood("nightly")).contains(run);
  }

  @Test
  void run_withAnotherExitCode_failed() {
    Run run = run(runner((_, _) -> 3));

    assertThat(run.state()).isEqualTo(State.FAILED);
    assertThat(run.exitCode()).contains(3);
    assertThat(book.lastGood("nightly")).isEmpty();
    assertThat(book.lastBegun("nightly")).contains(run);
  }

  @Test
  void run_thatThrows_failedAndSaysSo() {
    Run run =
        run(
            runner((_, _) -> {
              throw new IllegalStateException("a bad night");
            }));

    assertThat(run.state()).isEqualTo(State.FAILED);
    assertThat(run.what()).contains("a bad night");
  }

  private static int sleep() throws InterruptedException {
    Thread.sleep(60_000);
    return 0;
  }

  @Test
  void run_longerThanItMay_isEndedAndFailed() {
    Run run = run(runner((_, _) -> sleep()), Optional.of(Duration.ofMillis(50)));

    assertThat(run.state()).isEqualTo(State.OVERRAN);
    assertThat(run.over()).isTrue();
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void run_thatSomebodyStops_doesNotGoOn() {
    Run run =
        run(
            runner((begun, _) -> {
              book.askToStop(begun.id());
              return sleep();
            }));

    assertThat(run.state()).isEqualTo(State.STOPPED);
    assertThat(run.over()).isTrue();
    assertThat(book.isAskedToStop(run.id())).isFalse();
  }

  @Test
  void run_whenTheServiceStops_goesOnAsTheSameRunWithAnotherAttempt() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    Runner first =
        runner((_, log) -> {
          log.println("one");
          begun.countDown();
          return sleep();
        });
    CompletableFuture<Run> ended = CompletableFuture.supplyAsync(() -> run(first));
    assertThat(begun.await(1, TimeUnit.MINUTES)).isTrue();
    first.stop();

    assertThat(ended.get(1, TimeUnit.MINUTES).state()).isEqualTo(State.INTERRUPTED);
    assertThat(ended.get().over()).isFalse();

    Run second =
        runner(
                (_, log) -> {
                  log.println("two");
                  return 0;
                })
            .run("nightly", List.of("nightly"), DUE, 3, NOW, Optional.empty());
    assertThat(second.id()).isEqualTo(ended.get().id());
    assertThat(second.attempt()).isEqualTo(2);
    assertThat(second.covers()).isEqualTo(3);
    assertThat(second.state()).isEqualTo(State.DONE);
    assertThat(book.list()).containsExactly(second);
    assertThat(book.tail(second.id(), 10)).containsExactly("one", "two");
  }

  @Test
  void run_afterTheServiceWasToldToStop_isInterruptedAtOnce() {
    Runner runner = runner((_, _) -> sleep());
    runner.stop();

    assertThat(run(runner).state()).isEqualTo(State.INTERRUPTED);
  }

  @Test
  void run_printsMuch_onlyTheEndIsKept() throws Exception {
    Run run =
        run(
            runner((_, log) -> {
              for (int i = 0; i < 40_000; i++) {
                log.println("line " + i + " of what nobody wants to read");
              }
              return 0;
            }));

    List<String> kept = book.tail(run.id(), Integer.MAX_VALUE);
    assertThat(String.join("\n", kept).length()).isBetween(100_000, 300_000);
    assertThat(book.tail(run.id(), 1)).containsExactly("line 39999 of what nobody wants to read");
    assertThat(kept.getFirst()).startsWith("line ").endsWith("to read");
  }

  @Test
  void leaveOut_isKeptAndTold() {
    runner((_, _) -> 0)
        .leaveOut("drill", List.of("drill"), DUE, 2, "there was no good run of nightly", NOW);

    Run run = book.list().getFirst();
    assertThat(run.state()).isEqualTo(State.NOT_RUN);
    assertThat(run.covers()).isEqualTo(2);
    assertThat(told).containsExactly("left out: there was no good run of nightly");
    assertThat(book.lastBegun("drill")).isEmpty();
  }

  @Test
  void prune_removesWhatIsOldAndOver() throws Exception {
    Run run = run(runner((_, _) -> 0));
    book.prune(NOW);
    assertThat(book.list()).containsExactly(run);

    // Also what was written only now.
    book.prune(Instant.now().plus(Duration.ofDays(1)));
    assertThat(book.list()).isEmpty();
    assertThat(book.tail(run.id(), 10)).isEmpty();
  }

  @Test
  void typed_atTheTimeAtWhichItIsDue_isAnotherRun() {
    Run typed = book.typed("nightly", List.of("nightly"), DUE);
    Run again = book.typed("nightly", List.of("nightly"), DUE);
    Run due = run(runner((_, _) -> 0));

    assertThat(List.of(typed.id(), again.id(), due.id())).doesNotHaveDuplicates();
    assertThat(typed.state()).isEqualTo(State.RUNNING);
  }

  private Run began(String job, Instant due, Instant began) {
    return book.save(
        Runner.fresh(Run.idOf(job, due), job, List.of(job), Run.Cause.SCHEDULE, due, 1, began)
            .with(State.DONE, Optional.of(began), Optional.of(0), ""));
  }

  @Test
  void list_ofSome_isTheNewestByWhenTheyBegan() {
    Run old = began("nightly", DUE.minusSeconds(90), DUE.minusSeconds(80));
    Run late = began("nightly", DUE.minusSeconds(60), DUE);
    Run verify = began("verify", DUE.minusSeconds(30), DUE.minusSeconds(30));

    assertThat(book.list()).containsExactly(late, verify, old);
    assertThat(book.list(Optional.empty(), 2)).containsExactly(late, verify);
    assertThat(book.list(Optional.of("nightly"), 1)).containsExactly(late);
    assertThat(book.list(Optional.of("nightly"), 9)).containsExactly(late, old);
    assertThat(book.list(Optional.of("drill"), 9)).isEmpty();
    assertThat(book.list(Optional.empty(), 0)).isEmpty();
  }

  @Test
  void isCutShort_ofWhatRunsHere_isNot() {
    Run run = book.typed("nightly", List.of("nightly"), DUE);

    assertThat(book.isAlive(run)).isTrue();
    assertThat(book.isCutShort(run)).isFalse();
    assertThat(book.isCutShort(run.with(State.INTERRUPTED, Optional.of(NOW), Optional.empty(), "")))
        .isTrue();
  }

  @Test
  void giveUp_ofWhatWasCutShort_isKeptAsFailed() {
    Run run = book.typed("nightly", List.of("nightly"), DUE);

    runner((_, _) -> 0).giveUp(run);

    assertThat(book.find(run.id()).orElseThrow().state()).isEqualTo(State.FAILED);
  }
}
