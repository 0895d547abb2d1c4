package dev.lifeboat.cli.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Where the vault lies and how it is opened. */
public record VaultSection(
    Place at,
    @Doc(
            value = "State of this host: job repository, caches, host keystore.",
            fallback = "./.lifeboat")
        Path home,
    @Doc("The recovery kit; only where restoring is allowed, absent on hosts that only write.")
        Optional<Path> kit,
    @Doc("Passphrase of the recovery kit; asked for on the terminal when absent.")
        Optional<SecretSource> passphrase,
    @Doc(
            value =
                "How many regions must hold a snapshot before it is durable; when absent two, or one where there is only one region.",
            atLeast = 1)
        Optional<Integer> quorum,
    @Doc(
            value =
                "How long a region may leave a request unanswered before it counts as hanging and is left out for a while; large objects get more time as long as it answers small requests.",
            fallback = "2m")
        Duration patience,
    @Doc(value = "Places that each hold a complete copy.", notEmpty = true)
        List<RegionSection> regions) {
  public VaultSection {
    regions = List.copyOf(regions);
    if (!patience.isPositive()) {
      throw new IllegalArgumentException("patience: no region answers in no time");
    }
  }

  /** As configured, or the default for this number of regions. */
  public int effectiveQuorum() {
    return quorum.orElse(Math.min(2, regions.size()));
  }
}
