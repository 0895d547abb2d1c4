package dev.lifeboat.jobs;

import dev.lifeboat.sources.Source;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.TenantName;
import java.time.Duration;
import java.util.Optional;

/**
 * A dataset that a night captures.
 *
 * @param rpo how old its newest complete snapshot may become
 */
public record DatasetPlan(
    TenantName tenant, DatasetName dataset, Source source, Optional<Duration> rpo) {
  public DatasetPlan {
    if (rpo.isPresent() && !rpo.get().isPositive()) {
      throw new IllegalArgumentException("dataset %s: rpo must be positive".formatted(dataset));
    }
  }

  /** Tenant and dataset, unique in a plan: {@code acme/uploads}. */
  public String id() {
    return tenant + "/" + dataset;
  }

  @Override
  public String toString() {
    return id();
  }
}
