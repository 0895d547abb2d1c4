package dev.lifeboat.verify.drill;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The rules by which a drill passes. */
final class Verdicts {
  /**
   * A verdict and what it rests on.
   *
   * @param reasons never empty
   */
  record Judgement(Verdict verdict, List<String> reasons) {
    Judgement {
      reasons = List.copyOf(reasons);
    }
  }

  private Verdicts() {}

  /**
   * On one dataset that was brought back.
   *
   * @param failure why it was not, or not checked
   */
  static Verdict dataset(List<DrillReport.Check> checks, Optional<String> failure) {
    if (failure.isPresent() || checks.stream().anyMatch(check -> !check.passed())) {
      return Verdict.FAIL;
    }
    return checks.stream().mapToLong(DrillReport.Check::count).sum() == 0
        ? Verdict.NOT_RUN
        : Verdict.PASS;
  }

  /**
   * On the whole.
   *
   * @param trouble what went wrong beside the datasets: with teardown, with regions
   */
  static Judgement drill(
      List<DrillReport.Dataset> datasets,
      DrillReport.Goals goals,
      Optional<DrillReport.SelfTest> selfTest,
      List<String> trouble) {
    List<String> failures = new ArrayList<>(trouble);
    List<String> missing = new ArrayList<>();
    long things = 0;
    for (DrillReport.Dataset dataset : datasets) {
      things += dataset.checks().stream().mapToLong(DrillReport.Check::count).sum();
      switch (dataset.verdict()) {
        case PASS -> {}
        case FAIL -> {
          dataset.failure().ifPresent(why -> failures.add(dataset.id() + ": " + why));
          dataset.checks().stream()
              .filter(check -> !check.passed())
              .forEach(check ->
                  failures.add(
                      "%s: %s: expected %s, found %s"
                          .formatted(
                              dataset.id(), check.name(), check.expected(), check.actual())));
        }
        case NOT_RUN ->
            missing.add(
                "%s: %s"
                    .formatted(
                        dataset.id(), dataset.failure().orElse("there was nothing to check")));
      }
    }
    missed("RTO", goals.rtoGoal(), goals.rto(), failures);
    missed("RTO, estimated from a sample,", goals.rtoGoal(), estimate(datasets), failures);
    missed("RPO", goals.rpoGoal(), goals.rpo(), failures);
    selfTest
        .filter(test -> !test.passed())
        .ifPresent(test -> failures.addAll(selfTestFailures(test)));
    if (!failures.isEmpty()) {
      return new Judgement(Verdict.FAIL, failures);
    }
    long sampled = datasets.stream().filter(one -> one.estimate().isPresent()).count();
    if (datasets.isEmpty()) {
      missing.add("there was no dataset to drill");
    }
    if (!missing.isEmpty()) {
      return new Judgement(Verdict.NOT_RUN, missing);
    }
    return new Judgement(
        Verdict.PASS,
        List.of(
            "%d %s brought back%s, %d things checked, all as expected"
                .formatted(
                    datasets.size(),
                    datasets.size() == 1 ? "dataset" : "datasets",
                    sampled == 0 ? "" : ", %d of them in part, as a sample".formatted(sampled),
                    things)));
  }

  /** How long all datasets take one after the other, if one of them was not brought back whole. */
  static Optional<Duration> estimate(List<DrillReport.Dataset> datasets) {
    return datasets.stream().anyMatch(dataset -> dataset.estimate().isPresent())
        ? datasets.stream()
            .flatMap(dataset -> dataset.estimate().or(dataset::rto).stream())
            .reduce(Duration::plus)
        : Optional.empty();
  }

  private static void missed(
      String name, Optional<Duration> goal, Optional<Duration> measured, List<String> failures) {
    if (goal.isPresent() && measured.isPresent() && measured.get().compareTo(goal.get()) > 0) {
      failures.add(
          "%s is %s, the goal is %s".formatted(name, words(measured.get()), words(goal.get())));
    }
  }

  private static List<String> selfTestFailures(DrillReport.SelfTest test) {
    List<String> failures = new ArrayList<>();
    for (DrillReport.Fault fault : test.faults()) {
      if (fault.possible() && !fault.detected()) {
        failures.add(
            "self-test: '%s' in %s went unnoticed: %s; expected to hear of %s, heard: %s"
                .formatted(
                    fault.name(),
                    fault.dataset(),
                    fault.seeded(),
                    fault.expected(),
                    fault.found()));
      }
    }
    if (failures.isEmpty()) {
      failures.add("self-test: no fault could be seeded");
    }
    return failures;
  }

  static String words(Duration time) {
    if (time.compareTo(Duration.ofMinutes(2)) < 0) {
      return "%d.%03d s".formatted(time.toSeconds(), time.toMillisPart());
    }
    return time.compareTo(Duration.ofHours(2)) < 0
        ? "%d min %d s".formatted(time.toMinutes(), time.toSecondsPart())
        : "%d h %d min".formatted(time.toHours(), time.toMinutesPart());
  }
}
