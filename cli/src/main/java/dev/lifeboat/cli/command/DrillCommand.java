package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Failure;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.DrillSection;
import dev.lifeboat.cli.config.Durations;
import dev.lifeboat.cli.config.Percentage;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.DrillPlans;
import dev.lifeboat.cli.wiring.DrillServers;
import dev.lifeboat.cli.wiring.Drills;
import dev.lifeboat.cli.wiring.EvidenceBooks;
import dev.lifeboat.cli.wiring.Snapshots;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.verify.drill.CustomCheck;
import dev.lifeboat.verify.drill.Drill;
import dev.lifeboat.verify.drill.DrillCoverage;
import dev.lifeboat.verify.drill.DrillReport;
import dev.lifeboat.verify.drill.DrillReportJson;
import dev.lifeboat.verify.drill.DrillRequest;
import dev.lifeboat.verify.drill.DrillTrend;
import dev.lifeboat.verify.drill.Occasion;
import dev.lifeboat.verify.drill.Scenario;
import dev.lifeboat.verify.drill.SelfTestPlan;
import dev.lifeboat.verify.drill.Verdict;
import dev.lifeboat.verify.evidence.EvidenceBook;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat drill}. */
@CommandLine.Command(
    name = "drill",
    description =
        "Restore for real into a fenced place, try it out, compare it with what was sealed, time it, and take it down. Ends with 9 unless everything was as it should be.")
public final class DrillCommand extends Command {
  private static final Duration CHECK_WITHIN = Duration.ofMinutes(10);

  @CommandLine.Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "NAME",
      description =
          "A drill of the configuration, which says what else there is to say. Without it the options do.")
  private @Nullable String name;

  @CommandLine.Option(
      names = "--coverage",
      description =
          "Drill nothing: show which copies (dataset, region, key generation, age) a drill has passed from, and which never. Ends with 9 if there is one.")
  private boolean coverage;

  @CommandLine.Option(
      names = "--dataset",
      paramLabel = "NAME",
      description =
          "NAME or TENANT/NAME; may be given again: they come back in this order. Without it every dataset that the regions have.")
  private List<String> datasets = List.of();

  @CommandLine.Option(
      names = "--scenario",
      paramLabel = "NAME",
      description =
          "latest (the default), oldest, random, at-time, region-lost, catalogue-lost, host-lost, key-shares or whole-company.")
  private @Nullable String scenario;

  @CommandLine.Option(
      names = "--lost",
      paramLabel = "REGION",
      description =
          "A region that is not there; may be given again. Nothing is asked of it, and its credentials are not used.")
  private List<String> lost = List.of();

  @CommandLine.Option(
      names = "--only",
      paramLabel = "REGION",
      description = "The one region that is left: all others are lost.")
  private @Nullable String only;

  @CommandLine.Option(
      names = "--at",
      paramLabel = "TIME",
      description = "For at-time: the state that is needed, for example 2026-11-20T03:00.")
  private @Nullable String at;

  @CommandLine.Option(
      names = "--window",
      paramLabel = "TIME",
      description = "For random: how old a snapshot may be, for example 90d.")
  private @Nullable String window;

  @CommandLine.Option(
      names = "--share",
      paramLabel = "FILE",
      description =
          "For key-shares: a file with a share of the recovery kit; to be given as often as the shares ask for.")
  private List<String> shares = List.of();

  @CommandLine.Option(
      names = "--failed-at",
      paramLabel = "TIME",
      description = "When the disaster happened; now, unless given. RPO is counted to it.")
  private @Nullable String failedAt;

  @CommandLine.Option(
      names = "--rto",
      paramLabel = "TIME",
      description = "Fail if it takes longer until everything is back and checked, for example 4h.")
  private @Nullable String rto;

  @CommandLine.Option(
      names = "--rpo",
      paramLabel = "TIME",
      description = "Fail if more is lost than this, for example 26h.")
  private @Nullable String rpo;

  @CommandLine.Option(
      names = "--self-test",
      description =
          "Afterwards seed faults into copies, and fail if the drill passes over one of them. A drill of the configuration does so by itself when it is due.")
  private boolean selfTest;

  @CommandLine.Option(
      names = "--sample",
      paramLabel = "SHARE",
      description =
          "Bring back a random share of the files of directories, for example 5%%, and estimate the time for all. It does not count as a drill of the dataset, and not with --self-test.")
  private @Nullable String sample;

  @CommandLine.Option(
      names = "--in",
      paramLabel = "DIR",
      description =
          "Where to bring back to, when the state directory has no room; what is made in it is removed again.")
  private @Nullable String in;

  @CommandLine.Option(
      names = "--check",
      paramLabel = "COMMAND",
      description =
          "A command for /bin/sh, tried on each dataset that was brought back, which passes when it ends with 0; LIFEBOAT_TARGET says where it is. May be given again. Checks in SQL and over HTTP can be configured.")
  private List<String> checks = List.of();

  @CommandLine.Option(
      names = "--server",
      paramLabel = "DATASET=URL",
      description =
          "A PostgreSQL server to bring that dataset back to, postgres://USER@HOST:PORT, instead of one that the drill starts itself. It has to be empty, and everything in it is dropped afterwards.")
  private Map<String, String> servers = Map.of();

  @CommandLine.Option(
      names = "--password-env",
      paramLabel = "VARIABLE",
      description = "Environment variable with the password of the servers given with --server.")
  private @Nullable String passwordVariable;

  DrillCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  Optional<String> job() {
    return coverage
        ? Optional.empty()
        : Optional.of(Optional.ofNullable(name).map(named -> "drill " + named).orElse("drill"));
  }

  @Override
  ExitCode execute() throws Exception {
    try (Workspace workspace = Workspace.open(invocation())) {
      DrillPlans plans = new DrillPlans(workspace);
      if (coverage) {
        return coverage(plans);
      }
      Optional<DrillSection> configured = Optional.ofNullable(name).map(plans::named);
      refuseMixture();
      DrillRequest request =
          configured.isPresent()
              ? plans.request(configured.get(), failureTime(), selfTest)
              : request(workspace, plans);
      Drills drills = new Drills(workspace);
      if (dryRun()) {
        print(
            "would drill %s: %s; %s"
                .formatted(
                    request.datasets().isEmpty() ? "every dataset" : request.datasets(),
                    request.occasion().describe(),
                    switch (request.selfTest().when()) {
                      case ALWAYS -> "and seed faults afterwards";
                      case WHEN_DUE ->
                          "and seed faults afterwards, unless that was done in the last %s and nothing changed since"
                              .formatted(Durations.format(request.selfTest().within()));
                      case NEVER -> "no faults are seeded";
                    }));
        return ExitCode.DONE;
      }
      drills.sweep().forEach(invocation()::say);
      Drill.Outcome outcome;
      try (DrillServers given = servers(workspace, configured);
          DrillMeter meter = new DrillMeter(invocation())) {
        Drill drill =
            drills.drill(
                Optional.ofNullable(in)
                    .map(invocation()::path)
                    .or(() -> configured.flatMap(DrillSection::scratch)),
                given,
                configured
                    .map(DrillSection::shares)
                    .orElseGet(() -> shares.stream().map(invocation()::path).toList()));
        outcome = drill.run(request, meter);
      }
      if (json()) {
        print(DrillReportJson.write(outcome.report()).strip());
      } else {
        DrillText.lines(outcome.report(), trend(drills, outcome.report())).forEach(this::print);
      }
      boolean kept = keep(workspace, outcome.report());
      ExitCode code = code(outcome);
      return code == ExitCode.DONE && !kept ? ExitCode.FAILED : code;
    }
  }

  private DrillServers servers(Workspace workspace, Optional<DrillSection> configured) {
    DrillServers given = new DrillServers(workspace);
    try {
      configured.ifPresent(drill -> given.add(drill.servers()));
      servers.forEach((dataset, url) -> {
        try {
          given.add(
              dataset,
              URI.create(url),
              () -> Optional.ofNullable(passwordVariable).map(workspace.secrets()::ofOption));
        } catch (IllegalArgumentException e) {
          throw new CliException(
              ExitCode.USAGE, "--server %s: %s".formatted(dataset, e.getMessage()));
        }
      });
      return given;
    } catch (CliException e) {
      given.close();
      throw e;
    }
  }

  /** Without one where earlier reports cannot be read: this one is told all the same. */
  private DrillTrend trend(Drills drills, DrillReport report) {
    try {
      return DrillTrend.before(report, drills.results().all());
    } catch (IOException e) {
      invocation().say("earlier drills cannot be compared with: " + e.getMessage());
      return DrillTrend.before(report, List.of());
    }
  }

  /**
   * Stores the evidence in the vault.
   *
   * @return whether that was done, or is not for this host to do
   */
  private boolean keep(Workspace workspace, DrillReport report) throws InterruptedException {
    String instead =
        "%s; the report is in the state directory, for: lifeboat evidence add drills/results/%s.json";
    try {
      EvidenceBook.Entry entry = EvidenceBooks.of(workspace).add(report);
      invocation()
          .say(
              "evidence: lifeboat evidence show %s --to drill.html"
                  .formatted(entry.evidence().id()));
      return true;
    } catch (VaultException.KeyUnavailable e) {
      invocation()
          .say(
              "no evidence, this host cannot sign: "
                  + instead.formatted(e.getMessage(), report.id()));
      return true;
    } catch (VaultException | IOException e) {
      invocation()
          .say("the evidence was NOT stored: " + instead.formatted(e.getMessage(), report.id()));
      return false;
    }
  }

  /** Only a pass is a pass; a drill that could not open its keys says so. */
  private static ExitCode code(Drill.Outcome outcome) {
    if (outcome.report().verdict() == Verdict.PASS) {
      return ExitCode.DONE;
    }
    ExitCode cause = outcome.cause().map(Failure::of).map(Failure::code).orElse(ExitCode.UNPROVEN);
    return switch (cause) {
      case KEY_UNAVAILABLE, USAGE -> cause;
      case DONE,
          FAILED,
          INCOMPLETE,
          REFUSED,
          INTERRUPTED,
          NOT_FOUND,
          CONFLICT,
          UNREACHABLE,
          UNPROVEN ->
          ExitCode.UNPROVEN;
    };
  }

  private void refuseMixture() {
    boolean said =
        !datasets.isEmpty()
            || !lost.isEmpty()
            || !shares.isEmpty()
            || !servers.isEmpty()
            || !checks.isEmpty()
            || Stream.of(
                    Optional.ofNullable(scenario),
                    Optional.ofNullable(only),
                    Optional.ofNullable(sample),
                    Optional.ofNullable(at),
                    Optional.ofNullable(window),
                    Optional.ofNullable(rto),
                    Optional.ofNullable(rpo))
                .anyMatch(Optional::isPresent);
    if (name != null && said) {
      throw new CliException(
          ExitCode.USAGE,
          "the configuration says what drill %s does: beside it go --self-test, --failed-at and --in only"
              .formatted(name));
    }
  }

  private ExitCode coverage(DrillPlans plans) throws IOException {
    List<DrillCoverage.Row> rows = plans.coverage();
    long never = rows.stream().filter(row -> row.passed().isEmpty()).count();
    if (json()) {
      printJson(rows);
    } else {
      Table table =
          new Table("DATASET", "REGION", ">KEYS", "AGE", ">SNAPSHOTS", "LAST PASSED", "DRILL");
      for (DrillCoverage.Row row : rows) {
        table.row(
            row.dataset(),
            row.region(),
            Integer.toString(row.generation()),
            row.age().name().toLowerCase(Locale.ROOT),
            Integer.toString(row.snapshots()),
            row.passed().map(Units::time).orElse("NEVER"),
            row.drill().orElse("-"));
      }
      print(table);
      print(
          rows.isEmpty()
              ? "the regions hold no complete snapshot: there is nothing to drill"
              : "%d of %d copies were never drilled".formatted(never, rows.size()));
    }
    return never == 0 && !rows.isEmpty() ? ExitCode.DONE : ExitCode.UNPROVEN;
  }

  private Optional<Instant> failureTime() {
    return Optional.ofNullable(failedAt).map(Snapshots::time).map(this::past);
  }

  private DrillRequest request(Workspace workspace, DrillPlans plans) {
    Scenario kind = kind();
    SortedSet<RegionName> gone = gone(workspace, kind);
    try {
      return new DrillRequest(
          DrillRequest.AD_HOC,
          "lifeboat drill",
          datasets,
          plans.needs(),
          new Occasion(
              kind,
              duration("--window", window),
              Optional.ofNullable(at).map(Snapshots::time),
              gone),
          checks.stream()
              .map(command ->
                  (CustomCheck)
                      new CustomCheck.Command(
                          command, Optional.empty(), command, Optional.empty(), CHECK_WITHIN))
              .toList(),
          duration("--rto", rto),
          duration("--rpo", rpo),
          failureTime(),
          DrillPlans.share(Optional.ofNullable(sample).map(Percentage::parse)),
          selfTest ? SelfTestPlan.ALWAYS : SelfTestPlan.NEVER);
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
  }

  private Instant past(Instant time) {
    Instant now = invocation().environment().clock().instant();
    // A day means its end: today's is not over, and the disaster is not later than now.
    return time.isAfter(now) ? now : time;
  }

  private Scenario kind() {
    try {
      if (scenario != null) {
        return Scenario.of(scenario);
      }
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, "--scenario: " + e.getMessage());
    }
    if (at != null) {
      return Scenario.AT_TIME;
    }
    return lost.isEmpty() && only == null ? Scenario.LATEST : Scenario.REGION_LOST;
  }

  private SortedSet<RegionName> gone(Workspace workspace, Scenario kind) {
    TreeSet<RegionName> known = new TreeSet<>();
    workspace.configuration().vault().regions().forEach(region -> known.add(region.name()));
    TreeSet<RegionName> gone = new TreeSet<>();
    for (String name : lost) {
      gone.add(region(name, known));
    }
    if (only != null) {
      TreeSet<RegionName> others = new TreeSet<>(known);
      others.remove(region(only, known));
      gone.addAll(others);
    } else if (kind == Scenario.CATALOGUE_LOST && gone.isEmpty()) {
      // One region is left; any other can be named with --only.
      gone.addAll(known.headSet(known.last()));
    }
    if (gone.containsAll(known)) {
      throw new CliException(
          ExitCode.USAGE, "all regions are lost: nothing can come back from nowhere");
    }
    if (kind == Scenario.KEY_SHARES && shares.isEmpty()) {
      throw new CliException(
          ExitCode.USAGE, "key-shares needs the shares: --share FILE, once for each");
    }
    if (kind != Scenario.KEY_SHARES && !shares.isEmpty()) {
      throw new CliException(ExitCode.USAGE, "--share goes with --scenario key-shares");
    }
    return gone;
  }

  private static RegionName region(String text, SortedSet<RegionName> known) {
    RegionName name = Names.region(text);
    if (!known.contains(name)) {
      throw new CliException(
          ExitCode.USAGE, "there is no region %s; configured are %s".formatted(name, known));
    }
    return name;
  }

  private static Optional<Duration> duration(String option, @Nullable String text) {
    try {
      return Optional.ofNullable(text).map(Durations::parse);
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, option + ": " + e.getMessage());
    }
  }
}
