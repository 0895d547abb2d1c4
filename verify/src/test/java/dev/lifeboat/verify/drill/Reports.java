package dev.lifeboat.verify.drill;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Reports for tests, by what matters there. */
final class Reports {
  private Reports() {}

  static DrillReport.Dataset dataset(String name, int rtoSeconds) {
    return new DrillReport.Dataset(
        "acme",
        name,
        "h2",
        Optional.empty(),
        "",
        0,
        0,
        List.of(),
        List.of(),
        List.of(),
        Optional.of(Duration.ofSeconds(rtoSeconds)),
        Optional.empty(),
        Optional.empty(),
        Verdict.PASS,
        Optional.empty());
  }

  /** The same, of which only a sample was brought back. */
  static DrillReport.Dataset sample(String name, int estimateSeconds) {
    DrillReport.Dataset all = dataset(name, 1);
    return new DrillReport.Dataset(
        all.tenant(),
        all.dataset(),
        all.kind(),
        all.copy(),
        all.target(),
        all.bytes(),
        all.objects(),
        all.regions(),
        all.checks(),
        all.stages(),
        Optional.empty(),
        all.rpo(),
        Optional.of(Duration.ofSeconds(estimateSeconds)),
        all.verdict(),
        all.failure());
  }

  static DrillReport.SelfTest selfTest(String dataset, boolean detected) {
    return SelfTest.judge(
        List.of(
            new DrillReport.Fault(
                "bit flip", "acme/" + dataset, "h2", "a pack", true, "it", "it", detected)));
  }

  static DrillReport report(
      Instant started,
      String scenario,
      Verdict verdict,
      int rtoSeconds,
      Optional<DrillReport.SelfTest> selfTest,
      Optional<DrillReport.Proof> proof,
      DrillReport.Dataset... datasets) {
    return new DrillReport(
        DrillReport.VERSION,
        started.toString(),
        "weekly",
        started,
        started,
        "",
        "",
        "",
        new TreeMap<>(),
        new DrillReport.ScenarioRun(scenario, "", List.of(), List.of()),
        new TreeMap<>(),
        List.of(datasets),
        List.of(),
        new DrillReport.Goals(
            Optional.empty(),
            Optional.of(Duration.ofSeconds(rtoSeconds)),
            Optional.empty(),
            Optional.empty(),
            started),
        verdict,
        List.of(),
        selfTest,
        proof,
        List.of(),
        List.of());
  }
}
