package dev.lifeboat.cli.config;

import java.time.Duration;
import java.util.Optional;

/** How lifeboat serve runs. */
public record ServiceSection(
    Place at,
    @Doc(
            value =
                "How long what runs may take to stop in order when the service is stopped; then it is cut off, as by a crash.",
            fallback = "60s")
        Duration stopWithin,
    @Doc(value = "How long runs and what they printed are kept.", fallback = "90d")
        Duration keepRuns,
    @Doc(
            "Where it remembers what is due, runs and alerts; without it in the home, and the service of one host works alone.")
        Optional<StoreSection> store) {
  public ServiceSection {
    if (!stopWithin.isPositive()) {
      throw new IllegalArgumentException("stop-within: nothing stops in no time");
    }
    if (!keepRuns.isPositive()) {
      throw new IllegalArgumentException(
          "keep-runs: a run that is not kept would be run again after a crash");
    }
  }
}
