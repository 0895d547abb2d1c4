package dev.lifeboat.cli.command;

import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.DatasetSection;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.jobs.NightJob;
import dev.lifeboat.jobs.NightReports;
import dev.lifeboat.jobs.RegionCopies;
import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.SnapshotListing;
import dev.lifeboat.vault.engine.Unreadable;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.snapshot.Fragmentation;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;

/** {@code lifeboat status}. */
@CommandLine.Command(
    name = "status",
    description = {
      "Show how well each dataset is protected now, and how the last night ended.",
      "Exit 9 if a dataset has no complete durable snapshot or is older than its rpo, 8 if a region does not answer."
    })
public final class StatusCommand extends Command {
  StatusCommand(Invocation invocation) {
    super(invocation);
  }

  /** How well a dataset is protected. */
  private enum Standing {
    OK,
    LATE,
    NONE
  }

  private record Line(
      DatasetSection dataset,
      Standing standing,
      Optional<SnapshotRecord> newest,
      Optional<Duration> age,
      long snapshots,
      Optional<Fragmentation> fragmentation,
      List<Copy> copies) {}

  /**
   * A dataset in a region that answers.
   *
   * @param lockedUntil of the newest complete snapshot's manifest there
   */
  private record Copy(RegionName region, NightReport.Copy holds, Optional<Instant> lockedUntil) {}

  @Override
  ExitCode execute() throws Exception {
    try (Workspace workspace = Workspace.open(invocation())) {
      Map<String, String> regions = regions(workspace);
      List<Line> lines = new ArrayList<>();
      for (DatasetSection dataset : workspace.configuration().datasets()) {
        lines.add(line(workspace, dataset, regions));
      }
      Optional<NightReport> night = new NightReports(workspace.home()).latest(NightJob.NIGHTLY);
      if (json()) {
        printJson(fields(regions, lines, night));
      } else {
        print(workspace, regions, lines, night);
      }
      if (lines.stream().anyMatch(line -> line.standing != Standing.OK)) {
        return ExitCode.UNPROVEN;
      }
      return regions.values().stream().allMatch(String::isEmpty)
          ? ExitCode.DONE
          : ExitCode.UNREACHABLE;
    }
  }

  private Line line(Workspace workspace, DatasetSection dataset, Map<String, String> regions)
      throws IOException {
    if (workspace.hasKeystore() && workspace.keystore().newest(dataset.tenant()).isEmpty()) {
      return new Line(
          dataset,
          Standing.NONE,
          Optional.empty(),
          Optional.empty(),
          0,
          Optional.empty(),
          List.of());
    }
    List<TenantWriteKeys> keys = workspace.writeKeys(dataset.tenant());
    Vault vault = workspace.vault();
    SnapshotListing listing = vault.list(keys, dataset.name());
    for (Unreadable unreadable : listing.unreadable()) {
      throw unreadable.why();
    }
    List<SnapshotRecord> all = listing.snapshots();
    int quorum = workspace.configuration().vault().effectiveQuorum();
    Optional<SnapshotRecord> newest =
        all.stream()
            .filter(record -> record.header().complete() && record.regions().size() >= quorum)
            .max(Comparator.comparing(record -> record.header().time()));
    Instant now = invocation().environment().clock().instant();
    Optional<Duration> age = newest.map(record -> Duration.between(record.header().time(), now));
    boolean late =
        dataset.rpo().isPresent()
            && age.isPresent()
            && age.get().compareTo(dataset.rpo().get()) > 0;
    Standing standing = newest.isEmpty() ? Standing.NONE : late ? Standing.LATE : Standing.OK;
    return new Line(
        dataset,
        standing,
        newest,
        age,
        all.size(),
        newest.flatMap(record -> fragmentation(vault, record, keys)),
        copies(vault.regions(), dataset, all, regions, now));
  }

  private static List<Copy> copies(
      RegionSet set,
      DatasetSection dataset,
      List<SnapshotRecord> all,
      Map<String, String> regions,
      Instant now) {
    List<Copy> copies = new ArrayList<>();
    for (Region region : set.regions()) {
      if (regions.getOrDefault(region.name().value(), "").isEmpty()) {
        copies.add(
            new Copy(
                region.name(),
                RegionCopies.of(dataset.id(), region.name(), all, dataset.rpo(), now),
                lockedUntil(region, all)));
      }
    }
    return copies;
  }

  private static Optional<Instant> lockedUntil(Region region, List<SnapshotRecord> all) {
    if (region.lock().isEmpty()) {
      return Optional.empty();
    }
    Optional<SnapshotRecord> newest =
        all.stream()
            .filter(
                record -> record.header().complete() && record.regions().contains(region.name()))
            .max(Comparator.comparing(record -> record.header().time()));
    try {
      return newest.isEmpty() ? Optional.empty() : region.lockedUntil(newest.get().key());
    } catch (RegionException e) {
      return Optional.empty();
    }
  }

  /** Unknown while the regions that could tell do not answer: that is said of them already. */
  private static Optional<Fragmentation> fragmentation(
      Vault vault, SnapshotRecord newest, List<TenantWriteKeys> keys) {
    try {
      return Optional.of(vault.fragmentation(newest, keys));
    } catch (VaultException.Unreachable e) {
      return Optional.empty();
    }
  }

  /** Region to what is wrong with it, empty if it answers. */
  private static Map<String, String> regions(Workspace workspace) {
    Map<String, String> regions = new LinkedHashMap<>();
    for (Region region : workspace.regions().regions()) {
      String problem = "";
      try {
        Instant _ = region.now();
      } catch (RegionException e) {
        problem = String.valueOf(e.getMessage());
      }
      regions.put(region.name().value(), problem);
    }
    return regions;
  }

  private void print(
      Workspace workspace,
      Map<String, String> regions,
      List<Line> lines,
      Optional<NightReport> night) {
    Table table =
        new Table(
            "DATASET",
            "PROTECTED",
            "NEWEST COMPLETE",
            ">AGE",
            ">RPO",
            ">SNAPSHOTS",
            ">PACKS",
            ">LIVE",
            "REGIONS");
    for (Line line : lines) {
      table.row(
          line.dataset.id(),
          switch (line.standing) {
            case OK -> "yes";
            case LATE -> "LATE";
            case NONE -> "NO";
          },
          line.newest.map(r -> Units.time(r.header().time())).orElse("never"),
          line.age.map(Units::duration).orElse(""),
          line.dataset.rpo().map(Units::duration).orElse(""),
          Units.count(line.snapshots),
          line.fragmentation.map(f -> Units.count(f.packs())).orElse(""),
          line.fragmentation
              .map(f -> String.format(Locale.ROOT, "%.0f %%", 100 * f.liveShare()))
              .orElse(""),
          line.newest
              .map(r -> String.join(", ", r.regions().stream().map(n -> n.value()).toList()))
              .orElse(""));
    }
    print(table);
    Table copies =
        new Table(
            "DATASET",
            "REGION",
            "NEWEST COMPLETE THERE",
            ">AGE",
            "IN TIME",
            ">LACKS",
            ">BYTES",
            "LOCKED UNTIL");
    for (Line line : lines) {
      for (Copy copy : line.copies) {
        NightReport.Copy holds = copy.holds;
        copies.row(
            line.dataset.id(),
            copy.region.value(),
            holds.newestComplete().map(Units::time).orElse("never"),
            holds.age().map(Units::duration).orElse(""),
            holds.late() ? "NO" : "yes",
            Units.count(holds.lagging()),
            holds.lagging() == 0 ? "" : Units.bytes(holds.laggingBytes()),
            copy.lockedUntil.map(Units::time).orElse(""));
      }
    }
    print("");
    print(copies);
    print("");
    regions.forEach((name, problem) ->
        print("region %s: %s".formatted(name, problem.isEmpty() ? "answers" : problem)));
    print(
        night
            .map(n ->
                "last night: %s, began %s, took %s"
                    .formatted(
                        n.outcome().name().toLowerCase(Locale.ROOT),
                        Units.time(n.started()),
                        Units.duration(n.duration())))
            .orElse("last night: none has run from " + workspace.home()));
  }

  private static Map<String, Object> fields(
      Map<String, String> regions, List<Line> lines, Optional<NightReport> night) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("datasets", lines.stream().map(StatusCommand::fields).toList());
    fields.put(
        "regions",
        regions.entrySet().stream()
            .map(entry -> {
              Map<String, Object> region = new LinkedHashMap<>();
              region.put("region", entry.getKey());
              region.put("reachable", entry.getValue().isEmpty());
              region.put("problem", entry.getValue().isEmpty() ? null : entry.getValue());
              return region;
            })
            .toList());
    Map<String, Object> last = new LinkedHashMap<>();
    night.ifPresent(n -> {
      last.put("night", n.night());
      last.put("outcome", n.outcome().name());
      last.put("started", n.started());
      last.put("finished", n.finished());
    });
    fields.put("lastNight", night.isPresent() ? last : null);
    return fields;
  }

  private static Map<String, Object> fields(Fragmentation fragmentation) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("packs", fragmentation.packs());
    fields.put("leastPacks", fragmentation.leastPacks());
    fields.put("packBytes", fragmentation.packBytes());
    fields.put("liveBytes", fragmentation.liveBytes());
    fields.put("liveShare", fragmentation.liveShare());
    fields.put("spread", fragmentation.spread());
    return fields;
  }

  private static Map<String, Object> fields(Copy copy) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("region", copy.region.value());
    fields.put("newestComplete", copy.holds.newestComplete());
    fields.put("age", copy.holds.age());
    fields.put("late", copy.holds.late());
    fields.put("lagSnapshots", copy.holds.lagging());
    fields.put("lagBytes", copy.holds.laggingBytes());
    fields.put("lockedUntil", copy.lockedUntil);
    return fields;
  }

  private static Map<String, Object> fields(Line line) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("tenant", line.dataset.tenant().value());
    fields.put("dataset", line.dataset.name().value());
    fields.put("standing", line.standing.name().toLowerCase(Locale.ROOT));
    fields.put("newestComplete", line.newest.map(r -> r.header().time()));
    fields.put("snapshot", line.newest.map(r -> r.header().id().hex()));
    fields.put("age", line.age);
    fields.put("rpo", line.dataset.rpo());
    fields.put("snapshots", line.snapshots);
    fields.put("fragmentation", line.fragmentation.map(StatusCommand::fields));
    fields.put(
        "regions",
        line.newest.map(r -> r.regions().stream().map(n -> n.value()).toList()).orElse(List.of()));
    fields.put("copies", line.copies.stream().map(StatusCommand::fields).toList());
    return fields;
  }
}
