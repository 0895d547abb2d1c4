package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightReport;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One run of a night, while it goes on: what its parts share. Safe for use by many threads. */
final class NightRun {
  final NightPlan plan;
  final NightJob job;
  final NightRecords.Night night;
  final NightRecords records;
  final StoppableThreads threads;
  final Clock clock;
  final Instant began;

  private final List<Failure> failures = new ArrayList<>();
  private final SortedMap<String, Span> spans = new TreeMap<>();
  private NightReport.@Nullable Replication replication;
  private NightReport.@Nullable Verification verification;
  private NightReport.@Nullable Retention retention;
  private NightReport.@Nullable Reclamation reclamation;
  private @Nullable NightReport report;

  /**
   * A part of the night that failed.
   *
   * @param unreachable whether it was because something could not be reached
   */
  record Failure(String part, String error, boolean unreachable) {}

  NightRun(
      NightPlan plan,
      NightJob job,
      NightRecords.Night night,
      NightRecords records,
      StoppableThreads threads,
      Clock clock) {
    this.plan = plan;
    this.job = job;
    this.night = night;
    this.records = records;
    this.threads = threads;
    this.clock = clock;
    this.began = clock.instant();
  }

  /** Whether an earlier run of this same night is continued. */
  boolean isContinued() {
    return night.runs() > 1;
  }

  private record Span(Instant from, Instant to) {}

  /** Notes when a part was at work; what works on several datasets at once is told in pieces. */
  synchronized void worked(String part, Instant from, Instant to) {
    spans.merge(
        part,
        new Span(from, to),
        (a, b) ->
            new Span(
                a.from().isBefore(b.from()) ? a.from() : b.from(),
                a.to().isAfter(b.to()) ? a.to() : b.to()));
  }

  /** How long each part took that is over. */
  synchronized SortedMap<String, Duration> stages() {
    SortedMap<String, Duration> stages = new TreeMap<>();
    spans.forEach((part, span) -> stages.put(part, Duration.between(span.from(), span.to())));
    return stages;
  }

  synchronized void failed(Failure failure) {
    failures.add(failure);
  }

  synchronized List<Failure> failures() {
    return List.copyOf(failures);
  }

  synchronized void replicated(NightReport.Replication result) {
    replication = result;
  }

  synchronized Optional<NightReport.Replication> replication() {
    return Optional.ofNullable(replication);
  }

  synchronized void verified(NightReport.Verification result) {
    verification = result;
  }

  synchronized Optional<NightReport.Verification> verification() {
    return Optional.ofNullable(verification);
  }

  synchronized void retained(NightReport.Retention result) {
    retention = result;
  }

  synchronized Optional<NightReport.Retention> retention() {
    return Optional.ofNullable(retention);
  }

  synchronized void reclaimed(NightReport.Reclamation result) {
    reclamation = result;
  }

  synchronized Optional<NightReport.Reclamation> reclamation() {
    return Optional.ofNullable(reclamation);
  }

  synchronized void reported(NightReport result) {
    report = result;
  }

  synchronized Optional<NightReport> report() {
    return Optional.ofNullable(report);
  }
}
