package dev.lifeboat.cli.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Optional;

/** How a night is run. */
public record NightSection(
    Place at,
    @Doc(value = "How many datasets are captured at once.", fallback = "2", atLeast = 1)
        int parallel,
    @Doc(
            value =
                "How many bytes of each region a night reads at most, to hash them against their names.",
            fallback = "10GiB")
        ByteSize verifyBudget,
    @Doc(
            value =
                "In what time every object of a region is read again, if the budget allows; a night reads its share of that, and what would be too late the next night.",
            fallback = "7d")
        Duration verifyWithin,
    @Doc("How long a night reads at the most to hash what it reads; without one, no limit.")
        Optional<Duration> verifyTime,
    @Doc(
            "What a night's hashing may cost in each region, by the region's cost.read-per-gb; without one, no limit.")
        Optional<BigDecimal> verifyCost,
    @Doc(
            value =
                "A night that was interrupted less than this ago is continued, an older one begun anew.",
            fallback = "20h")
        Duration continueWithin,
    @Doc(
            value =
                "How long after its start a night waits for slow regions: from then on a snapshot that its quorum has waits for no other, and replication stops where it is. Without one, a region gets as long again as the others took.")
        Optional<Duration> deadline,
    @Doc(
            value =
                "How much of what slow regions have not taken yet may lie in the home while data are read; a region that is farther behind is left out for the night. 0: reading waits for the slowest region.",
            fallback = "2GiB")
        ByteSize spill) {
  public NightSection {
    if (verifyCost.filter(cost -> cost.signum() < 0).isPresent()) {
      throw new IllegalArgumentException("verify-cost: a price is not negative");
    }
    if (verifyTime.filter(time -> !time.isPositive()).isPresent()) {
      throw new IllegalArgumentException("verify-time: nothing can be read in no time");
    }
  }
}
