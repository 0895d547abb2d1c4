package dev.lifeboat.schedules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.lifeboat.schedules.run.Run;
import dev.lifeboat.schedules.run.RunBook;
import dev.lifeboat.schedules.run.Runner;
import dev.lifeboat.vault.Directories;
import dev.lifeboat.vault.VaultException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class TimetableTest {
  private static final CronSchedule EVERY_SECOND = new CronSchedule("* * * * * ?", ZoneOffset.UTC);
  private static final CronSchedule YEARLY = new CronSchedule("0 0 0 1 1 ?", ZoneOffset.UTC);

  @TempDir private Path directory;
  private final BlockingQueue<String> ran = new LinkedBlockingQueue<>();
  private Clock clock = Clock.systemUTC();

  /** What is done in place of a job. */
  @FunctionalInterface
  private interface Work {
    void run(String job) throws InterruptedException;
  }

  private Timetable open(Map<String, CronSchedule> schedules) {
    return open(schedules, ran::add);
  }

  private Timetable open(Map<String, CronSchedule> schedules, Work work) {
    SortedMap<String, JobSchedule> jobs = new TreeMap<>();
    schedules.forEach((job, when) -> jobs.put(job, JobSchedule.of(job, when)));
    return open(directory, jobs, work, clock);
  }

  private static Timetable open(
      Path directory, SortedMap<String, JobSchedule> jobs, Work work, Clock clock) {
    Runner runner =
        new Runner(
            RunBook.ofHome(directory),
            List.of(),
            clock,
            Duration.ofMinutes(1),
            (run, _) -> {
              work.run(run.job());
              return 0;
            });
    return new Timetable(directory, jobs, runner, clock, new Random(1), Duration.ofMillis(100));
  }

  private void assertRuns(String job) throws InterruptedException {
    assertThat(ran.poll(60, TimeUnit.SECONDS)).isEqualTo(job);
  }

  private void assertQuiet() throws InterruptedException {
    assertThat(ran.poll(2500, TimeUnit.MILLISECONDS)).isNull();
  }

  @Test
  void open_runsWhatIsDueUntilClosed() throws Exception {
    try (Timetable _ = open(Map.of("nightly", EVERY_SECOND))) {
      assertRuns("nightly");
      assertRuns("nightly");
    }
    ran.clear();
    assertQuiet();
  }

  @Test
  void work_thatThrows_endsNoSchedule() throws Exception {
    try (Timetable _ =
        open(
            Map.of("nightly", EVERY_SECOND),
            job -> {
              ran.add(job);
              throw new IllegalStateException("a bad night");
            })) {
      assertRuns("nightly");
      assertRuns("nightly");
    }
  }

  /** As a full disk makes it: a file is where runs are to be kept. */
  @Test
  void run_thatCannotBeKept_isTriedUntilItCan() throws Exception {
    Path runs = directory.resolve("runs");
    AtomicInteger count = new AtomicInteger();
    try (Timetable _ =
        open(
            Map.of("nightly", EVERY_SECOND),
            job -> {
              if (count.incrementAndGet() == 1) {
                replace(runs);
              }
              ran.add(job);
            })) {
      assertRuns("nightly");
      assertQuiet();
      Files.delete(runs);
      assertRuns("nightly");
      assertRuns("nightly");
    }
  }

  private static void replace(Path directory) {
    try {
      Directories.delete(directory);
      Files.writeString(directory, "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void open_afterManyMissedTimes_catchesUpOnce() throws Exception {
    Instant longAgo = Instant.now().minus(Duration.ofDays(900));
    clock = Clock.fixed(longAgo, ZoneOffset.UTC);
    // Two new years have passed since.
    open(directory, sorted("yearly", YEARLY), _ -> sleep(), clock).close();
    clock = Clock.systemUTC();

    try (Timetable table = open(Map.of("yearly", YEARLY))) {
      assertRuns("yearly");
      assertQuiet();
      assertThat(table.begins("yearly")).isEqualTo(YEARLY.next(Instant.now()));
    }
    try (Timetable table = open(Map.of("yearly", YEARLY))) {
      assertQuiet();
      assertThat(table.begins("yearly")).isEqualTo(YEARLY.next(Instant.now()));
    }
  }

  /** As long as the first start, which finds it due already, takes to close. */
  private static void sleep() throws InterruptedException {
    Thread.sleep(60_000);
  }

  @Test
  void open_withAnotherSchedule_makesUpForNothing() throws Exception {
    clock = Clock.fixed(Instant.now().minus(Duration.ofDays(900)), ZoneOffset.UTC);
    open(directory, sorted("job", YEARLY), _ -> sleep(), clock).close();
    clock = Clock.systemUTC();
    CronSchedule february = new CronSchedule("0 0 0 1 2 ?", ZoneOffset.UTC);

    try (Timetable table = open(Map.of("job", february))) {
      assertQuiet();
      assertThat(table.begins("job")).isEqualTo(february.next(Instant.now()));
    }
    try (Timetable table = open(Map.of("other", february))) {
      assertThat(table.begins("job")).isEmpty();
    }
  }

  @Test
  void close_whileAJobRuns_stopsItAndRunsItAgainAtTheNextStart() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    AtomicInteger interrupted = new AtomicInteger();
    Timetable table =
        open(
            Map.of("nightly", EVERY_SECOND),
            _ -> {
              begun.countDown();
              try {
                Thread.sleep(60_000);
              } catch (InterruptedException e) {
                interrupted.incrementAndGet();
                throw e;
              }
            });
    assertThat(begun.await(1, TimeUnit.MINUTES)).isTrue();
    table.close();
    assertThat(interrupted).hasValue(1);

    // By its schedule it is due in years.
    clock = Clock.fixed(Instant.now().plus(Duration.ofDays(900)), ZoneOffset.UTC);
    try (Timetable _ = open(Map.of("nightly", EVERY_SECOND))) {
      assertRuns("nightly");
    }
  }

  @Test
  void open_twiceInOneProcess_isRefused() {
    try (Timetable table = open(Map.of("nightly", YEARLY))) {
      assertThat(table.begins("nightly")).isPresent();
      assertThatThrownBy(() -> open(Map.of("nightly", YEARLY)))
          .isInstanceOf(IllegalStateException.class);
      assertThat(table.begins("nightly")).isPresent();
    }
  }

  @Test
  void open_whileAnotherProcessHasItOpen_isAConflict_afterItsKillItsJobRunsAgain()
      throws Exception {
    Clock longAgo = Clock.fixed(Instant.now().minus(Duration.ofDays(900)), ZoneOffset.UTC);
    open(directory, sorted("nightly", YEARLY), _ -> sleep(), longAgo).close();
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Killed.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      assertThat(child.getInputStream().readNBytes(5)).asString().isEqualTo("begun");
      assertThatThrownBy(() -> open(Map.of("nightly", YEARLY)))
          .isInstanceOf(VaultException.Conflict.class)
          .hasMessageContaining("schedule.mv.db is open in another process");
    } finally {
      child.destroyForcibly().waitFor();
    }

    try (Timetable table = open(Map.of("nightly", YEARLY))) {
      assertRuns("nightly");
      assertQuiet();
      assertThat(table.begins("nightly")).isEqualTo(YEARLY.next(Instant.now()));
    }
  }

  /** Its end was kept, and the process killed before what comes after it was planned. */
  @Test
  void open_afterARunThatIsOver_doesNotRunItAgain_andLosesNothingThatCameDueSince()
      throws Exception {
    Instant then = Instant.now().minus(Duration.ofDays(900));
    open(directory, sorted("yearly", YEARLY), _ -> sleep(), Clock.fixed(then, ZoneOffset.UTC))
        .close();
    Instant due = YEARLY.next(then).orElseThrow();
    RunBook book = RunBook.ofHome(directory);
    Run over =
        book.save(
            Runner.fresh(
                    Run.idOf("yearly", due),
                    "yearly",
                    List.of("yearly"),
                    Run.Cause.SCHEDULE,
                    due,
                    1,
                    due)
                .with(Run.State.DONE, Optional.of(due.plusSeconds(5)), Optional.of(0), ""));

    try (Timetable table = open(Map.of("yearly", YEARLY))) {
      assertRuns("yearly");
      assertQuiet();
      assertThat(table.begins("yearly")).isEqualTo(YEARLY.next(Instant.now()));
    }
    Instant second = YEARLY.next(due).orElseThrow();
    assertThat(book.find(over.id())).contains(over);
    assertThat(book.list())
        .extracting(Run::due, Run::attempt)
        .containsExactlyInAnyOrder(tuple(due, 1), tuple(second, 1));
  }

  /** Runs a job that was due long ago, until it is killed. */
  static final class Killed {
    private Killed() {}

    public static void main(String[] arguments) throws InterruptedException {
      try (Timetable _ =
          open(
              Path.of(arguments[0]),
              sorted("nightly", YEARLY),
              _ -> {
                System.out.print("begun");
                System.out.flush();
                sleep();
              },
              Clock.systemUTC())) {
        sleep();
      }
    }
  }

  @Test
  void twoJobsDueAtOnce_runOneBehindTheOther() throws Exception {
    AtomicInteger atOnce = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    try (Timetable _ =
        open(
            Map.of("a", EVERY_SECOND, "b", EVERY_SECOND),
            job -> {
              most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
              Thread.sleep(300);
              atOnce.decrementAndGet();
              ran.add(job);
            })) {
      Map<String, Boolean> seen = new TreeMap<>();
      while (seen.size() < 2) {
        seen.put(ran.take(), true);
      }
    }
    assertThat(most).hasValue(1);
  }

  private static SortedMap<String, JobSchedule> sorted(String job, CronSchedule schedule) {
    return new TreeMap<>(Map.of(job, JobSchedule.of(job, schedule)));
  }
}
