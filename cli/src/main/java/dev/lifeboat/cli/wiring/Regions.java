package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.config.ConfigException;
import dev.lifeboat.cli.config.ConfigException.Problem;
import dev.lifeboat.cli.config.Configuration;
import dev.lifeboat.cli.config.RegionSection;
import dev.lifeboat.vault.region.DirectoryRegion;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Makes regions of the configured ones. */
public final class Regions {
  private Regions() {}

  /** What this version cannot do. */
  public static List<Problem> problems(Configuration configuration) {
    List<Problem> problems = new ArrayList<>();
    for (RegionSection region : configuration.vault().regions()) {
      region
          .s3()
          .ifPresent(s3 ->
              problems.add(
                  new Problem(
                      s3.at(),
                      "vault.regions." + region.name(),
                      "regions in S3 are not available in this version; use a directory")));
    }
    return problems;
  }

  /** Refuses what this version cannot do. */
  private static void require(Configuration configuration) {
    List<Problem> problems = problems(configuration);
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  /**
   * Opens the regions. One that cannot be opened is there all the same, and answers everything with
   * the reason: a night goes on without it, and reports it.
   */
  public static RegionSet open(Configuration configuration) {
    require(configuration);
    List<Region> regions = new ArrayList<>();
    for (RegionSection section : configuration.vault().regions()) {
      try {
        regions.add(DirectoryRegion.open(section.name(), path(section)));
      } catch (RegionException e) {
        regions.add(new AbsentRegion(e));
      }
    }
    return new RegionSet(regions, configuration.vault().effectiveQuorum());
  }

  /** Makes the regions where they are missing, and opens them. All must be there. */
  public static RegionSet create(Configuration configuration) throws RegionException {
    require(configuration);
    List<Region> regions = new ArrayList<>();
    for (RegionSection section : configuration.vault().regions()) {
      DirectoryRegion.create(section.name(), path(section));
      regions.add(DirectoryRegion.open(section.name(), path(section)));
    }
    return new RegionSet(regions, configuration.vault().effectiveQuorum());
  }

  private static Path path(RegionSection section) {
    return section.directory().orElseThrow().path();
  }
}
