package dev.lifeboat.cli.command;

import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.DatasetSection;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.Nights;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.jobs.NightJob;
import dev.lifeboat.vault.reclaim.Reclamation;
import dev.lifeboat.vault.region.RegionName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import picocli.CommandLine;

/** {@code lifeboat reclaim}. */
@CommandLine.Command(
    name = "reclaim",
    description = {
      "Give back the space of packs that no snapshot needs: mark them, and remove those marked",
      "longer ago than the grace that still nobody needs. With --dry-run: how much that would be."
    })
public final class ReclaimCommand extends NightCommand {
  ReclaimCommand(Invocation invocation) {
    super(invocation, NightJob.RECLAIM);
  }

  @Override
  void tell(Workspace workspace, List<DatasetSection> datasets) throws Exception {
    SortedMap<RegionName, Reclamation> preview =
        new Nights(workspace).upkeep().previewReclamation();
    if (json()) {
      Map<String, Object> regions = new LinkedHashMap<>();
      preview.forEach((region, result) -> regions.put(region.value(), result));
      printJson(regions);
      return;
    }
    preview.forEach((region, result) -> print(region + ": " + text(result)));
  }

  private static String text(Reclamation result) {
    return switch (result) {
      case Reclamation.Done done ->
          "would remove %s packs (%s) and mark %s (%s); %s wait for their grace"
              .formatted(
                  Units.count(done.sweptPacks()),
                  Units.bytes(done.sweptBytes()),
                  Units.count(done.markedPacks()),
                  Units.bytes(done.markedBytes()),
                  Units.count(done.pendingPacks()));
      case Reclamation.Refused refused -> "refused: " + refused.reason();
      case Reclamation.Failed failed -> "failed: " + failed.reason();
    };
  }
}
