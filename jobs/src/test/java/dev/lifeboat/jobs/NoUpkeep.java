package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightReport;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Leaves the regions as they are. */
final class NoUpkeep implements NightUpkeep {
  @Override
  public NightReport.Replication replicate() {
    return new NightReport.Replication(0, 0, 0, new TreeMap<>(Map.of()));
  }

  @Override
  public NightReport.Retention retain() {
    return new NightReport.Retention(0, 0, new TreeMap<>(Map.of()));
  }

  @Override
  public NightReport.Reclamation reclaim() {
    return new NightReport.Reclamation(0, 0, 0, List.of(), new TreeMap<>(Map.of()));
  }
}
