package dev.lifeboat.verify;

import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What to verify.
 *
 * @param budget how much to read of each region when the depth is {@code CIPHERTEXT}; empty for
 *     everything
 * @param only regions to look at; empty for all. The others still serve as sources for healing
 * @param heal whether to mend what can be mended
 * @param readKeys keys for {@code DEEP}, all generations; not closed
 * @param coverage in what time everything is promised to be proven; the report then says how much
 *     is. Empty if nobody asks
 */
public record VerificationRequest(
    VerificationReport.Depth depth,
    Optional<ReadBudget> budget,
    Set<RegionName> only,
    boolean heal,
    List<TenantReadKeys> readKeys,
    Optional<Duration> coverage) {
  public VerificationRequest {
    if (depth == VerificationReport.Depth.DEEP && readKeys.isEmpty()) {
      throw new IllegalArgumentException("a deep verification needs keys that read");
    }
    only = Set.copyOf(only);
    readKeys = List.copyOf(readKeys);
  }

  /** With coverage where the budget promises something. */
  public VerificationRequest(
      VerificationReport.Depth depth,
      Optional<ReadBudget> budget,
      Set<RegionName> only,
      boolean heal,
      List<TenantReadKeys> readKeys) {
    this(depth, budget, only, heal, readKeys, budget.flatMap(ReadBudget::within));
  }

  /** An inventory that says how much is proven within some time. */
  public static VerificationRequest coverageWithin(Duration within) {
    return new VerificationRequest(
        VerificationReport.Depth.INVENTORY,
        Optional.empty(),
        Set.of(),
        false,
        List.of(),
        Optional.of(within));
  }
}
