package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.ByteSize;
import dev.lifeboat.cli.config.DatasetSection;
import dev.lifeboat.cli.config.RegionSection;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.Nights;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.jobs.NightJob;
import dev.lifeboat.jobs.RegionUpkeep;
import dev.lifeboat.vault.engine.Repacking;
import dev.lifeboat.vault.reclaim.Reclamation;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.TenantName;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat reclaim}. */
@CommandLine.Command(
    name = "reclaim",
    description = {
      "Give back the space of packs that no snapshot needs: mark them, and remove those marked",
      "longer ago than the grace that still nobody needs. With --dry-run: how much that would be."
    })
public final class ReclaimCommand extends NightCommand {
  @CommandLine.Option(
      names = "--repack-budget",
      paramLabel = "SIZE",
      description =
          "Also copy what the newest snapshots need of mostly dead or small packs into full ones, writing at most SIZE, for example 10GiB; instead of retention.repack.budget. Needs the recovery kit.")
  private @Nullable String repackBudget;

  ReclaimCommand(Invocation invocation) {
    super(invocation, NightJob.RECLAIM);
  }

  @Override
  Nights nights(Workspace workspace) {
    try {
      return new Nights(workspace)
          .withRepackBudget(Optional.ofNullable(repackBudget).map(ByteSize::parse));
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, "--repack-budget: " + e.getMessage());
    }
  }

  @Override
  void tell(Workspace workspace, List<DatasetSection> datasets) throws Exception {
    RegionUpkeep upkeep = nights(workspace).upkeep();
    SortedMap<RegionName, Reclamation> preview = upkeep.previewReclamation();
    SortedMap<TenantName, Repacking.Report> repacking = upkeep.previewRepacking();
    Map<RegionName, RegionSection.Cost> costs = new HashMap<>();
    for (RegionSection region : workspace.configuration().vault().regions()) {
      region
          .cost()
          .filter(cost -> cost.storagePerGbMonth().isPresent())
          .ifPresent(cost -> costs.put(region.name(), cost));
    }
    if (json()) {
      Map<String, Object> all = new LinkedHashMap<>();
      Map<String, Object> regions = new LinkedHashMap<>();
      preview.forEach((region, result) ->
          regions.put(region.value(), fields(result, Optional.ofNullable(costs.get(region)))));
      all.put("regions", regions);
      Map<String, Object> tenants = new LinkedHashMap<>();
      repacking.forEach((tenant, plan) -> tenants.put(tenant.value(), plan));
      all.put("repacking", tenants);
      printJson(all);
      return;
    }
    preview.forEach((region, result) ->
        print(region + ": " + text(result, Optional.ofNullable(costs.get(region)))));
    repacking.forEach((tenant, plan) ->
        print(
            plan.packs() == 0
                ? "tenant %s: nothing to repack".formatted(tenant)
                : "tenant %s: would repack %s packs (%s): read %s, write about %s packs (%s); the %s go when the last snapshot that refers to them is forgotten; %s packs left for later runs"
                    .formatted(
                        tenant,
                        Units.count(plan.packs()),
                        Units.bytes(plan.packBytes()),
                        Units.bytes(plan.readBytes()),
                        Units.count(plan.newPacks()),
                        Units.bytes(plan.writtenBytes()),
                        Units.bytes(plan.packBytes()),
                        Units.count(plan.left()))));
  }

  /** What is freed now, what later, and what that costs each month as long as it lies there. */
  private static Map<String, Object> fields(Reclamation result, Optional<RegionSection.Cost> cost) {
    Map<String, Object> fields = new LinkedHashMap<>();
    switch (result) {
      case Reclamation.Done done -> {
        fields.put("state", "ready");
        fields.put("now", amount(done.sweptPacks(), done.sweptBytes(), cost));
        fields.put(
            "afterGrace",
            amount(
                done.markedPacks() + done.pendingPacks(),
                done.markedBytes() + done.pendingBytes(),
                cost));
        fields.put("details", done);
      }
      case Reclamation.Refused refused -> {
        fields.put("state", "refused");
        fields.put("reason", refused.reason());
      }
      case Reclamation.Failed failed -> {
        fields.put("state", "failed");
        fields.put("reason", failed.reason());
      }
    }
    return fields;
  }

  private static Map<String, Object> amount(
      long packs, long bytes, Optional<RegionSection.Cost> cost) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("packs", packs);
    fields.put("bytes", bytes);
    fields.put("costPerMonth", cost.map(of -> of.month(bytes)).orElse(null));
    return fields;
  }

  private static String text(Reclamation result, Optional<RegionSection.Cost> cost) {
    return switch (result) {
      case Reclamation.Done done ->
          "would free now %s, after the grace %s (%s packs marked now, %s marked before)%s"
              .formatted(
                  words(done.sweptPacks(), done.sweptBytes(), cost),
                  words(
                      done.markedPacks() + done.pendingPacks(),
                      done.markedBytes() + done.pendingBytes(),
                      cost),
                  Units.count(done.markedPacks()),
                  Units.count(done.pendingPacks()),
                  done.waiting().isEmpty() ? "" : "; " + String.join("; ", done.waiting()));
      case Reclamation.Refused refused -> "refused: " + refused.reason();
      case Reclamation.Failed failed -> "failed: " + failed.reason();
    };
  }

  private static String words(long packs, long bytes, Optional<RegionSection.Cost> cost) {
    return "%s packs (%s%s)"
        .formatted(
            Units.count(packs),
            Units.bytes(bytes),
            cost.map(of -> ", %s a month".formatted(of.month(bytes).toPlainString())).orElse(""));
  }
}
