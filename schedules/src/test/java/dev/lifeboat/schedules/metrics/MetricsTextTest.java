package dev.lifeboat.schedules.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.jobs.DatasetGoal;
import dev.lifeboat.jobs.NightWork;
import dev.lifeboat.jobs.ProcessOwner;
import dev.lifeboat.jobs.report.NightOutcome;
import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.schedules.alert.AlertQueue;
import dev.lifeboat.schedules.run.Run;
import dev.lifeboat.schedules.watch.Concern;
import dev.lifeboat.schedules.watch.Observation;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.verify.Coverage;
import dev.lifeboat.verify.drill.DrillReport;
import dev.lifeboat.verify.drill.Verdict;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTextTest {
  private static final Instant NOW = Instant.parse("2026-11-22T08:00:00Z");
  private static final Path DOCS = Path.of("../docs");
  private static final Pattern NAME = Pattern.compile("\\blifeboat_[a-z_]+\\b");

  @TempDir private Path directory;

  private static Sight sight() {
    Instant newest = NOW.minus(Duration.ofHours(7));
    NightReport.Copy copy =
        new NightReport.Copy(
            "acme/crm", Optional.of(newest), Optional.of(Duration.ofHours(7)), false, 2, 5_000);
    List<NightReport.RegionState> regions =
        List.of(region("north", true, List.of(copy)), region("south", false, List.of()));
    Coverage.Share share =
        new Coverage.Share(
            new Coverage.Amount(10, 1_000),
            new Coverage.Amount(9, 750),
            new Coverage.Amount(1, 250),
            Optional.of(
                new Coverage.Oldest(
                    new ObjectKey("vault/00000001.json"), NOW.minus(Duration.ofDays(9)), true)));
    RegionName north = new RegionName("north");
    Observation observation =
        new Observation(
            NOW,
            List.of(
                new DatasetGoal(
                    new TenantName("acme"),
                    new DatasetName("crm"),
                    Optional.of(Duration.ofHours(26)))),
            new NightWork.Survey(
                1,
                regions,
                List.of(
                    new NightWork.Standing(
                        "acme/crm",
                        Optional.of(newest),
                        List.of(new NightWork.Held("7f3a", List.of("north"))))),
                List.of()),
            List.of(),
            List.of(new Coverage(north, Duration.ofDays(7), NOW, share, share)),
            new TreeMap<>(Map.of(north, Duration.ofMillis(-1_500))),
            new TreeMap<>(Map.of("region north", NOW.plus(Duration.ofDays(60)))),
            Map.of(),
            List.of("evidence 1 is missing"),
            Observation.Audit.NONE,
            new Observation.Disk("/var/lib/lifeboat", 12_345));
    return new Sight(
        observation,
        Duration.ofMillis(2_500),
        List.of(
            new Concern(
                Concern.Kind.COPY_LATE,
                Concern.Severity.WARNING,
                "x",
                Optional.empty(),
                "what",
                "",
                Optional.empty())),
        List.of(new Sight.Lock("acme", "crm", "north", NOW.plus(Duration.ofDays(30)))),
        List.of(
            drill(NOW.minus(Duration.ofDays(9)), Verdict.PASS, Optional.empty()),
            // Of a sample, which shows of the dataset nothing.
            drill(
                NOW.minus(Duration.ofDays(1)), Verdict.PASS, Optional.of(Duration.ofSeconds(500))),
            drill(NOW, Verdict.FAIL, Optional.empty())),
        Optional.of(night()),
        List.of(
            run(NOW.minus(Duration.ofDays(2)), Run.State.DONE, 0),
            run(NOW.minus(Duration.ofDays(1)), Run.State.FAILED, 8)),
        3,
        Optional.of(
            new AlertQueue.Waiting(1, 2, 4, Optional.of(NOW.minus(Duration.ofHours(2))), 5)));
  }

  private static NightReport.RegionState region(
      String name, boolean answers, List<NightReport.Copy> copies) {
    return new NightReport.RegionState(
        name,
        answers,
        answers ? Optional.empty() : Optional.of("mount is gone"),
        2,
        Duration.ofHours(31),
        10,
        1_000,
        0,
        Optional.empty(),
        copies);
  }

  private static NightReport night() {
    NightReport.Dataset dataset =
        new NightReport.Dataset(
            "acme",
            "crm",
            "postgres",
            NightReport.State.COMPLETE,
            Optional.of("7f3a"),
            Optional.of(NOW),
            new NightReport.Counts(7, 2, 0, 0, 0, 7, 4_096, 2_048, 1_024, 0),
            Optional.empty(),
            Duration.ofMillis(312),
            List.of("north"),
            true,
            new TreeMap<>(Map.of("south", "mount is gone")),
            41,
            0,
            List.of(),
            Optional.empty());
    return new NightReport(
        NightReport.VERSION,
        "20261121T013000000Z",
        "nightly",
        NightOutcome.UNREACHABLE,
        NOW.minus(Duration.ofHours(3)),
        NOW.minus(Duration.ofHours(1)),
        Duration.ofMinutes(95),
        1,
        List.of(dataset),
        List.of(region("north", true, List.of()), region("south", false, List.of())),
        NightReport.Totals.of(List.of(dataset)),
        Optional.of(
            new NightReport.Replication(0, 0, 0, new TreeMap<>(Map.of("south", "mount is gone")))),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of(),
        new TreeMap<>(Map.of("backup", Duration.ofMinutes(61))));
  }

  private static DrillReport drill(Instant ended, Verdict verdict, Optional<Duration> estimate) {
    DrillReport.Dataset dataset =
        new DrillReport.Dataset(
            "acme",
            "crm",
            "postgres",
            Optional.empty(),
            "",
            0,
            0,
            List.of(),
            List.of(),
            List.of(),
            Optional.of(Duration.ofSeconds(93)),
            Optional.of(Duration.ofHours(5)),
            estimate,
            verdict,
            Optional.empty());
    return new DrillReport(
        DrillReport.VERSION,
        "d" + ended,
        "weekly",
        ended,
        ended,
        "root",
        "db1",
        "lifeboat drill",
        new TreeMap<>(),
        new DrillReport.ScenarioRun("latest", "the newest copy", List.of(), List.of()),
        new TreeMap<>(),
        List.of(dataset),
        List.of(),
        new DrillReport.Goals(
            Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), ended),
        verdict,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of());
  }

  private static Run run(Instant began, Run.State state, int code) {
    return new Run(
        Run.idOf("nightly", began),
        "nightly",
        List.of("nightly"),
        Run.Cause.SCHEDULE,
        began,
        1,
        1,
        began,
        Optional.of(began.plusSeconds(90)),
        state,
        Optional.of(code),
        "",
        Optional.empty(),
        ProcessOwner.self());
  }

  private static String text() {
    return MetricsText.of("1.2.3", Optional.of(sight()), true);
  }

  @Test
  void of_everythingSeen_isToldInSecondsAndBytes() {
    Map<String, Double> values = values(text());

    assertThat(values)
        .containsEntry("lifeboat_build_info{version=\"1.2.3\"}", 1.0)
        .containsEntry("lifeboat_collection_timestamp_seconds", (double) NOW.getEpochSecond())
        .containsEntry("lifeboat_collection_duration_seconds", 2.5)
        .containsEntry("lifeboat_collection_success", 1.0)
        .containsEntry(
            "lifeboat_dataset_last_success_timestamp_seconds{dataset=\"crm\",tenant=\"acme\"}",
            (double) NOW.minus(Duration.ofHours(7)).getEpochSecond())
        .containsEntry("lifeboat_dataset_rpo_seconds{dataset=\"crm\",tenant=\"acme\"}", 93_600.0)
        .containsEntry("lifeboat_region_up{region=\"north\"}", 1.0)
        .containsEntry("lifeboat_region_up{region=\"south\"}", 0.0)
        .containsEntry("lifeboat_region_lag_seconds{region=\"north\"}", 111_600.0)
        .doesNotContainKey("lifeboat_region_lag_seconds{region=\"south\"}")
        .containsEntry("lifeboat_region_clock_skew_seconds{region=\"north\"}", -1.5)
        .containsEntry(
            "lifeboat_certificate_end_timestamp_seconds{subject=\"region north\"}",
            (double) NOW.plus(Duration.ofDays(60)).getEpochSecond())
        .containsEntry("lifeboat_coverage_proven_ratio{region=\"north\"}", 0.75)
        .containsEntry(
            "lifeboat_lock_horizon_timestamp_seconds{dataset=\"crm\",region=\"north\",tenant=\"acme\"}",
            (double) NOW.plus(Duration.ofDays(30)).getEpochSecond())
        .containsEntry(
            "lifeboat_drill_last_pass_timestamp_seconds{dataset=\"crm\",tenant=\"acme\"}",
            (double) NOW.minus(Duration.ofDays(9)).getEpochSecond())
        .containsEntry("lifeboat_drill_rto_seconds{dataset=\"crm\",tenant=\"acme\"}", 93.0)
        .containsEntry("lifeboat_drill_rpo_seconds{dataset=\"crm\",tenant=\"acme\"}", 18_000.0)
        .containsEntry("lifeboat_drill_last_passed{drill=\"weekly\"}", 0.0)
        .containsEntry("lifeboat_concerns{severity=\"warning\"}", 1.0)
        .containsEntry("lifeboat_concerns{severity=\"critical\"}", 0.0)
        .containsEntry("lifeboat_night_last_outcome{outcome=\"unreachable\"}", 1.0)
        .containsEntry("lifeboat_night_last_outcome{outcome=\"complete\"}", 0.0)
        .containsEntry("lifeboat_night_stage_duration_seconds{stage=\"backup\"}", 3_660.0)
        .containsEntry("lifeboat_night_read_bytes{dataset=\"crm\",tenant=\"acme\"}", 2_048.0)
        .containsEntry("lifeboat_night_added_bytes{dataset=\"crm\",tenant=\"acme\"}", 1_024.0)
        .containsEntry("lifeboat_night_region_failures{region=\"south\"}", 3.0)
        .containsEntry("lifeboat_night_region_failures{region=\"north\"}", 0.0)
        .containsEntry("lifeboat_job_last_success{name=\"nightly\"}", 0.0)
        .containsEntry("lifeboat_job_last_exit_code{name=\"nightly\"}", 8.0)
        .containsEntry(
            "lifeboat_job_last_success_timestamp_seconds{name=\"nightly\"}",
            NOW.minus(Duration.ofDays(2)).getEpochSecond() + 90.0)
        .containsEntry("lifeboat_job_last_duration_seconds{name=\"nightly\"}", 90.0)
        .containsEntry("lifeboat_job_runs{name=\"nightly\",state=\"failed\"}", 1.0)
        .containsEntry("lifeboat_audit_uncopied_records", 3.0)
        .containsEntry("lifeboat_alerts_open{severity=\"critical\"}", 1.0)
        .containsEntry("lifeboat_alerts_open{severity=\"warning\"}", 2.0)
        .containsEntry("lifeboat_alerts_waiting_messages", 4.0)
        .containsEntry(
            "lifeboat_alerts_oldest_waiting_timestamp_seconds",
            (double) NOW.minus(Duration.ofHours(2)).getEpochSecond())
        .containsEntry("lifeboat_alerts_given_up_messages", 5.0);
  }

  @Test
  void of_everythingSeen_hasEveryMetric_withAHelpText() {
    String text = text();
    for (Metric metric : Metric.values()) {
      assertThat(text)
          .contains("# HELP " + metric.text() + " ")
          .contains("# TYPE " + metric.text() + " gauge\n")
          .containsPattern("(?m)^" + metric.text() + "[ {]");
      assertThat(metric.labels()).doesNotContain("job", "instance");
    }
  }

  @Test
  void of_attemptThatFailed_keepsTheOldNumbersAndSaysSo() {
    assertThat(values(MetricsText.of("1", Optional.of(sight()), false)))
        .containsEntry("lifeboat_collection_success", 0.0)
        .containsEntry("lifeboat_collection_timestamp_seconds", (double) NOW.getEpochSecond());
    assertThat(values(MetricsText.of("1", Optional.empty(), false)))
        .containsOnlyKeys("lifeboat_build_info{version=\"1\"}", "lifeboat_collection_success");
  }

  private static Map<String, Double> values(String text) {
    return text.lines()
        .filter(line -> !line.startsWith("#"))
        .collect(
            Collectors.toMap(
                line -> line.substring(0, line.lastIndexOf(' ')),
                line -> Double.valueOf(line.substring(line.lastIndexOf(' ') + 1))));
  }

  /** Mend with: mvn -pl schedules -am test -Dtest=MetricsTextTest -Dlifeboat.update=true */
  @Test
  void documentation_hasEveryMetric() throws Exception {
    Path page = DOCS.resolve("monitoring.md");
    String text = Files.readString(page);
    String begin = "| metric | labels | |\n|---|---|---|\n";
    int from = text.indexOf(begin) + begin.length();
    int to = text.indexOf("\n\n", from);
    String table =
        Arrays.stream(Metric.values())
            .map(metric ->
                "| `%s` | %s | %s |"
                    .formatted(
                        metric.text(),
                        metric.labels().stream()
                            .map(label -> "`" + label + "`")
                            .collect(Collectors.joining(", ")),
                        metric.help()))
            .collect(Collectors.joining("\n"));
    if (Boolean.getBoolean("lifeboat.update")) {
      text = text.substring(0, from) + table + text.substring(to);
      Files.writeString(page, text);
      to = text.indexOf("\n\n", from);
    }

    assertThat(text.substring(from, to)).isEqualTo(table);
  }

  @Test
  void dashboardRulesAndPages_nameOnlyMetricsThatExist() throws Exception {
    TreeSet<String> known =
        Stream.of(Metric.values()).map(Metric::text).collect(Collectors.toCollection(TreeSet::new));
    for (String file :
        List.of(
            "monitoring/alerts.yml",
            "monitoring/alerts_test.yml",
            "monitoring/dashboard.json",
            "monitoring.md")) {
      Matcher matcher = NAME.matcher(Files.readString(DOCS.resolve(file)));
      int found = 0;
      while (matcher.find()) {
        assertThat(known).as(file).contains(matcher.group());
        found++;
      }
      assertThat(found).as(file).isGreaterThan(10);
    }
  }

  @Test
  void promtool_findsNothingWrong() throws Exception {
    Optional<Path> promtool =
        Stream.of(System.getenv("PATH").split(":", -1))
            .map(folder -> Path.of(folder).resolve("promtool"))
            .filter(Files::isExecutable)
            .findFirst();
    org.junit.jupiter.api.Assumptions.assumeTrue(promtool.isPresent(), "no promtool on the PATH");
    String tool = promtool.orElseThrow().toString();
    Path rules = DOCS.resolve("monitoring").toAbsolutePath();

    assertThat(run("", tool, "check", "rules", rules.resolve("alerts.yml").toString()))
        .contains("SUCCESS");
    assertThat(run("", tool, "test", "rules", rules.resolve("alerts_test.yml").toString()))
        .contains("SUCCESS");
    assertThat(run(text(), tool, "check", "metrics")).isEmpty();
  }

  private String run(String input, String... command) throws Exception {
    Path log = directory.resolve("log");
    Process process =
        new ProcessBuilder(new ArrayList<>(List.of(command)))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try (OutputStream in = process.getOutputStream()) {
      in.write(input.getBytes(StandardCharsets.UTF_8));
    }
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    return Files.readString(log);
  }
}
