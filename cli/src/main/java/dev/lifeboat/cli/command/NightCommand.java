package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Failure;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.DatasetSection;
import dev.lifeboat.cli.wiring.Nights;
import dev.lifeboat.cli.wiring.Sources;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.jobs.NightJob;
import dev.lifeboat.jobs.NightPlan;
import dev.lifeboat.jobs.NightReports;
import dev.lifeboat.jobs.Nightly;
import dev.lifeboat.jobs.report.NightOutcome;
import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.jobs.report.NightReportJson;
import dev.lifeboat.jobs.report.NightReportText;
import dev.lifeboat.schedules.run.Run;
import dev.lifeboat.schedules.run.RunBook;
import dev.lifeboat.schedules.store.SharedStoreException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The commands that run a night, or one part of it alone. */
abstract class NightCommand extends Command {
  private final NightJob job;

  NightCommand(Invocation invocation, NightJob job) {
    super(invocation);
    this.job = job;
  }

  /** Whether a night that came to its end and failed is continued. */
  boolean retry() {
    return false;
  }

  /** Names of the datasets to take, none for all. */
  List<String> only() {
    return List.of();
  }

  /** Given to every snapshot. */
  Set<String> tags() {
    return Set.of();
  }

  /** Makes plans; to be configured further. */
  Nights nights(Workspace workspace) {
    return new Nights(workspace);
  }

  /** Whether to say what would be done and change nothing. */
  boolean onlyTells() {
    return dryRun();
  }

  /** Says what would be done. */
  void tell(Workspace workspace, List<DatasetSection> datasets) throws Exception {
    List<String> names = datasets.stream().map(DatasetSection::id).toList();
    if (json()) {
      printJson(Map.of("job", job.id(), "datasets", names));
    } else {
      print("would run %s for %s".formatted(job.id(), String.join(", ", names)));
    }
  }

  @Override
  final Optional<String> job() {
    return onlyTells() ? Optional.empty() : Optional.of(job.id());
  }

  @Override
  final ExitCode execute() throws Exception {
    try (Workspace workspace = Workspace.open(invocation());
        Sources sources = new Sources(workspace.secrets())) {
      List<DatasetSection> datasets = datasets(workspace);
      if (onlyTells()) {
        tell(workspace, datasets);
        return ExitCode.DONE;
      }
      workspace
          .tenants()
          .ensure(workspace.keystore(), datasets.stream().map(DatasetSection::tenant).toList());
      workspace.saveKeystore();
      NightReport report = recorded(workspace, sources, datasets);
      notices().ifPresent(telling -> telling.learn(report));
      NightMessages.log(invocation(), report);
      invocation()
          .environment()
          .out()
          .print(
              json()
                  ? NightReportJson.write(report)
                  : NightReportText.render(report, invocation().environment().outIsTerminal()));
      return code(report.outcome());
    }
  }

  /** Keeps it among the runs: that of the service, or one of its own. */
  private NightReport recorded(Workspace workspace, Sources sources, List<DatasetSection> datasets)
      throws IOException {
    Path _ = workspace.ensureHome();
    Optional<NightRun> kept = begin(workspace);
    if (kept.isEmpty()) {
      return run(workspace, sources, datasets);
    }
    NightRun night = kept.get();
    try {
      Optional<NightReport> before =
          night.ofService() ? done(night.book(), night.run(), workspace.home()) : Optional.empty();
      NightReport report = before.isPresent() ? before.get() : run(workspace, sources, datasets);
      Run run = night.run().of(report.night());
      ExitCode code = code(report.outcome());
      Run.State state =
          switch (code) {
            case DONE -> Run.State.DONE;
            case INTERRUPTED -> Run.State.INTERRUPTED;
            default -> Run.State.FAILED;
          };
      keep(
          night.book(),
          night.ofService()
              ? run
              : run.with(state, Optional.of(now()), Optional.of(code.code()), ""));
      return report;
    } catch (RuntimeException | IOException e) {
      if (!night.ofService()) {
        Failure failure = Failure.of(e);
        keep(
            night.book(),
            night
                .run()
                .with(
                    Run.State.FAILED,
                    Optional.of(now()),
                    Optional.of(failure.code().code()),
                    failure.message().lines().findFirst().orElse("")));
      }
      throw e;
    }
  }

  /**
   * The run that a night is kept as.
   *
   * @param ofService whether it is one of the service, which keeps how it ends
   */
  private record NightRun(RunBook book, Run run, boolean ofService) {}

  /** Nothing if runs cannot be kept: that is no reason to do without a night. */
  private Optional<NightRun> begin(Workspace workspace) {
    try {
      RunBook book = workspace.runs();
      Optional<Run> service =
          Optional.ofNullable(invocation().environment().variables().get(Invocation.SERVICE_RUN))
              .flatMap(book::find);
      Run run =
          service.isPresent()
              ? service.get()
              : book.typed(
                  job.id(), Stream.concat(Stream.of(job.id()), only().stream()).toList(), now());
      return Optional.of(new NightRun(book, run, service.isPresent()));
    } catch (SharedStoreException e) {
      warn(e);
      return Optional.empty();
    }
  }

  private void keep(RunBook book, Run run) {
    try {
      Run _ = book.save(run);
    } catch (SharedStoreException e) {
      warn(e);
    }
  }

  private void warn(SharedStoreException e) {
    invocation()
        .environment()
        .warn("%s; this is not kept among the runs".formatted(e.getMessage()));
  }

  private Instant now() {
    return invocation().environment().clock().instant();
  }

  /**
   * The report of an attempt before, whose process died between the end of the night and the end of
   * the run: one that no other run has.
   */
  private Optional<NightReport> done(RunBook book, Run run, Path home) {
    return run.attempt() == 1
        ? Optional.empty()
        : new NightReports(home)
            .latest(job)
            .filter(report -> report.outcome() != NightOutcome.INTERRUPTED)
            .filter(report -> !report.started().isBefore(run.due()))
            .filter(report ->
                book.list().stream()
                    .filter(other -> !other.id().equals(run.id()))
                    .noneMatch(other -> other.night().filter(report.night()::equals).isPresent()));
  }

  private NightReport run(Workspace workspace, Sources sources, List<DatasetSection> datasets)
      throws IOException {
    try (NightMeter meter = new NightMeter(invocation())) {
      NightPlan plan =
          nights(workspace)
              .plan(datasets, sources, meter, retry(), tags(), job == NightJob.NIGHTLY);
      return new Nightly(invocation().environment().clock()).run(plan, job);
    }
  }

  private List<DatasetSection> datasets(Workspace workspace) {
    Map<String, DatasetSection> all = workspace.datasets();
    if (only().isEmpty()) {
      return List.copyOf(all.values());
    }
    List<DatasetSection> chosen = new ArrayList<>();
    for (String name : only()) {
      List<DatasetSection> matches =
          all.values().stream()
              .filter(dataset -> dataset.id().equals(name) || dataset.name().value().equals(name))
              .toList();
      if (matches.size() != 1) {
        throw new CliException(
            ExitCode.NOT_FOUND,
            "'%s' is %s; configured are %s"
                .formatted(
                    name,
                    matches.isEmpty() ? "no dataset" : "the name of several datasets",
                    all.keySet()));
      }
      chosen.add(matches.getFirst());
    }
    return chosen;
  }

  private static ExitCode code(NightOutcome outcome) {
    return switch (outcome) {
      case COMPLETE -> ExitCode.DONE;
      case INCOMPLETE -> ExitCode.INCOMPLETE;
      case FINDINGS -> ExitCode.UNPROVEN;
      case UNREACHABLE -> ExitCode.UNREACHABLE;
      case FAILED -> ExitCode.FAILED;
      case INTERRUPTED -> ExitCode.INTERRUPTED;
    };
  }
}
