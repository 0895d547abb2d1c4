package dev.lifeboat.schedules.metrics;

import dev.lifeboat.jobs.DatasetGoal;
import dev.lifeboat.jobs.NightWork;
import dev.lifeboat.jobs.report.NightOutcome;
import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.schedules.alert.AlertQueue;
import dev.lifeboat.schedules.run.Run;
import dev.lifeboat.schedules.watch.Concern;
import dev.lifeboat.verify.Coverage;
import dev.lifeboat.verify.Finding;
import dev.lifeboat.verify.drill.DrillReport;
import dev.lifeboat.verify.drill.Verdict;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Numbers in the text format of Prometheus, version 0.0.4. */
public final class MetricsText {
  private final Map<Metric, List<GaugeDataPointSnapshot>> points = new EnumMap<>(Metric.class);

  private MetricsText() {}

  /**
   * Writes.
   *
   * @param sight the newest that there is; empty if nothing was ever seen
   * @param well whether the last attempt to see anything succeeded
   */
  public static String of(String version, Optional<Sight> sight, boolean well) {
    MetricsText text = new MetricsText();
    text.put(Metric.BUILD_INFO, 1, version);
    text.put(Metric.COLLECTION_SUCCESS, well ? 1 : 0);
    sight.ifPresent(text::add);
    return text.write();
  }

  private void put(Metric metric, double value, String... labels) {
    points
        .computeIfAbsent(metric, _ -> new ArrayList<>())
        .add(
            GaugeDataPointSnapshot.builder()
                .value(value)
                .labels(Labels.of(metric.labels().toArray(String[]::new), labels))
                .build());
  }

  /** Bytes and counts: exact up to 2^53, which is 9 PB. */
  private void put(Metric metric, long value, String... labels) {
    put(metric, (double) value, labels);
  }

  private void put(Metric metric, Instant time, String... labels) {
    put(metric, time.toEpochMilli() / 1000.0, labels);
  }

  private void put(Metric metric, Duration time, String... labels) {
    put(metric, time.toMillis() / 1000.0, labels);
  }

  private void add(Sight sight) {
    put(Metric.COLLECTION_TIMESTAMP_SECONDS, sight.observation().now());
    put(Metric.COLLECTION_DURATION_SECONDS, sight.took());
    datasets(sight);
    regions(sight);
    coverage(sight);
    drills(sight);
    for (Concern.Severity severity : Concern.Severity.values()) {
      put(
          Metric.CONCERNS,
          sight.concerns().stream().filter(each -> each.severity() == severity).count(),
          severity.text());
    }
    put(Metric.DISK_FREE_BYTES, sight.observation().disk().free());
    put(Metric.AUDIT_UNCOPIED_RECORDS, sight.uncopied());
    sight.alerts().ifPresent(this::alerts);
    sight.night().ifPresent(this::night);
    runs(sight.runs());
  }

  private void datasets(Sight sight) {
    Map<String, NightWork.Standing> standings =
        sight.observation().survey().standings().stream()
            .collect(Collectors.toMap(NightWork.Standing::dataset, each -> each, (a, _) -> a));
    for (DatasetGoal goal : sight.observation().goals()) {
      String tenant = goal.tenant().value();
      String dataset = goal.dataset().value();
      goal.rpo().ifPresent(rpo -> put(Metric.DATASET_RPO_SECONDS, rpo, tenant, dataset));
      NightWork.Standing standing = standings.get(goal.id());
      if (standing != null) {
        put(Metric.DATASET_SNAPSHOTS, standing.snapshots().size(), tenant, dataset);
        standing
            .newestComplete()
            .ifPresent(
                time -> put(Metric.DATASET_LAST_SUCCESS_TIMESTAMP_SECONDS, time, tenant, dataset));
      }
      for (NightReport.RegionState region : sight.observation().survey().regions()) {
        for (NightReport.Copy copy : region.datasets()) {
          if (region.reachable() && copy.dataset().equals(goal.id())) {
            copy(copy, tenant, dataset, region.name());
          }
        }
      }
    }
    sight
        .locks()
        .forEach(lock ->
            put(
                Metric.LOCK_HORIZON_TIMESTAMP_SECONDS,
                lock.until(),
                lock.tenant(),
                lock.dataset(),
                lock.region()));
  }

  private void copy(NightReport.Copy copy, String... labels) {
    copy.newestComplete()
        .ifPresent(time -> put(Metric.COPY_LAST_SUCCESS_TIMESTAMP_SECONDS, time, labels));
    put(Metric.COPY_LAGGING_SNAPSHOTS, copy.lagging(), labels);
    put(Metric.COPY_LAGGING_BYTES, copy.laggingBytes(), labels);
  }

  private void regions(Sight sight) {
    for (NightReport.RegionState region : sight.observation().survey().regions()) {
      put(Metric.REGION_UP, region.reachable() ? 1 : 0, region.name());
      if (region.reachable()) {
        put(Metric.REGION_LAGGING_SNAPSHOTS, region.lagging(), region.name());
        put(Metric.REGION_LAG_SECONDS, region.lag(), region.name());
        put(Metric.REGION_OBJECTS, region.objects(), region.name());
        put(Metric.REGION_BYTES, region.bytes(), region.name());
      }
    }
    sight
        .observation()
        .skew()
        .forEach((region, ahead) -> put(Metric.REGION_CLOCK_SKEW_SECONDS, ahead, region.value()));
    sight
        .observation()
        .certificates()
        .forEach((whose, end) -> put(Metric.CERTIFICATE_END_TIMESTAMP_SECONDS, end, whose));
    for (Finding.Severity severity : Finding.Severity.values()) {
      put(
          Metric.FINDINGS,
          sight.observation().findings().stream()
              .filter(finding -> finding.severity() == severity)
              .count(),
          severity.name().toLowerCase(Locale.ROOT));
    }
  }

  private void coverage(Sight sight) {
    for (Coverage coverage : sight.observation().coverage()) {
      String region = coverage.region().value();
      Coverage.Share share = coverage.ciphertext();
      put(Metric.COVERAGE_PROVEN_RATIO, share.provenShare(), region);
      put(Metric.COVERAGE_OVERDUE_OBJECTS, share.overdue().objects(), region);
      put(Metric.COVERAGE_OVERDUE_BYTES, share.overdue().bytes(), region);
      share
          .oldest()
          .ifPresent(oldest ->
              put(Metric.COVERAGE_OLDEST_UNPROVEN_TIMESTAMP_SECONDS, oldest.since(), region));
    }
  }

  private void drills(Sight sight) {
    Map<String, DrillReport> last = new TreeMap<>();
    record Pass(Instant when, DrillReport.Dataset dataset) {}
    Map<String, Pass> passed = new TreeMap<>();
    for (DrillReport drill : sight.drills()) {
      last.put(drill.name(), drill);
      drill.proven().forEach(dataset -> passed.put(dataset.id(), new Pass(drill.ended(), dataset)));
    }
    last.forEach((name, drill) -> {
      put(Metric.DRILL_LAST_RUN_TIMESTAMP_SECONDS, drill.ended(), name);
      put(Metric.DRILL_LAST_PASSED, drill.verdict() == Verdict.PASS ? 1 : 0, name);
    });
    passed.forEach((_, pass) -> {
      DrillReport.Dataset dataset = pass.dataset();
      String[] labels = {dataset.tenant(), dataset.dataset()};
      put(Metric.DRILL_LAST_PASS_TIMESTAMP_SECONDS, pass.when(), labels);
      dataset.rto().ifPresent(rto -> put(Metric.DRILL_RTO_SECONDS, rto, labels));
      dataset.rpo().ifPresent(rpo -> put(Metric.DRILL_RPO_SECONDS, rpo, labels));
    });
    put(Metric.EVIDENCE_PROBLEMS, sight.observation().evidence().size());
  }

  private void alerts(AlertQueue.Waiting waiting) {
    put(Metric.ALERTS_OPEN, waiting.critical(), "critical");
    put(Metric.ALERTS_OPEN, waiting.warnings(), "warning");
    put(Metric.ALERTS_WAITING_MESSAGES, waiting.messages());
    waiting
        .oldest()
        .ifPresent(oldest -> put(Metric.ALERTS_OLDEST_WAITING_TIMESTAMP_SECONDS, oldest));
    put(Metric.ALERTS_GIVEN_UP_MESSAGES, waiting.givenUp());
  }

  private void night(NightReport night) {
    put(Metric.NIGHT_LAST_END_TIMESTAMP_SECONDS, night.finished());
    put(Metric.NIGHT_DURATION_SECONDS, night.duration());
    for (NightOutcome outcome : NightOutcome.values()) {
      put(
          Metric.NIGHT_LAST_OUTCOME,
          outcome == night.outcome() ? 1 : 0,
          outcome.name().toLowerCase(Locale.ROOT));
    }
    night.stages().forEach((stage, took) -> put(Metric.NIGHT_STAGE_DURATION_SECONDS, took, stage));
    for (NightReport.Dataset dataset : night.datasets()) {
      String[] labels = {dataset.tenant(), dataset.dataset()};
      put(Metric.NIGHT_READ_BYTES, dataset.counts().bytesRead(), labels);
      put(Metric.NIGHT_ADDED_BYTES, dataset.counts().bytesAdded(), labels);
      put(Metric.NIGHT_DATASET_DURATION_SECONDS, dataset.duration(), labels);
      boolean complete = dataset.state() == NightReport.State.COMPLETE && dataset.durable();
      put(Metric.NIGHT_DATASET_COMPLETE, complete ? 1 : 0, labels);
    }
    Map<String, Long> failures = new TreeMap<>();
    for (NightReport.RegionState region : night.regions()) {
      failures.put(region.name(), region.reachable() ? 0L : 1L);
    }
    List<String> failed = new ArrayList<>();
    night.replication().ifPresent(part -> failed.addAll(part.failed().keySet()));
    night.retention().ifPresent(part -> failed.addAll(part.failed().keySet()));
    night.reclamation().ifPresent(part -> failed.addAll(part.failed().keySet()));
    night.datasets().forEach(dataset -> failed.addAll(dataset.missing().keySet()));
    failed.forEach(region -> failures.merge(region, 1L, Long::sum));
    failures.forEach((region, count) -> put(Metric.NIGHT_REGION_FAILURES, count, region));
  }

  private void runs(List<Run> runs) {
    Map<String, List<Run>> jobs =
        runs.stream()
            .sorted(Comparator.comparing(Run::began))
            .collect(Collectors.groupingBy(Run::job, TreeMap::new, Collectors.toList()));
    jobs.forEach((job, all) -> {
      all.stream()
          .filter(run -> run.state() != Run.State.NOT_RUN)
          .reduce((_, later) -> later)
          .ifPresent(run -> put(Metric.JOB_LAST_BEGIN_TIMESTAMP_SECONDS, run.began(), job));
      all.stream()
          .filter(run -> run.state() == Run.State.DONE)
          .flatMap(run -> run.ended().stream())
          .max(Comparator.naturalOrder())
          .ifPresent(time -> put(Metric.JOB_LAST_SUCCESS_TIMESTAMP_SECONDS, time, job));
      all.stream()
          .filter(Run::over)
          .reduce((_, later) -> later)
          .ifPresent(run -> {
            put(Metric.JOB_LAST_SUCCESS, run.state() == Run.State.DONE ? 1 : 0, job);
            run.exitCode().ifPresent(code -> put(Metric.JOB_LAST_EXIT_CODE, code, job));
            run.ended()
                .ifPresent(ended ->
                    put(
                        Metric.JOB_LAST_DURATION_SECONDS,
                        Duration.between(run.began(), ended),
                        job));
          });
      boolean running =
          all.stream()
              .anyMatch(run ->
                  run.state() == Run.State.RUNNING
                      // Of another host, whoever made the list knows.
                      && (run.owner().isAlive() || !run.owner().isOfThisHost()));
      put(Metric.JOB_RUNNING, running ? 1 : 0, job);
      for (Run.State state : new TreeSet<>(List.of(Run.State.values()))) {
        put(
            Metric.JOB_RUNS,
            all.stream().filter(run -> run.state() == state).count(),
            job,
            state.name().toLowerCase(Locale.ROOT));
      }
    });
  }

  private String write() {
    MetricSnapshots.Builder all = MetricSnapshots.builder();
    points.forEach((metric, values) -> {
      if (metric == Metric.BUILD_INFO) {
        InfoSnapshot.Builder info =
            InfoSnapshot.builder().name("lifeboat_build").help(metric.help());
        values.forEach(
            value -> info.dataPoint(new InfoSnapshot.InfoDataPointSnapshot(value.getLabels())));
        all.metricSnapshot(info.build());
        return;
      }
      GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(metric.text()).help(metric.help());
      values.forEach(gauge::dataPoint);
      all.metricSnapshot(gauge.build());
    });
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      PrometheusTextFormatWriter.create().write(out, all.build());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toString(StandardCharsets.UTF_8);
  }
}
