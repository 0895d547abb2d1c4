package dev.lifeboat.verify.drill;

import dev.lifeboat.vault.Digest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What earlier self-tests say about a drill: they hold for what is the same drill in what matters.
 */
final class Proofs {
  private Proofs() {}

  /**
   * The SHA-256, in hexadecimal, of what decides whether a drill notices a fault: the scenario, the
   * datasets with their kinds, the checks, and the versions of all programs that took part. Not
   * which copies there were, nor goals.
   */
  static String configuration(
      DrillRequest request, List<DrillReport.Dataset> datasets, Map<String, String> tools) {
    List<String> words = new ArrayList<>();
    Occasion occasion = request.occasion();
    words.add(
        occasion.turn().isPresent()
            ? "turns"
            : "%s %s %s".formatted(occasion.scenario().word(), occasion.window(), occasion.lost()));
    datasets.stream()
        .map(dataset -> "dataset %s %s".formatted(dataset.id(), dataset.kind()))
        .sorted()
        .forEach(words::add);
    request.checks().forEach(check -> words.add("check " + check));
    tools.entrySet().stream()
        .map(tool -> "tool %s %s".formatted(tool.getKey(), tool.getValue()))
        .sorted()
        .forEach(words::add);
    return HexFormat.of()
        .formatHex(
            Digest.sha256().digest(String.join("\u0000", words).getBytes(StandardCharsets.UTF_8)));
  }

  /** The newest self-test that still holds, if there is one. */
  static Optional<DrillReport.Proof> earlier(
      List<DrillReport> reports, String configuration, Instant now, Duration within) {
    return reports.stream()
        .filter(report -> report.selfTest().map(DrillReport.SelfTest::passed).orElse(false))
        .flatMap(report -> report.proof().stream())
        .filter(proof -> proof.configuration().equals(configuration))
        .filter(proof -> !proof.time().isAfter(now) && !proof.time().isBefore(now.minus(within)))
        .max(Comparator.comparing(DrillReport.Proof::time));
  }

  /**
   * What this run showed itself.
   *
   * @return nothing unless faults were seeded into every dataset, and each was found
   */
  static Optional<DrillReport.Proof> own(
      String id,
      Instant time,
      String configuration,
      List<DrillReport.Dataset> datasets,
      DrillReport.SelfTest test) {
    boolean all =
        test.passed()
            && datasets.stream()
                .allMatch(dataset ->
                    test.faults().stream()
                        .anyMatch(
                            fault -> fault.detected() && fault.dataset().equals(dataset.id())));
    return all ? Optional.of(new DrillReport.Proof(configuration, id, time)) : Optional.empty();
  }
}
