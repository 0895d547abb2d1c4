package dev.lifeboat.verify.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class DrillReportJsonTest {
  private static final Instant TIME = Instant.parse("2026-11-22T03:00:00.123Z");

  @Test
  void read_whatWasWritten_isTheSameReport() {
    DrillReport report = report();
    String json = DrillReportJson.write(report);
    assertThat(json).contains("\"2026-11-22T03:00:00.123Z\"", "\"PT1.5S\"", "\"NOT_RUN\"");
    assertThat(DrillReportJson.read(json)).isEqualTo(report);
  }

  @Test
  void read_aReportOfAnEarlierVersion_hasNoProof() {
    String json = DrillReportJson.write(report()).replaceFirst("(?s)\"proof\" : \\{.*?},\\s*", "");
    assertThat(json).doesNotContain("proof");
    assertThat(DrillReportJson.read(json).proof()).isEmpty();
  }

  @Test
  void read_somethingElse_isRefused() {
    assertThatThrownBy(() -> DrillReportJson.read("[]"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not a report of a drill");
  }

  private static DrillReport report() {
    DrillReport.Stage stage =
        new DrillReport.Stage("fetch", Duration.ZERO, Duration.ofMillis(1500), true);
    DrillReport.Dataset dataset =
        new DrillReport.Dataset(
            "acme",
            "crm",
            "postgres",
            Optional.of(
                new DrillReport.Copy(
                    "7f3a", "00", TIME, true, "newest", List.of("north"), 1, "kit")),
            "postgres://fenced",
            10,
            2,
            List.of(new DrillReport.RegionUse("north", 3, 4, 0)),
            List.of(new DrillReport.Check("sealed facts", "10 facts", "10 facts", 10, true)),
            List.of(stage),
            Optional.of(Duration.ofSeconds(3)),
            Optional.empty(),
            Optional.empty(),
            Verdict.PASS,
            Optional.empty());
    return new DrillReport(
        DrillReport.VERSION,
        "20261122T030000Z-0a1b",
        "ad hoc",
        TIME,
        TIME,
        "backup",
        "host",
        "lifeboat drill",
        new TreeMap<>(Map.of("lifeboat", "0.1.0")),
        new DrillReport.ScenarioRun("latest", "the newest", List.of(), List.of("north")),
        new TreeMap<>(Map.of("network", "none")),
        List.of(dataset),
        List.of(stage),
        new DrillReport.Goals(
            Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), TIME),
        Verdict.NOT_RUN,
        List.of("nothing was checked"),
        Optional.of(
            new DrillReport.SelfTest(
                true,
                List.of(
                    new DrillReport.Fault(
                        "bit flip", "acme/crm", "postgres", "a", true, "b", "c", true)))),
        Optional.of(new DrillReport.Proof("ab", "20261122T030000Z-0a1b", TIME)),
        List.of(),
        List.of());
  }
}
