package dev.lifeboat.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.jobs.report.NightOutcome;
import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.jobs.report.NightReport.State;
import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Source;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.snapshot.Captured;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.batch.core.job.JobInstance;

/** Order, restart and outcome of a night, with work that is scripted. */
final class NightlyTest {
  private static final List<String> ALL = List.of("acme/crm", "acme/mail", "acme/uploads");

  @TempDir Path home;
  private final TickingClock clock = new TickingClock();
  private ScriptedWork work;

  @BeforeEach
  void begin() {
    work = new ScriptedWork(clock);
  }

  /** Never asked: the scripted work captures. */
  private static final class NoSource implements Source {
    @Override
    public String kind() {
      return "directory";
    }

    @Override
    public Captured capture(CaptureContext context) {
      throw new AssertionError("scripted work captures");
    }
  }

  private static DatasetPlan dataset(String id) {
    String[] names = id.split("/", -1);
    return new DatasetPlan(
        new TenantName(names[0]), new DatasetName(names[1]), new NoSource(), Optional.empty());
  }

  private NightPlan plan(List<String> datasets) {
    return new NightPlan(
        home, datasets.stream().map(NightlyTest::dataset).toList(), work, 2, NightProgress.NONE);
  }

  private NightReport night() {
    return new Nightly(clock).run(plan(ALL));
  }

  private static List<State> states(NightReport report) {
    return report.datasets().stream().map(NightReport.Dataset::state).toList();
  }

  @Test
  void run_allWell_doesEveryPartOnceAndIsComplete() {
    NightReport report = night();

    assertThat(report.outcome()).isEqualTo(NightOutcome.COMPLETE);
    assertThat(work.calls)
        .containsExactlyInAnyOrder(
            "capture acme/crm",
            "capture acme/mail",
            "capture acme/uploads",
            "replicate",
            "verify",
            "retain",
            "reclaim",
            "survey");
    assertThat(work.calls.subList(3, 8))
        .containsExactly("replicate", "verify", "retain", "reclaim", "survey");
    assertThat(report.totals().counts().bytesRead()).isEqualTo(6_000);
    assertThat(report.unprotected()).isEmpty();
    assertThat(report.runs()).isEqualTo(1);
    assertThat(JobRepositoryProbe.executions(home, NightJob.NIGHTLY)).containsExactly("COMPLETED");
    assertThat(new NightReports(home).latest(NightJob.NIGHTLY)).contains(report);
  }

  @Test
  void run_twiceAtTheSameInstant_areTwoNights() {
    NightReport first = night();
    NightReport second = night();
    NightReport third = night();

    assertThat(Stream.of(first, second, third).map(NightReport::night))
        .containsExactly(
            "20261121T013000000Z", "20261121T013000000Z.002", "20261121T013000000Z.003");
    assertThat(work.count("capture acme/crm")).isEqualTo(3);
    assertThat(new NightReports(home).latest(NightJob.NIGHTLY)).contains(third);
  }

  @Test
  void run_oneDatasetFails_othersAreCapturedAndTheNightFails() {
    work.before.put(
        "capture acme/mail",
        () -> {
          throw new SourceException.Failed("mail spool is locked", null);
        });

    NightReport report = night();

    assertThat(report.outcome()).isEqualTo(NightOutcome.FAILED);
    assertThat(states(report)).containsExactly(State.COMPLETE, State.FAILED, State.COMPLETE);
    assertThat(report.datasets().get(1).error()).contains("mail spool is locked");
    assertThat(report.unprotected())
        .containsExactly(
            new NightReport.Unprotected(
                "acme/mail", "no snapshot tonight; it has no complete snapshot"));
    assertThat(work.calls).contains("replicate", "verify", "retain", "reclaim");
    assertThat(JobRepositoryProbe.executions(home, NightJob.NIGHTLY)).containsExactly("FAILED");
  }

  @Test
  void run_sourceUnreachable_isUnreachable() {
    work.before.put(
        "capture acme/mail",
        () -> {
          throw new SourceException.Unreachable("db1 does not answer", null);
        });

    NightReport report = night();

    assertThat(report.outcome()).isEqualTo(NightOutcome.UNREACHABLE);
    assertThat(states(report)).containsExactly(State.COMPLETE, State.UNREACHABLE, State.COMPLETE);
  }

  @Test
  void run_afterAFailedNight_isANewNightThatCapturesEverything() {
    failOnce("capture acme/mail");
    NightReport first = night();
    clock.advance(Duration.ofHours(1));
    NightReport second = night();

    assertThat(second.night()).isNotEqualTo(first.night());
    assertThat(second.outcome()).isEqualTo(NightOutcome.COMPLETE);
    assertThat(work.count("capture acme/crm")).isEqualTo(2);
    assertThat(work.count("capture acme/mail")).isEqualTo(2);
  }

  @Test
  void run_retryingAFailedNight_capturesOnlyWhatFailed() {
    failOnce("capture acme/mail");
    NightReport first = night();
    clock.advance(Duration.ofHours(1));
    NightReport second = new Nightly(clock).run(plan(ALL).retryingFailed());

    assertThat(second.night()).isEqualTo(first.night());
    assertThat(second.runs()).isEqualTo(2);
    assertThat(second.outcome()).isEqualTo(NightOutcome.COMPLETE);
    assertThat(states(second)).containsExactly(State.COMPLETE, State.COMPLETE, State.COMPLETE);
    assertThat(work.count("capture acme/crm")).isEqualTo(1);
    assertThat(work.count("capture acme/mail")).isEqualTo(2);
    assertThat(work.count("capture acme/uploads")).isEqualTo(1);
    assertThat(work.count("replicate")).isEqualTo(2);
    assertThat(JobRepositoryProbe.executions(home, NightJob.NIGHTLY))
        .containsExactly("FAILED", "COMPLETED");
    assertThat(JobRepositoryProbe.instances(home, NightJob.NIGHTLY)).isEqualTo(1);
  }

  @Test
  void run_retryingWithANewDataset_capturesItToo() {
    failOnce("capture acme/mail");
    new Nightly(clock).run(plan(List.of("acme/crm", "acme/mail")));
    NightReport second = new Nightly(clock).run(plan(ALL).retryingFailed());

    assertThat(second.outcome()).isEqualTo(NightOutcome.COMPLETE);
    assertThat(work.count("capture acme/crm")).isEqualTo(1);
    assertThat(work.count("capture acme/uploads")).isEqualTo(1);
  }

  @Test
  void run_committedButNotNoted_isNotCapturedAgain() {
    // What a kill between the commit and its note leaves: the vault has it, the night does not.
    work.before.put(
        "capture acme/mail",
        () -> {
          work.before.remove("capture acme/mail");
          work.capture(dataset("acme/mail"), home, dev.lifeboat.sources.Progress.NONE);
          throw new SourceException.Failed("killed", null);
        });
    night();
    clock.advance(Duration.ofMinutes(5));
    long captures = work.count("capture acme/mail");
    NightReport second = new Nightly(clock).run(plan(ALL).retryingFailed());

    assertThat(second.outcome()).isEqualTo(NightOutcome.COMPLETE);
    assertThat(work.count("capture acme/mail")).isEqualTo(captures);
    assertThat(work.count("ask acme/mail")).isEqualTo(1);
  }

  @Test
  void run_partialSnapshot_isIncomplete() {
    work.partial.add("acme/uploads");

    NightReport report = night();

    assertThat(report.outcome()).isEqualTo(NightOutcome.INCOMPLETE);
    assertThat(report.unprotected())
        .containsExactly(
            new NightReport.Unprotected("acme/uploads", "partial: 1 things could not be captured"));
    assertThat(JobRepositoryProbe.executions(home, NightJob.NIGHTLY)).containsExactly("COMPLETED");
  }

  @Test
  void run_findingOfVerification_isFindingsUnlessSomethingIsWorse() {
    work.findings.add("packs/ab/abcd is missing in loft; run: lifeboat verify --heal");
    assertThat(night().outcome()).isEqualTo(NightOutcome.FINDINGS);

    failOnce("capture acme/mail");
    assertThat(night().outcome()).isEqualTo(NightOutcome.FAILED);
  }

  @Test
  void run_verificationLookedAtNothing_isNotComplete() {
    work.counts.clear();

    NightReport report = night();

    assertThat(report.outcome()).isEqualTo(NightOutcome.FINDINGS);
    assertThat(report.unprotected())
        .contains(
            new NightReport.Unprotected(
                "vault", "verification did not run: nothing is proven tonight"));
  }

  @Test
  void run_regionDownBelowQuorum_saysWhatIsNotDurable() {
    work.quorum = 2;
    work.regionsDown.add("loft");

    NightReport report = night();

    assertThat(report.outcome()).isEqualTo(NightOutcome.UNREACHABLE);
    assertThat(report.datasets()).allMatch(dataset -> !dataset.durable());
    assertThat(report.unprotected())
        .contains(
            new NightReport.Unprotected(
                "acme/crm", "in 1 regions only, fewer than the quorum of 2"),
            new NightReport.Unprotected("loft", "cannot be reached: mount is gone"));
  }

  @Test
  void run_partOfTheNightThrows_theNextPartsStillRun() {
    work.before.put(
        "replicate",
        () -> {
          throw new VaultException.Unreachable("no region answers", List.of());
        });
    work.before.put(
        "retain",
        () -> {
          throw new IllegalStateException("policy is contradictory");
        });

    NightReport report = night();

    assertThat(report.outcome()).isEqualTo(NightOutcome.FAILED);
    assertThat(report.errors())
        .containsExactly(
            new NightReport.PartError("replicate", "no region answers"),
            new NightReport.PartError("retention", "policy is contradictory"));
    assertThat(work.calls).contains("verify", "reclaim", "survey");
    assertThat(report.verification()).isPresent();
    assertThat(report.retention()).isEmpty();
  }

  @Test
  void run_vaultCannotBeLookedAt_isNoSuccess() {
    work.before.put(
        "survey",
        () -> {
          throw new VaultException.Unreachable("no region answers", List.of());
        });

    NightReport report = night();

    assertThat(report.outcome()).isEqualTo(NightOutcome.UNREACHABLE);
    assertThat(report.unprotected()).extracting("subject").contains("vault");
  }

  @Test
  void run_noDatasets_isAFailure() {
    NightReport report = new Nightly(clock).run(plan(List.of()));

    assertThat(report.outcome()).isEqualTo(NightOutcome.FAILED);
    assertThat(report.unprotected())
        .contains(
            new NightReport.Unprotected(
                "vault", "no dataset is configured: nothing was backed up"));
  }

  @Test
  void run_rpoExceeded_isNotProtected() {
    DatasetPlan strict =
        new DatasetPlan(
            new TenantName("acme"),
            new DatasetName("crm"),
            new NoSource(),
            Optional.of(Duration.ofHours(1)));
    NightPlan plan = new NightPlan(home, List.of(strict), work, 1, NightProgress.NONE);
    new Nightly(clock).run(plan);
    clock.advance(Duration.ofHours(26));
    work.partial.add("acme/crm");

    NightReport report = new Nightly(clock).run(plan);

    assertThat(report.unprotected())
        .contains(
            new NightReport.Unprotected(
                "acme/crm", "rpo of PT1H exceeded: newest complete snapshot is PT26H old"));
  }

  @Test
  void run_partAlone_doesOnlyThat() {
    for (NightJob job : List.of(NightJob.REPLICATE, NightJob.VERIFY, NightJob.RECLAIM)) {
      assertThat(new Nightly(clock).run(plan(ALL), job).outcome()).isEqualTo(NightOutcome.COMPLETE);
    }
    assertThat(work.calls)
        .containsExactly("replicate", "survey", "verify", "survey", "reclaim", "survey");
  }

  @Test
  void stop_whileCapturing_interruptsAndTheNextRunContinues() throws Exception {
    CountDownLatch capturing = new CountDownLatch(1);
    work.before.put(
        "capture acme/uploads",
        () -> {
          work.before.remove("capture acme/uploads");
          capturing.countDown();
          new CountDownLatch(1).await();
        });
    Nightly nightly = new Nightly(clock);
    FutureTask<NightReport> running = new FutureTask<>(() -> nightly.run(plan(ALL)));
    Thread.ofPlatform().start(running);
    assertThat(capturing.await(1, TimeUnit.MINUTES)).isTrue();
    while (work.committed.size() < 2) {
      Thread.sleep(5);
    }
    nightly.stop();
    NightReport first = running.get(1, TimeUnit.MINUTES);

    assertThat(first.outcome()).isEqualTo(NightOutcome.INTERRUPTED);
    assertThat(first.datasets().get(2).state()).isEqualTo(State.INTERRUPTED);
    assertThat(work.calls).doesNotContain("replicate", "retain", "reclaim", "survey");
    assertThat(JobRepositoryProbe.running(home)).isEmpty();

    clock.advance(Duration.ofHours(3));
    NightReport second = night();
    assertThat(second.night()).isEqualTo(first.night());
    assertThat(second.outcome()).isEqualTo(NightOutcome.COMPLETE);
    assertThat(work.count("capture acme/uploads")).isEqualTo(2);
    assertThat(work.committed).hasSize(3);
  }

  @Test
  void run_callerInterrupted_endsWithAReportAndKeepsTheInterrupt() throws Exception {
    work.before.put("capture acme/crm", () -> new CountDownLatch(1).await());
    Nightly nightly = new Nightly(clock);
    FutureTask<Boolean> caller =
        new FutureTask<>(() -> {
          NightReport report = nightly.run(plan(ALL));
          return report.outcome() == NightOutcome.INTERRUPTED
              && Thread.currentThread().isInterrupted();
        });
    Thread thread = Thread.ofPlatform().start(caller);
    while (work.count("capture acme/crm") == 0) {
      Thread.sleep(5);
    }
    thread.interrupt();

    assertThat(caller.get(1, TimeUnit.MINUTES)).isTrue();
  }

  @Test
  void run_interruptedNightTooOld_isGivenUpForANewOne() throws Exception {
    stopDuring("capture acme/uploads");
    clock.advance(Duration.ofHours(21));
    NightReport report = night();

    assertThat(report.runs()).isEqualTo(1);
    assertThat(report.outcome()).isEqualTo(NightOutcome.COMPLETE);
    assertThat(work.count("capture acme/crm")).isEqualTo(2);
    assertThat(JobRepositoryProbe.executions(home, NightJob.NIGHTLY))
        .containsExactly("ABANDONED", "COMPLETED");
  }

  @Test
  void run_whileAnotherRuns_isRefusedNamingIt() throws Exception {
    CountDownLatch capturing = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    work.before.put(
        "capture acme/crm",
        () -> {
          capturing.countDown();
          goOn.await();
        });
    FutureTask<NightReport> running = new FutureTask<>(this::night);
    Thread.ofPlatform().start(running);
    assertThat(capturing.await(1, TimeUnit.MINUTES)).isTrue();

    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> new Nightly(clock).run(plan(ALL), NightJob.VERIFY))
          .isInstanceOf(VaultException.Conflict.class)
          .hasMessageContaining("nightly is running already")
          .hasMessageContaining("pid " + ProcessHandle.current().pid())
          .hasMessageContaining("since 2026-11-21T01:30:00Z");
    }
    goOn.countDown();
    assertThat(running.get(1, TimeUnit.MINUTES).outcome()).isEqualTo(NightOutcome.COMPLETE);
  }

  @Test
  void run_lockFileLeftByADeadProcess_doesNotBlock() throws Exception {
    Path lock = NightLock.file(home);
    Files.createDirectories(lock.getParent());
    Files.writeString(lock, "pid=1\nstarted=2020-01-01T00:00:00Z\nhost=elsewhere\njob=nightly\n");

    assertThat(night().outcome()).isEqualTo(NightOutcome.COMPLETE);
    assertThat(lock).isEmptyFile();
  }

  @Test
  void run_keepsOnlyAsManyNightsAsAsked() {
    for (int i = 0; i < 5; i++) {
      NightPlan plan =
          new NightPlan(
              home,
              List.of(dataset("acme/crm")),
              work,
              1,
              NightPlan.CONTINUE_WITHIN,
              false,
              3,
              NightProgress.NONE);
      new Nightly(clock).run(plan);
      clock.advance(Duration.ofDays(1));
    }

    assertThat(new NightReports(home).files(NightJob.NIGHTLY))
        .extracting(file -> file.getFileName().toString().substring(0, 8))
        .containsExactly("20261125", "20261124", "20261123");
    assertThat(JobRepositoryProbe.instances(home, NightJob.NIGHTLY)).isEqualTo(3);
    assertThat(JobRepositoryProbe.executions(home, NightJob.NIGHTLY)).hasSize(3);
    assertThat(JobRepositoryProbe.query(home, "SELECT NIGHT FROM LIFEBOAT_NIGHT")).hasSize(3);
    assertThat(JobRepositoryProbe.query(home, "SELECT NIGHT FROM LIFEBOAT_DATASET")).hasSize(3);
  }

  @Test
  void run_writesNothingToStandardOutputAndLogsToTheHome() throws Exception {
    failOnce("capture acme/mail");
    java.io.PrintStream before = System.out;
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    System.setOut(new java.io.PrintStream(out, true, java.nio.charset.StandardCharsets.UTF_8));
    try {
      night();
    } finally {
      System.setOut(before);
    }

    assertThat(out.size()).isZero();
    assertThat(home.resolve("logs/lifeboat.0.log")).content().contains("capture of acme/mail");
  }

  /** As a process leaves it that is killed while Spring Batch makes the first execution. */
  @Test
  void nightWithoutAnExecution_isContinued() {
    String id;
    try (StateDatabase database = StateDatabase.open(home, 2)) {
      id = "2026-11-22T01-30-00";
      NightRecords.Night _ =
          new NightRecords(database).begin(NightJob.NIGHTLY, id, clock.instant());
      JobInstance _ =
          database.repository().createJobInstance(NightJob.NIGHTLY.id(), Nightly.identity(id));
    }

    NightReport report = night();

    assertThat(report.outcome()).isEqualTo(NightOutcome.COMPLETE);
    assertThat(report.night()).isEqualTo(id);
    assertThat(JobRepositoryProbe.executions(home, NightJob.NIGHTLY)).containsExactly("COMPLETED");
    assertThat(JobRepositoryProbe.instances(home, NightJob.NIGHTLY)).isEqualTo(1);
  }

  private void failOnce(String call) {
    work.before.put(
        call,
        () -> {
          work.before.remove(call);
          throw new SourceException.Failed("not today", null);
        });
  }

  private void stopDuring(String call) throws Exception {
    CountDownLatch there = new CountDownLatch(1);
    work.before.put(
        call,
        () -> {
          work.before.remove(call);
          there.countDown();
          new CountDownLatch(1).await();
        });
    Nightly nightly = new Nightly(clock);
    FutureTask<NightReport> running = new FutureTask<>(() -> nightly.run(plan(ALL)));
    Thread.ofPlatform().start(running);
    assertThat(there.await(1, TimeUnit.MINUTES)).isTrue();
    while (work.committed.size() < 2) {
      Thread.sleep(5);
    }
    nightly.stop();
    assertThat(running.get(1, TimeUnit.MINUTES).outcome()).isEqualTo(NightOutcome.INTERRUPTED);
  }
}
