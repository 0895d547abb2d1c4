package dev.lifeboat.verify.drill;

import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.fence.Children;
import dev.lifeboat.sources.fence.FenceContext;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.TenantName;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Runs drills: opens the vault as the disaster leaves it, brings datasets back into fences, checks
 * them, measures, takes everything down, and says what it showed.
 *
 * <p>Works with regions and recovery kit alone, in an empty home: no cache and no key of this host
 * makes it faster or better informed than an empty host would be, and no credential of a source is
 * known to it.
 */
public final class Drill {
  private static final DateTimeFormatter ID =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private final DrillTools tools;
  private final DrillSite site;
  private final DrillResults results;

  public Drill(DrillTools tools, DrillSite site, DrillResults results) {
    this.tools = tools;
    this.site = site;
    this.results = results;
  }

  /**
   * What came of a drill.
   *
   * @param cause why it did not run, if something was thrown
   */
  public record Outcome(DrillReport report, Optional<Exception> cause) {}

  /**
   * Drills, and keeps the report. Whatever goes wrong is in the report.
   *
   * @throws IOException if the drill cannot begin here, or its report cannot be kept
   * @throws InterruptedException after everything was taken down and NOT RUN was noted
   */
  public Outcome run(DrillRequest request, DrillProgress progress)
      throws IOException, InterruptedException {
    Instant started = tools.clock().instant();
    String id = "%s-%04x".formatted(ID.format(started), tools.random().nextInt(1 << 16));
    Running running = new Running(request, id, started, progress);
    InterruptedException interrupted = null;
    try (Running.Removal removal = running.new Removal();
        DrillJournal journal =
            DrillJournal.begin(
                tools.drills(), id, running.report(List.of("it did not come to its end")))) {
      running.run(journal);
      removal.begins();
    } catch (InterruptedException e) {
      running.interrupted = true;
      interrupted = e;
    } catch (IOException e) {
      running.trouble.add("not everything was removed: " + e.getMessage());
    }
    DrillReport report = running.report(List.of("it was interrupted"));
    results.save(report);
    if (interrupted != null) {
      throw interrupted;
    }
    return new Outcome(report, Optional.ofNullable(running.cause));
  }

  /** One drill under way. */
  private final class Running {
    private final DrillRequest request;
    private final String id;
    private final Instant started;
    private final Instant failure;
    private final DrillProgress progress;
    private final long start = tools.nanos().getAsLong();
    private final StageClock clock = new StageClock(tools.nanos(), start);
    private final List<MeteredRegion> regions = new ArrayList<>();
    private final BusyTime fetching = new BusyTime(tools.nanos());
    private final List<DrillReport.Dataset> datasets = new ArrayList<>();
    private final SortedMap<String, String> isolation = new TreeMap<>();
    private final SortedMap<String, String> versions = new TreeMap<>();
    private final List<String> notProven = new ArrayList<>();
    private final List<String> deviations = new ArrayList<>();
    private final List<String> trouble = new ArrayList<>();
    private Optional<Duration> rto = Optional.empty();
    private Optional<DrillReport.SelfTest> selfTest = Optional.empty();
    private Optional<DrillReport.Proof> proof = Optional.empty();
    private boolean testing;
    private @Nullable Exception cause;
    private boolean done;
    private boolean interrupted;

    Running(DrillRequest request, String id, Instant started, DrillProgress progress) {
      this.request = request;
      this.id = id;
      this.started = started;
      this.failure = request.failureTime().orElse(started);
      this.progress = progress;
      versions.put("lifeboat", tools.program());
      versions.put("java", Runtime.version().toString());
      isolation.put(
          "regions", "read only: whatever would store, replace or delete is refused by the drill");
      isolation.put(
          "state of this host",
          "not used: an empty home below %s instead".formatted(tools.drills().resolve(id)));
      isolation.put(
          "credentials of sources",
          "not known to the drill: it was given regions and recovery kit alone; programs get nothing of our environment but where programs, certificates and temporary files are");
    }

    private Region metered(Region region) {
      MeteredRegion metered = new MeteredRegion(region, fetching);
      regions.add(metered);
      return metered;
    }

    void run(DrillJournal journal) throws IOException, InterruptedException {
      if (tools.scratch().isPresent()) {
        journal.putInto(tools.scratch().get());
      }
      Path temporary = journal.make("tmp");
      Children children = Children.of(temporary, id);
      isolation.put("network of programs", children.network());
      List<Attempt> attempts = new ArrayList<>();
      List<SelfTest.Subject> subjects = new ArrayList<>();
      List<DrillReport.Fault> faults = new ArrayList<>();
      String configuration = "";
      DrillSite.Opened vault;
      FenceContext.Origins origins = TreeMap::new;
      try {
        vault = open(journal);
      } catch (RuntimeException | IOException e) {
        ToldToStop.check(e);
        // No kit, a wrong passphrase, no region that answers: nothing was tried yet.
        notRun(e);
        done = true;
        return;
      }
      try (DrillSite.Opened opened = vault) {
        List<Attempt.Task> tasks = tasks(opened);
        origins = new KnownServers(opened.vault(), opened.keys());
        try {
          for (Attempt.Task task : tasks) {
            Path own = journal.place("dataset-" + attempts.size());
            Attempt attempt =
                new Attempt(
                    tools,
                    task,
                    opened.vault(),
                    site.recipient(),
                    new FenceContext(
                        own,
                        tools.temporary(),
                        id + "-" + attempts.size(),
                        tools.owner(),
                        journal::note,
                        origins,
                        children),
                    journal.place("scratch-" + attempts.size()),
                    new StageClock(tools.nanos(), start),
                    fetching,
                    regions,
                    progress);
            attempts.add(attempt);
            try (StageClock.Running _ = clock.begin("dataset " + task.id())) {
              attempt.run();
            }
          }
          if (!attempts.isEmpty()
              && attempts.stream().allMatch(a -> a.result().rto().isPresent())) {
            rto = Optional.of(clock.now());
          }
          configuration = configuration(attempts);
          testing = isDue(configuration);
          if (testing) {
            for (Attempt attempt : attempts) {
              if (attempt.result().verdict() == Verdict.PASS) {
                progress.stage(attempt.result().id(), "self-test");
                subjects.add(new SelfTest.Subject(attempt));
                faults.addAll(SelfTest.inTarget(attempt));
              }
            }
          }
        } finally {
          tearDown(attempts);
        }
        attempts.forEach(this::take);
      } catch (VaultException e) {
        ToldToStop.check(e);
        notRun(e);
      }
      if (!subjects.isEmpty()) {
        SelfTest test =
            new SelfTest(
                tools, site, journal, children, origins, request.occasion().lost(), progress);
        for (SelfTest.Subject subject : subjects) {
          faults.addAll(test.inCopy(subject));
        }
        DrillReport.SelfTest judged = SelfTest.judge(faults);
        selfTest = Optional.of(judged);
        proof = Proofs.own(id, started, configuration, datasets, judged);
      }
      done = true;
    }

    private String configuration(List<Attempt> attempts) {
      SortedMap<String, String> all = new TreeMap<>(versions);
      attempts.forEach(attempt -> all.putAll(attempt.versions()));
      return Proofs.configuration(request, attempts.stream().map(Attempt::result).toList(), all);
    }

    /** Whether this run has to show that it notices faults. */
    private boolean isDue(String configuration) {
      return switch (request.selfTest().when()) {
        case ALWAYS -> true;
        case NEVER -> false;
        case WHEN_DUE -> {
          try {
            proof =
                Proofs.earlier(results.all(), configuration, started, request.selfTest().within());
          } catch (IOException e) {
            deviations.add("earlier self-tests were not consulted: " + e.getMessage());
          }
          yield proof.isEmpty();
        }
      };
    }

    /** Measures how long the journal takes to remove what was made: closed after it. */
    private final class Removal implements AutoCloseable {
      private StageClock.@Nullable Running stage;

      void begins() {
        progress.stage("", "removal");
        stage = clock.begin("removal");
      }

      @Override
      public void close() {
        if (stage != null) {
          stage.close();
        }
      }
    }

    private DrillSite.Opened open(DrillJournal journal) throws IOException {
      progress.stage("", "key access");
      try (StageClock.Running _ = clock.begin("key access")) {
        return site.open(journal.make("home"), request.occasion().lost(), this::metered);
      }
    }

    /** The datasets that are asked for, in that order; or all there are, by name. */
    private List<Attempt.Task> tasks(DrillSite.Opened opened) throws IOException {
      List<Attempt.Task> tasks = new ArrayList<>();
      progress.stage("", "catalogue");
      if (request.datasets().isEmpty()) {
        try (StageClock.Running _ = clock.begin("catalogue")) {
          for (var tenant : opened.keys().entrySet()) {
            opened
                .vault()
                .list(tenant.getValue().stream().map(keys -> keys.write()).toList())
                .snapshots()
                .stream()
                .map(record -> record.header().dataset())
                .distinct()
                .sorted(Comparator.comparing(DatasetName::value))
                .forEach(dataset -> tasks.add(task(opened, tenant.getKey(), dataset)));
          }
        }
        List<String> order =
            DatasetOrder.of(tasks.stream().map(Attempt.Task::id).toList(), request.needs());
        tasks.sort(Comparator.comparingInt(task -> order.indexOf(task.id())));
        return tasks;
      }
      for (String name : request.datasets()) {
        tasks.addAll(named(opened, name));
      }
      return tasks;
    }

    private List<Attempt.Task> named(DrillSite.Opened opened, String name) throws IOException {
      int slash = name.indexOf('/');
      List<Attempt.Task> tasks = new ArrayList<>();
      for (TenantName tenant : opened.keys().keySet()) {
        if (slash < 0 || tenant.value().equals(name.substring(0, slash))) {
          Attempt.Task task = task(opened, tenant, new DatasetName(name.substring(slash + 1)));
          if (opened.keys().size() == 1 || slash >= 0 || !isEmpty(opened, task)) {
            tasks.add(task);
          }
        }
      }
      if (tasks.isEmpty()) {
        datasets.add(absent(name));
      }
      return tasks;
    }

    private boolean isEmpty(DrillSite.Opened opened, Attempt.Task task) {
      var listing =
          opened
              .vault()
              .list(task.keys().stream().map(keys -> keys.write()).toList(), task.dataset());
      return listing.snapshots().isEmpty() && listing.unreadable().isEmpty();
    }

    private DrillReport.Dataset absent(String name) {
      int slash = name.indexOf('/');
      return new DrillReport.Dataset(
          slash < 0 ? "" : name.substring(0, slash),
          name.substring(slash + 1),
          "",
          Optional.empty(),
          "",
          0,
          0,
          List.of(),
          List.of(),
          List.of(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Verdict.FAIL,
          Optional.of("the regions that are left have no snapshot of it"));
    }

    private Attempt.Task task(DrillSite.Opened opened, TenantName tenant, DatasetName dataset) {
      return new Attempt.Task(
          tenant,
          dataset,
          request.occasion(),
          failure,
          opened.keys().getOrDefault(tenant, List.of()),
          newestKnown(tenant + "/" + dataset),
          request.sample(),
          request.checks().stream()
              .filter(check ->
                  check
                      .dataset()
                      .map(name ->
                          name.equals(dataset.value()) || name.equals(tenant + "/" + dataset))
                      .orElse(true))
              .toList());
    }

    /** What earlier drills saw of the same dataset, where nothing excuses an older copy. */
    private Optional<Instant> newestKnown(String dataset) {
      boolean newestWanted =
          !request.occasion().choosesOld()
              && request.occasion().scenario() != Scenario.AT_TIME
              && request.occasion().lost().isEmpty();
      if (!newestWanted) {
        return Optional.empty();
      }
      try {
        return results.all().stream()
            .flatMap(report -> report.datasets().stream())
            .filter(one -> one.id().equals(dataset))
            .flatMap(one -> one.copy().stream())
            .filter(DrillReport.Copy::complete)
            .map(DrillReport.Copy::time)
            .filter(time -> !time.isAfter(failure))
            .max(Instant::compareTo);
      } catch (IOException e) {
        deviations.add("earlier drills were not consulted: " + e.getMessage());
        return Optional.empty();
      }
    }

    private void notRun(Exception e) {
      cause = e;
      notProven.add("everything: " + e.getMessage());
    }

    private void tearDown(List<Attempt> attempts) {
      progress.stage("", "teardown");
      try (StageClock.Running _ = clock.begin("teardown")) {
        for (Attempt attempt : attempts.reversed()) {
          try {
            attempt.close();
          } catch (SourceException | RuntimeException e) {
            trouble.add("teardown: " + e.getMessage());
          }
        }
      }
    }

    private void take(Attempt attempt) {
      DrillReport.Dataset dataset = attempt.result();
      datasets.add(dataset);
      attempt.isolation().forEach((what, how) -> isolation.put(dataset.id() + ": " + what, how));
      versions.putAll(attempt.versions());
      notProven.addAll(attempt.notProven());
      deviations.addAll(attempt.deviations());
    }

    /**
     * @param unfinished what to say if it is not done
     */
    DrillReport report(List<String> unfinished) {
      Optional<Duration> rpo =
          datasets.stream().flatMap(dataset -> dataset.rpo().stream()).max(Duration::compareTo);
      DrillReport.Goals goals =
          new DrillReport.Goals(request.rto(), rto, request.rpo(), rpo, failure);
      Verdicts.Judgement judgement;
      if (!done || interrupted) {
        judgement = new Verdicts.Judgement(Verdict.NOT_RUN, unfinished);
      } else if (cause != null) {
        judgement =
            new Verdicts.Judgement(Verdict.NOT_RUN, List.of(String.valueOf(cause.getMessage())));
      } else {
        judgement = Verdicts.drill(datasets, goals, selfTest, trouble);
      }
      return new DrillReport(
          DrillReport.VERSION,
          id,
          request.name(),
          started,
          tools.clock().instant(),
          tools.account(),
          tools.host(),
          request.command(),
          versions,
          new DrillReport.ScenarioRun(
              request.occasion().scenario().word(),
              request.occasion().describe(),
              request.occasion().lost().stream().map(RegionName::value).toList(),
              site.regions().stream()
                  .filter(region -> !request.occasion().lost().contains(region))
                  .map(RegionName::value)
                  .toList()),
          isolation,
          datasets,
          clock.stages(),
          goals,
          judgement.verdict(),
          judgement.reasons(),
          selfTest,
          proof,
          notProven(),
          deviations);
    }

    private String unproven() {
      if (request.selfTest().when() == SelfTestPlan.When.NEVER) {
        return DrillRequest.AD_HOC.equals(request.name())
            ? "no faults were seeded (--self-test)"
            : "its configuration says self-test: never";
      }
      if (selfTest.isPresent()) {
        return selfTest.get().passed()
            ? "not every dataset passed, so that faults were not seeded into all"
            : "its self-test was not passed";
      }
      return testing
          ? "no dataset passed that faults could be seeded into, or the self-test did not come to its end"
          : "it did not get as far as its self-test";
    }

    private List<String> notProven() {
      List<String> all = new ArrayList<>(notProven);
      if (proof.isEmpty()) {
        all.add("that this drill would notice a broken copy: " + unproven());
      }
      if (request.occasion().choosesOld()) {
        all.add("RPO: an old copy was chosen on purpose");
      }
      return all;
    }
  }
}
