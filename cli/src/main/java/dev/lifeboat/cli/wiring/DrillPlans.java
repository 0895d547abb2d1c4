package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.config.DatasetSection;
import dev.lifeboat.cli.config.DrillSection;
import dev.lifeboat.cli.config.Percentage;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.verify.drill.CustomCheck;
import dev.lifeboat.verify.drill.DrillCoverage;
import dev.lifeboat.verify.drill.DrillRequest;
import dev.lifeboat.verify.drill.Occasion;
import dev.lifeboat.verify.drill.Scenario;
import dev.lifeboat.verify.drill.SelfTestPlan;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedSet;
import java.util.TreeSet;

/** What the configured drills are to do. */
public final class DrillPlans {
  private final Workspace workspace;

  public DrillPlans(Workspace workspace) {
    this.workspace = workspace;
  }

  /** The configured drill of a name. */
  public DrillSection named(String name) {
    List<DrillSection> drills = workspace.configuration().drills();
    return drills.stream()
        .filter(drill -> drill.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new CliException(
                ExitCode.NOT_FOUND,
                drills.isEmpty()
                    ? "no drill '%s': the configuration has no drills; name datasets with --dataset"
                        .formatted(name)
                    : "no drill '%s'; the configuration has %s"
                        .formatted(name, drills.stream().map(DrillSection::name).toList())));
  }

  /** What a configured drill asks for, now. */
  public DrillRequest request(DrillSection drill, Optional<Instant> failureTime, boolean selfTest)
      throws IOException {
    return new DrillRequest(
        drill.name(),
        "lifeboat drill " + drill.name(),
        drill.datasets(),
        needs(),
        occasion(drill),
        drill.checks().stream().map(DrillPlans::check).toList(),
        drill.rto(),
        drill.rpo(),
        failureTime,
        share(drill.sample()),
        selfTest
            ? SelfTestPlan.ALWAYS
            : new SelfTestPlan(drill.selfTest(), drill.selfTestWithin()));
  }

  /** The share as drills have it. */
  public static OptionalDouble share(Optional<Percentage> sample) {
    return sample
        .map(percentage -> OptionalDouble.of(percentage.share().doubleValue()))
        .orElse(OptionalDouble.empty());
  }

  /** What datasets need before them, by {@code tenant/name}. */
  public Map<String, List<String>> needs() {
    Map<String, List<String>> needs = new LinkedHashMap<>();
    for (DatasetSection dataset : workspace.configuration().datasets()) {
      needs.put(dataset.id(), dataset.needed());
    }
    return needs;
  }

  private Occasion occasion(DrillSection drill) throws IOException {
    if (drill.rotate()) {
      return turn(drill);
    }
    SortedSet<RegionName> lost = new TreeSet<>(drill.lost());
    drill.only().ifPresent(only -> lost.addAll(allBut(only)));
    if (drill.scenario() == Scenario.CATALOGUE_LOST && lost.isEmpty()) {
      lost.addAll(allBut(names().last()));
    }
    return new Occasion(drill.scenario(), drill.window(), Optional.empty(), lost);
  }

  private Occasion turn(DrillSection drill) throws IOException {
    DrillCoverage.Row row =
        DrillCoverage.next(coverage(), drill.datasets())
            .orElseThrow(() ->
                new CliException(
                    ExitCode.NOT_FOUND,
                    "drill %s: the regions hold no complete snapshot of its datasets"
                        .formatted(drill.name())));
    return Occasion.turn(
        row.newest(),
        allBut(new RegionName(row.region())),
        "the turn of %s in region %s, key generation %d, %s old: %s"
            .formatted(
                row.dataset(),
                row.region(),
                row.generation(),
                row.age().name().toLowerCase(Locale.ROOT),
                row.passed().map(time -> "last drilled " + time).orElse("never drilled")));
  }

  private SortedSet<RegionName> names() {
    TreeSet<RegionName> names = new TreeSet<>();
    workspace.configuration().vault().regions().forEach(region -> names.add(region.name()));
    return names;
  }

  /** The configured regions without one. */
  public SortedSet<RegionName> allBut(RegionName only) {
    SortedSet<RegionName> others = names();
    others.remove(only);
    return others;
  }

  /** Which copies were drilled. Needs what lists snapshots: a keystore, or the recovery kit. */
  public List<DrillCoverage.Row> coverage() throws IOException {
    List<List<TenantWriteKeys>> tenants = new ArrayList<>();
    for (TenantName tenant : workspace.knownTenants()) {
      tenants.add(workspace.writeKeys(tenant));
    }
    return DrillCoverage.of(
        workspace.vault(),
        tenants,
        new Drills(workspace).results().all(),
        workspace.environment().clock().instant());
  }

  private static CustomCheck check(DrillSection.Check check) {
    if (check.sql().isPresent()) {
      return new CustomCheck.Sql(
          check.name(),
          check.dataset(),
          check.database().orElse(""),
          check.sql().get(),
          check.equal(),
          check.least(),
          check.most());
    }
    return check.http().isPresent()
        ? DrillSection.Check.probe(
            check.name(),
            check.dataset(),
            check.start().orElseThrow(),
            check.http().get(),
            check.status(),
            check.contains(),
            check.within())
        : new CustomCheck.Command(
            check.name(),
            check.dataset(),
            check.command().orElseThrow(),
            check.output(),
            check.timeout());
  }
}
