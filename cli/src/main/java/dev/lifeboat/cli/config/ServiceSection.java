package dev.lifeboat.cli.config;

import java.time.Duration;

/** How lifeboat serve runs. */
public record ServiceSection(
    Place at,
    @Doc(
            value =
                "How long what runs may take to stop in order when the service is stopped; then it is cut off, as by a crash.",
            fallback = "60s")
        Duration stopWithin,
    @Doc(value = "How long runs and what they printed are kept.", fallback = "90d")
        Duration keepRuns) {
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
