package dev.lifeboat.verify.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DrillReportTest {
  private static DrillReport report(Verdict verdict, DrillReport.Dataset... datasets) {
    return Reports.report(
        Instant.parse("2026-11-22T03:00:00Z"),
        "latest",
        verdict,
        60,
        Optional.empty(),
        Optional.empty(),
        datasets);
  }

  @Test
  void proven_ofADrillThatPassed_isWhatCameBackAsAWhole() {
    assertThat(
            report(Verdict.PASS, Reports.dataset("crm", 60), Reports.sample("files", 600)).proven())
        .extracting(DrillReport.Dataset::id)
        .containsExactly("acme/crm");
  }

  @Test
  void proven_ofADrillThatDidNotPass_isNothing() {
    assertThat(report(Verdict.FAIL, Reports.dataset("crm", 60)).proven()).isEmpty();
    assertThat(report(Verdict.NOT_RUN, Reports.dataset("crm", 60)).proven()).isEmpty();
  }
}
