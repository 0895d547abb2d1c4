package dev.lifeboat.jobs;

import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.TenantName;
import java.time.Duration;
import java.util.Optional;

/**
 * A dataset that has to be in the vault, wherever it comes from.
 *
 * @param rpo how old its newest complete snapshot may become
 */
public record DatasetGoal(TenantName tenant, DatasetName dataset, Optional<Duration> rpo) {
  public DatasetGoal {
    if (rpo.isPresent() && !rpo.get().isPositive()) {
      throw new IllegalArgumentException("dataset %s: rpo must be positive".formatted(dataset));
    }
  }

  /** Tenant and dataset, unique in a plan: {@code acme/uploads}. */
  public String id() {
    return tenant + "/" + dataset;
  }
}
