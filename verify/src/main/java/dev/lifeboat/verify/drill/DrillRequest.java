package dev.lifeboat.verify.drill;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What is to be drilled.
 *
 * @param name of the configured drill, or {@code ad hoc}
 * @param command how it was started
 * @param datasets {@code name} or {@code tenant/name}, in the order in which they are to come back;
 *     empty for all that the regions have
 * @param needs {@code tenant/name} to what has to be back before, where no order is given
 * @param checks beside what was sealed
 * @param failureTime when the disaster happened; the start of the drill if absent
 * @param sample the share of a tree of files that is brought back, between 0 and 1; everything if
 *     absent. Other kinds come back whole
 * @param selfTest when to seed faults afterwards
 */
public record DrillRequest(
    String name,
    String command,
    List<String> datasets,
    Map<String, List<String>> needs,
    Occasion occasion,
    List<CustomCheck> checks,
    Optional<Duration> rto,
    Optional<Duration> rpo,
    Optional<Instant> failureTime,
    OptionalDouble sample,
    SelfTestPlan selfTest) {
  /** The name of drills that are not configured. */
  public static final String AD_HOC = "ad hoc";

  public DrillRequest {
    datasets = List.copyOf(datasets);
    needs = Map.copyOf(needs);
    checks = List.copyOf(checks);
    if (sample.isPresent() && !(sample.getAsDouble() > 0 && sample.getAsDouble() < 1)) {
      throw new IllegalArgumentException("a sample is more than nothing and less than all");
    }
    if (sample.isPresent() && selfTest.when() != SelfTestPlan.When.NEVER) {
      throw new IllegalArgumentException(
          "a sample goes with self-test: never alone, because a fault outside of it is not noticed");
    }
  }
}
