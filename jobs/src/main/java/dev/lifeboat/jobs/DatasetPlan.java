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
    DatasetGoal _ = new DatasetGoal(tenant, dataset, rpo);
  }

  /** What has to be in the vault by it. */
  public DatasetGoal goal() {
    return new DatasetGoal(tenant, dataset, rpo);
  }

  /** As {@link DatasetGoal#id}. */
  public String id() {
    return goal().id();
  }

  @Override
  public String toString() {
    return id();
  }
}
