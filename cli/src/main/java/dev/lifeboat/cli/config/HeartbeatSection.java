package dev.lifeboat.cli.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** A service outside that notices when nothing comes. */
public record HeartbeatSection(
    Place at,
    @Doc(
            "Address of the check as Healthchecks shows it, https; whoever has it can say that all is well.")
        SecretSource url,
    @Doc(
            value =
                "Whether what is wrong goes along with a failure: no more than an alert without details says.",
            fallback = "true")
        boolean log,
    @Doc(value = "How long connecting, and the answer, may take.", fallback = "10s")
        Duration timeout,
    @Doc(value = "For how long nothing may be taken until that is an alert.", fallback = "6h")
        Duration unreachableAfter,
    @Doc(
            "File in PEM with the certificates of the authorities that are trusted, and no others; absent for those of the Java runtime.")
        Optional<Path> ca) {
  public HeartbeatSection {
    if (!timeout.isPositive() || timeout.compareTo(Duration.ofMinutes(5)) > 0) {
      throw new IllegalArgumentException("timeout: is more than nothing and at most 5m");
    }
    if (unreachableAfter.isNegative()) {
      throw new IllegalArgumentException("unreachable-after: is not negative");
    }
  }
}
