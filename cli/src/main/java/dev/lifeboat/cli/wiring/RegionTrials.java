package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.config.RegionSection;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionProbe;
import dev.lifeboat.vault.region.s3.S3Connection;
import dev.lifeboat.vault.region.s3.S3Policy;
import dev.lifeboat.vault.region.s3.S3Probe;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Tries regions out, and says what a host must be permitted in them. */
public final class RegionTrials {
  private final Workspace workspace;

  public RegionTrials(Workspace workspace) {
    this.workspace = workspace;
  }

  /**
   * The configured region of this name.
   *
   * @throws CliException if there is none
   */
  public RegionSection section(String name) {
    return workspace.configuration().vault().regions().stream()
        .filter(region -> region.name().value().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new CliException(
                ExitCode.NOT_FOUND,
                "no region is named %s; there are: %s"
                    .formatted(
                        name,
                        String.join(
                            ", ",
                            workspace.configuration().vault().regions().stream()
                                .map(region -> region.name().value())
                                .toList()))));
  }

  /** What the region really does; what follows for its use is remembered in the home. */
  public List<RegionProbe.Result> run(RegionSection section) throws RegionException, IOException {
    List<RegionProbe.Result> results = new ArrayList<>();
    if (section.s3().isPresent()) {
      try (S3Connection connection = s3().connect(section)) {
        S3Probe probe = new S3Probe(connection, workspace.environment().random());
        results.addAll(probe.run());
        if (probe.conditionalPuts().isPresent()) {
          workspace.ensureHome();
          Probes.remember(workspace.home(), section.name(), probe.conditionalPuts().get());
        }
      }
    }
    try (Region region =
        Regions.open(section, workspace.configuration(), workspace.environment())) {
      results.addAll(
          new RegionProbe(region, workspace.environment().random(), workspace.environment().clock())
              .run());
    }
    return results;
  }

  /** A policy as JSON has it. */
  public Map<String, Object> policy(
      RegionSection section, S3Policy.Role role, Optional<String> principal) {
    if (section.s3().isEmpty()) {
      throw new CliException(
          ExitCode.USAGE,
          "region %s is a directory: what may be done in it, the permissions of its files say"
              .formatted(section.name()));
    }
    return new S3Policy(s3().settings(section), S3Regions.lock(section).isPresent())
        .of(role, principal);
  }

  private S3Regions s3() {
    return new S3Regions(
        workspace.configuration(),
        workspace.environment().variables(),
        workspace.environment().clock());
  }
}
