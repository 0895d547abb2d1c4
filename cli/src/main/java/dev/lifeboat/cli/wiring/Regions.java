package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.Environment;
import dev.lifeboat.cli.config.Configuration;
import dev.lifeboat.cli.config.RegionSection;
import dev.lifeboat.vault.region.DirectoryRegion;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.region.RetryPolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Makes regions of the configured ones. */
public final class Regions {
  private Regions() {}

  /**
   * Opens the regions. One that cannot be opened is there all the same, and answers everything with
   * the reason: a night goes on without it, and reports it.
   */
  public static RegionSet open(Configuration configuration, Environment environment) {
    List<Region> regions = new ArrayList<>();
    for (RegionSection section : configuration.vault().regions()) {
      try {
        regions.add(open(section, configuration, environment));
      } catch (RegionException e) {
        regions.add(new AbsentRegion(e));
      }
    }
    return set(configuration, environment, regions, configuration.vault().effectiveQuorum());
  }

  /**
   * Opens some of the regions, to read from. Of the others nothing is asked for, not even
   * credentials.
   *
   * @param lost regions to leave alone
   * @param around put around each that is opened
   */
  static RegionSet openToRead(
      Configuration configuration,
      Environment environment,
      Set<RegionName> lost,
      UnaryOperator<Region> around) {
    List<Region> regions = new ArrayList<>();
    for (RegionSection section : configuration.vault().regions()) {
      if (lost.contains(section.name())) {
        continue;
      }
      try {
        regions.add(around.apply(open(section, configuration, environment)));
      } catch (RegionException e) {
        regions.add(around.apply(new AbsentRegion(e)));
      }
    }
    return set(configuration, environment, regions, 1);
  }

  /** Opens one region. */
  static Region open(RegionSection section, Configuration configuration, Environment environment)
      throws RegionException {
    return section.s3().isPresent()
        ? new S3Regions(configuration, environment.variables(), environment.clock()).open(section)
        : DirectoryRegion.open(section.name(), path(section));
  }

  /**
   * Makes the regions where they are missing, and opens them. All must be there; a bucket is made
   * only where the configuration says so.
   */
  public static RegionSet create(Configuration configuration, Environment environment)
      throws RegionException {
    List<Region> regions = new ArrayList<>();
    try {
      for (RegionSection section : configuration.vault().regions()) {
        regions.add(create(section, configuration, environment));
      }
    } catch (RegionException e) {
      regions.forEach(Region::close);
      throw e;
    }
    return set(configuration, environment, regions, configuration.vault().effectiveQuorum());
  }

  /** The regions as they are to be treated: by priority, with the configured patience and costs. */
  private static RegionSet set(
      Configuration configuration, Environment environment, List<Region> regions, int quorum) {
    Map<RegionName, Integer> priorities = new HashMap<>();
    Map<RegionName, Double> costs = new HashMap<>();
    for (RegionSection section : configuration.vault().regions()) {
      priorities.put(section.name(), section.priority());
      costs.put(section.name(), section.readCost());
    }
    return new RegionSet(
        regions.stream()
            .sorted(Comparator.comparing(region -> priorities.getOrDefault(region.name(), 0)))
            .toList(),
        quorum,
        new RegionSet.Manner(
            RetryPolicy.DEFAULT.withPatience(configuration.vault().patience()),
            environment.random(),
            costs,
            System::nanoTime));
  }

  /** Makes one region where it is missing, and lets go of it. */
  public static void make(
      RegionSection section, Configuration configuration, Environment environment)
      throws RegionException {
    create(section, configuration, environment).close();
  }

  private static Region create(
      RegionSection section, Configuration configuration, Environment environment)
      throws RegionException {
    if (section.s3().isPresent()) {
      return new S3Regions(configuration, environment.variables(), environment.clock())
          .create(section);
    }
    DirectoryRegion.create(section.name(), path(section));
    return DirectoryRegion.open(section.name(), path(section));
  }

  private static Path path(RegionSection section) {
    return section.directory().orElseThrow().path();
  }
}
