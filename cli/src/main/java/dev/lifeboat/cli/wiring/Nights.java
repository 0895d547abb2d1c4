package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.config.ByteSize;
import dev.lifeboat.cli.config.DatasetSection;
import dev.lifeboat.cli.config.NightSection;
import dev.lifeboat.cli.config.RetentionSection;
import dev.lifeboat.jobs.NightPlan;
import dev.lifeboat.jobs.NightProgress;
import dev.lifeboat.jobs.RegionUpkeep;
import dev.lifeboat.jobs.RegionVerification;
import dev.lifeboat.jobs.VaultWork;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.Repacking;
import dev.lifeboat.vault.reclaim.Reclaimer;
import dev.lifeboat.vault.reclaim.RetentionPolicy;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.verify.ReadBudget;
import dev.lifeboat.verify.Verification;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Makes plans of nights from the configuration. */
public final class Nights {
  private final Workspace workspace;
  private Optional<ByteSize> repackBudget = Optional.empty();

  public Nights(Workspace workspace) {
    this.workspace = workspace;
  }

  /**
   * The plan of a night with some of the datasets.
   *
   * @param sources makes them ready; stays open as long as the plan is used
   * @param retry whether a night that failed is continued
   * @param tags given to every snapshot
   * @param whole whether it is a whole night, which ends at its deadline, or one part of it
   */
  public NightPlan plan(
      List<DatasetSection> datasets,
      Sources sources,
      NightProgress progress,
      boolean retry,
      Set<String> tags,
      boolean whole)
      throws IOException {
    NightSection night = workspace.configuration().night();
    VaultWork work =
        new VaultWork(
            workspace.vault(),
            workspace.keystore(),
            workspace.environment().clock(),
            upkeep(whole ? workspace.deadline() : Optional.empty()),
            Optional.of(
                new RegionVerification(
                    verification(),
                    new ReadBudget(
                        night.verifyBudget().bytes(),
                        Optional.of(night.verifyWithin()),
                        night.verifyTime(),
                        night.verifyCost().map(BigDecimal::doubleValue)))),
            tags);
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
    return upkeep(Optional.empty());
  }

  private RegionUpkeep upkeep(Optional<Instant> deadline) throws IOException {
    return new RegionUpkeep(
        workspace.vault(),
        workspace.keystore(),
        this::retention,
        new Reclaimer.Settings(
            workspace
                .configuration()
                .retention()
                .map(RetentionSection::grace)
                .orElse(Reclaimer.Settings.DEFAULT.grace()),
            false),
        repack(),
        workspace.environment().random(),
        deadline);
  }

  /** Repacks at most so many bytes, also where the configuration does not ask for it. */
  public Nights withRepackBudget(Optional<ByteSize> budget) {
    repackBudget = budget;
    return this;
  }

  /** Keys are opened without asking anybody: nobody sits in front of a night. */
  private Optional<RegionUpkeep.Repack> repack() {
    Optional<RetentionSection.Repack> configured =
        workspace.configuration().retention().flatMap(RetentionSection::repack);
    if (configured.isEmpty() && repackBudget.isEmpty()) {
      return Optional.empty();
    }
    double below =
        configured.map(of -> of.below().share().doubleValue()).orElse(Repacking.Settings.BELOW);
    long budget =
        repackBudget
            .or(() -> configured.map(RetentionSection.Repack::budget))
            .orElseThrow()
            .bytes();
    return Optional.of(
        new RegionUpkeep.Repack(new Repacking.Settings(below, budget), this::readKeys));
  }

  private List<TenantReadKeys> readKeys(TenantName tenant) throws IOException {
    if (workspace.configuration().vault().kit().isPresent()
        && workspace.configuration().vault().passphrase().isEmpty()) {
      throw new VaultException.KeyUnavailable(
          "the recovery kit is here, but not its passphrase: configure vault.passphrase");
    }
    return workspace.readKeys(tenant);
  }

  /**
   * As configured for the dataset, else for all; where nothing is configured, everything is kept.
   */
  public RetentionPolicy retention(TenantName tenant, DatasetName dataset) {
    Optional<RetentionSection.OfDataset> own =
        workspace.configuration().datasets().stream()
            .filter(section -> section.tenant().equals(tenant) && section.name().equals(dataset))
            .findFirst()
            .flatMap(DatasetSection::retention);
    if (own.isPresent()) {
      RetentionSection.OfDataset kept = own.get();
      return kept.all()
          ? RetentionPolicy.ALL
          : new RetentionPolicy(
              kept.last(),
              kept.hourly(),
              kept.daily(),
              kept.weekly(),
              kept.monthly(),
              kept.yearly(),
              Set.copyOf(kept.keepTags()),
              ZoneOffset.UTC);
    }
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
                Set.copyOf(kept.keepTags()),
                ZoneOffset.UTC))
        .orElse(RetentionPolicy.ALL);
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
