package dev.lifeboat.verify.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DrillTrendTest {
  private static final Instant START = Instant.parse("2026-11-22T03:00:00Z");
  private final List<DrillReport> reports = new ArrayList<>();

  @Test
  void before_isOfTheSameScenarioAndPassedOnly() {
    add("latest", Verdict.PASS, 10, "shop");
    add("oldest", Verdict.PASS, 11, "shop");
    add("latest", Verdict.FAIL, 12, "shop");
    add("latest", Verdict.PASS, 13, "shop", "crm");
    DrillReport now = add("latest", Verdict.PASS, 14, "shop");

    DrillTrend trend = DrillTrend.before(now, reports);
    assertThat(trend.of("acme/shop")).containsExactly(seconds(10), seconds(13));
    assertThat(trend.whole()).as("of the same datasets").containsExactly(seconds(10));
    assertThat(trend.of("acme/other")).isEmpty();
  }

  @Test
  void before_hasTheLastThree() {
    for (int i = 1; i <= 5; i++) {
      add("latest", Verdict.PASS, i, "shop");
    }
    DrillTrend trend = DrillTrend.before(reports.getLast(), reports);
    assertThat(trend.whole()).containsExactly(seconds(2), seconds(3), seconds(4));
  }

  private static Duration seconds(int seconds) {
    return Duration.ofSeconds(seconds);
  }

  private DrillReport add(String scenario, Verdict verdict, int seconds, String... datasets) {
    DrillReport report =
        Reports.report(
            START.plusSeconds(reports.size()),
            scenario,
            verdict,
            seconds,
            Optional.empty(),
            Optional.empty(),
            Arrays.stream(datasets)
                .map(name -> Reports.dataset(name, seconds))
                .toArray(DrillReport.Dataset[]::new));
    reports.add(report);
    return report;
  }
}
