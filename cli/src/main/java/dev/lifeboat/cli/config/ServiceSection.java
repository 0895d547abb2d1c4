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
            "PostgreSQL instead of the file in the home, to remember what is due: services on several hosts that name the same one run each job once.")
        Optional<Database> database) {
  public ServiceSection {
    if (!stopWithin.isPositive()) {
      throw new IllegalArgumentException("stop-within: nothing stops in no time");
    }
    if (!keepRuns.isPositive()) {
      throw new IllegalArgumentException(
          "keep-runs: a run that is not kept would be run again after a crash");
    }
  }

  /** A database of its own for the service. */
  public record Database(
      Place at,
      @Doc("Host of the server.") String host,
      @Doc(value = "Its port.", fallback = "5432", atLeast = 1) int port,
      @Doc(value = "The database; it must be there.", fallback = "lifeboat") String database,
      @Doc(value = "Who connects; owns its tables.", fallback = "lifeboat") String user,
      @Doc("The user's password.") Optional<SecretSource> password) {}
}
