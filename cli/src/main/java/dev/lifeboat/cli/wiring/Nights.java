package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.config.DatasetSection;
import dev.lifeboat.cli.config.NightSection;
import dev.lifeboat.cli.config.RetentionSection;
import dev.lifeboat.jobs.NightPlan;
import dev.lifeboat.jobs.NightProgress;
import dev.lifeboat.jobs.RegionUpkeep;
import dev.lifeboat.jobs.RegionVerification;
import dev.lifeboat.jobs.VaultWork;
import dev.lifeboat.vault.reclaim.Reclaimer;
import dev.lifeboat.vault.reclaim.RetentionPolicy;
import dev.lifeboat.verify.ReadBudget;
import dev.lifeboat.verify.Verification;
import java.io.IOException;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;

/** Makes plans of nights from the configuration. */
public final class Nights {
  private final Workspace workspace;

  public Nights(Workspace workspace) {
    this.workspace = workspace;
  }

  /**
   * The plan of a night with some of the datasets.
   *
   * @param sources makes them ready; stays open as long as the plan is used
   * @param retry whether a night that failed is continued
   */
  public NightPlan plan(
      List<DatasetSection> datasets, Sources sources, NightProgress progress, boolean retry)
      throws IOException {
    NightSection night = workspace.configuration().night();
    VaultWork work =
        new VaultWork(
            workspace.vault(),
            workspace.keystore(),
            workspace.environment().clock(),
            upkeep(),
            Optional.of(
                new RegionVerification(
                    verification(),
                    new ReadBudget(
                        night.verifyBudget().bytes(), Optional.of(night.verifyWithin())))));
    return new NightPlan(
        workspace.ensureHome(),
        sources.plan(datasets),
        work,
        night.parallel(),
        night.continueWithin(),
        retry,
        NightPlan.KEEP_REPORTS,
        progress);
  }

  /** What keeps up this vault's regions with this host's keys. */
  public RegionUpkeep upkeep() throws IOException {
    return new RegionUpkeep(
        workspace.vault(),
        workspace.keystore(),
        retention(),
        new Reclaimer.Settings(
            workspace
                .configuration()
                .retention()
                .map(RetentionSection::grace)
                .orElse(Reclaimer.Settings.DEFAULT.grace()),
            false),
        workspace.environment().random());
  }

  /** As configured; where nothing is configured, everything is kept. */
  public RetentionPolicy retention() {
    return workspace
        .configuration()
        .retention()
        .map(kept ->
            new RetentionPolicy(
                kept.last(),
                kept.hourly(),
                kept.daily(),
                kept.weekly(),
                kept.monthly(),
                kept.yearly(),
                ZoneOffset.UTC))
        .orElse(new RetentionPolicy(Integer.MAX_VALUE, 0, 0, 0, 0, 0, ZoneOffset.UTC));
  }

  /** What verifies this vault with this host's keys. */
  public Verification verification() throws IOException {
    return new Verification(
        workspace.vault(),
        workspace.keystore(),
        workspace.ensureHome().resolve("state"),
        workspace.environment().clock(),
        workspace.environment().random());
  }
}
