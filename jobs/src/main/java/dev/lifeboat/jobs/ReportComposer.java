package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightOutcome;
import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.jobs.report.NightReport.Unprotected;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes one report of what the parts of a night left. */
final class ReportComposer {
  private final NightRun run;
  private final Map<String, NightReport.Dataset> captured;
  private final Optional<NightWork.Survey> survey;
  private final Instant now;

  ReportComposer(
      NightRun run, Map<String, NightReport.Dataset> captured, Optional<NightWork.Survey> survey) {
    this.run = run;
    this.captured = captured;
    this.survey = survey;
    this.now = run.clock.instant();
  }

  NightReport compose() {
    List<NightReport.Dataset> datasets = captures() ? datasets() : List.of();
    List<NightReport.RegionState> regions = survey.map(NightWork.Survey::regions).orElse(List.of());
    return new NightReport(
        NightReport.VERSION,
        run.night.id(),
        run.job.id(),
        outcome(datasets, regions),
        run.night.started(),
        now,
        Duration.between(run.began, now),
        run.night.runs(),
        datasets,
        regions,
        NightReport.Totals.of(datasets),
        run.replication(),
        run.verification(),
        run.retention(),
        run.reclamation(),
        unprotected(datasets, regions),
        run.failures().stream()
            .map(failure -> new NightReport.PartError(failure.part(), failure.error()))
            .toList(),
        run.stages());
  }

  private boolean captures() {
    return run.job == NightJob.NIGHTLY || run.job == NightJob.BACKUP;
  }

  private boolean verifies() {
    return run.job == NightJob.NIGHTLY || run.job == NightJob.VERIFY;
  }

  private List<NightReport.Dataset> datasets() {
    List<NightReport.Dataset> datasets = new ArrayList<>();
    for (DatasetPlan plan : run.plan.datasets()) {
      NightReport.Dataset dataset = captured.get(plan.id());
      if (dataset == null) {
        dataset =
            NightReport.Dataset.without(
                plan.tenant().value(),
                plan.dataset().value(),
                plan.source().kind(),
                run.threads.isStopping() ? NightReport.State.INTERRUPTED : NightReport.State.FAILED,
                Duration.ZERO,
                "was not captured");
      }
      datasets.add(located(dataset));
    }
    return datasets;
  }

  /** With the regions that hold the snapshot now: replication may have brought it to more. */
  private NightReport.Dataset located(NightReport.Dataset dataset) {
    if (survey.isEmpty() || dataset.snapshot().isEmpty()) {
      return dataset;
    }
    List<String> holders =
        standing(dataset.id()).stream()
            .flatMap(standing -> standing.snapshots().stream())
            .filter(held -> held.snapshot().equals(dataset.snapshot().get()))
            .findFirst()
            .map(NightWork.Held::regions)
            .orElse(List.of());
    return dataset.heldBy(holders, holders.size() >= survey.get().quorum());
  }

  private Optional<NightWork.Standing> standing(String dataset) {
    return survey.stream()
        .flatMap(all -> all.standings().stream())
        .filter(standing -> standing.dataset().equals(dataset))
        .findFirst();
  }

  private NightOutcome outcome(
      List<NightReport.Dataset> datasets, List<NightReport.RegionState> regions) {
    if (run.threads.isStopping()) {
      return NightOutcome.INTERRUPTED;
    }
    NightOutcome worst = NightOutcome.COMPLETE;
    if (captures() && datasets.isEmpty()) {
      worst = NightOutcome.FAILED;
    }
    for (NightReport.Dataset dataset : datasets) {
      worst = worst.and(outcome(dataset));
    }
    for (NightRun.Failure failure : run.failures()) {
      worst = worst.and(failure.unreachable() ? NightOutcome.UNREACHABLE : NightOutcome.FAILED);
    }
    boolean regionsFailed =
        regions.stream().anyMatch(region -> !region.reachable())
            || run.replication().filter(part -> !part.failed().isEmpty()).isPresent()
            || run.retention().filter(part -> !part.failed().isEmpty()).isPresent()
            || run.reclamation().filter(part -> !part.failed().isEmpty()).isPresent()
            || run.verification().filter(part -> !part.unreachable().isEmpty()).isPresent();
    if (regionsFailed) {
      worst = worst.and(NightOutcome.UNREACHABLE);
    }
    if (run.verification().filter(part -> !part.ran() || !part.findings().isEmpty()).isPresent()) {
      worst = worst.and(NightOutcome.FINDINGS);
    }
    return worst;
  }

  private static NightOutcome outcome(NightReport.Dataset dataset) {
    return switch (dataset.state()) {
      case COMPLETE -> dataset.durable() ? NightOutcome.COMPLETE : NightOutcome.UNREACHABLE;
      case PARTIAL -> dataset.durable() ? NightOutcome.INCOMPLETE : NightOutcome.UNREACHABLE;
      case UNREACHABLE -> NightOutcome.UNREACHABLE;
      case FAILED -> NightOutcome.FAILED;
      case INTERRUPTED -> NightOutcome.INTERRUPTED;
    };
  }

  private List<Unprotected> unprotected(
      List<NightReport.Dataset> datasets, List<NightReport.RegionState> regions) {
    List<Unprotected> all = new ArrayList<>();
    if (captures() && datasets.isEmpty()) {
      all.add(new Unprotected("vault", "no dataset is configured: nothing was backed up"));
    }
    for (NightReport.Dataset dataset : datasets) {
      reasons(dataset).forEach(reason -> all.add(new Unprotected(dataset.id(), reason)));
    }
    for (DatasetPlan plan : run.plan.datasets()) {
      overdue(plan).ifPresent(reason -> all.add(new Unprotected(plan.id(), reason)));
    }
    for (NightReport.RegionState region : regions) {
      region
          .problem()
          .ifPresent(
              problem -> all.add(new Unprotected(region.name(), "cannot be reached: " + problem)));
      if (region.lagging() > 0) {
        all.add(
            new Unprotected(
                region.name(), "lacks %d snapshots of other regions".formatted(region.lagging())));
      }
    }
    survey.ifPresentOrElse(
        seen -> all.addAll(seen.warnings()),
        () ->
            all.add(new Unprotected("vault", "could not be looked at, so nothing is known of it")));
    if (verifies() && run.verification().filter(NightReport.Verification::ran).isEmpty()) {
      all.add(new Unprotected("vault", "verification did not run: nothing is proven tonight"));
    }
    return all;
  }

  private List<String> reasons(NightReport.Dataset dataset) {
    List<String> reasons = new ArrayList<>();
    if (dataset.snapshot().isEmpty()) {
      String newest =
          survey.isEmpty()
              ? "its newest complete snapshot is unknown"
              : standing(dataset.id())
                  .flatMap(NightWork.Standing::newestComplete)
                  .map(time -> "its newest complete snapshot is of " + time)
                  .orElse("it has no complete snapshot");
      reasons.add("no snapshot tonight; " + newest);
      return reasons;
    }
    if (dataset.state() == NightReport.State.PARTIAL) {
      reasons.add(
          "partial: %d things could not be captured".formatted(dataset.counts().problems()));
    }
    if (!dataset.durable()) {
      reasons.add(
          "in %d regions only, fewer than the quorum%s"
              .formatted(
                  dataset.regions().size(), survey.map(seen -> " of " + seen.quorum()).orElse("")));
    }
    return reasons;
  }

  private Optional<String> overdue(DatasetPlan plan) {
    if (survey.isEmpty() || plan.rpo().isEmpty()) {
      return Optional.empty();
    }
    Duration rpo = plan.rpo().get();
    Optional<Instant> newest = standing(plan.id()).flatMap(NightWork.Standing::newestComplete);
    if (newest.isEmpty()) {
      return Optional.of("rpo of %s exceeded: no complete snapshot".formatted(rpo));
    }
    Duration age = Duration.between(newest.get(), now);
    return age.compareTo(rpo) > 0
        ? Optional.of("rpo of %s exceeded: newest complete snapshot is %s old".formatted(rpo, age))
        : Optional.empty();
  }
}
