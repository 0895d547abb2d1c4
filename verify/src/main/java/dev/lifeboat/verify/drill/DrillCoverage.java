package dev.lifeboat.verify.drill;

import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.snapshot.ManifestCodec;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which copies were drilled. A copy is what one region holds of one dataset, under one generation
 * of keys, of one age; it counts as drilled when a drill passed that could read from this region
 * alone, from a snapshot that was of this age then. A drill that may turn to another region proves
 * nothing of either alone.
 */
public final class DrillCoverage {
  /** How old a snapshot is. Names are part of reports. */
  public enum Age {
    /** Of the last week. */
    DAYS(Duration.ofDays(7)),
    /** Of the last five weeks. */
    WEEKS(Duration.ofDays(35)),
    /** Of the last 400 days. */
    MONTHS(Duration.ofDays(400)),
    /** Older. */
    YEARS(Duration.ofDays(1_000_000));

    private final Duration limit;

    Age(Duration limit) {
      this.limit = limit;
    }

    static Age of(Duration old) {
      for (Age age : values()) {
        if (old.compareTo(age.limit) <= 0) {
          return age;
        }
      }
      return YEARS;
    }
  }

  /**
   * A copy.
   *
   * @param dataset {@code tenant/dataset}
   * @param generation of keys; 0 if the region did not tell
   * @param snapshots complete ones of this age in this region
   * @param newest of them
   * @param passed when a drill of it last passed
   * @param drill its id
   */
  public record Row(
      String dataset,
      String region,
      int generation,
      Age age,
      int snapshots,
      Instant newest,
      Optional<Instant> passed,
      Optional<String> drill) {
    private boolean is(Key key) {
      return dataset.equals(key.dataset)
          && region.equals(key.region)
          && generation == key.generation
          && age == key.age;
    }
  }

  private record Key(String dataset, String region, int generation, Age age) {}

  private DrillCoverage() {}

  /**
   * Looks at what the regions have and what drills showed.
   *
   * @param tenants all generations of each tenant
   * @return by dataset, region, generation and age
   */
  public static List<Row> of(
      Vault vault, List<List<TenantWriteKeys>> tenants, List<DrillReport> reports, Instant now) {
    List<Row> rows = new ArrayList<>();
    for (List<TenantWriteKeys> keys : tenants) {
      List<SnapshotRecord> complete =
          vault.list(keys).snapshots().stream()
              .filter(record -> record.header().complete())
              .toList();
      Map<SnapshotRecord, Integer> generations = generations(vault, complete, keys.size() > 1);
      Map<Key, Row> found = new HashMap<>();
      for (SnapshotRecord record : complete) {
        for (RegionName region : record.regions()) {
          Key key =
              new Key(
                  record.header().tenant() + "/" + record.header().dataset(),
                  region.value(),
                  generations.getOrDefault(record, keys.getFirst().generation()),
                  Age.of(Duration.between(record.header().time(), now)));
          Row before = found.get(key);
          found.put(
              key,
              new Row(
                  key.dataset,
                  key.region,
                  key.generation,
                  key.age,
                  before == null ? 1 : before.snapshots() + 1,
                  record.header().time(), // they come oldest first
                  Optional.empty(),
                  Optional.empty()));
        }
      }
      found.values().forEach(row -> rows.add(withProof(row, reports)));
    }
    rows.sort(
        Comparator.comparing(Row::dataset)
            .thenComparing(Row::region)
            .thenComparingInt(Row::generation)
            .thenComparing(Row::age));
    return rows;
  }

  /** Asks for the heads of manifests, and only where there is a choice. */
  private static Map<SnapshotRecord, Integer> generations(
      Vault vault, List<SnapshotRecord> records, boolean many) {
    Map<SnapshotRecord, Integer> generations = new HashMap<>();
    if (!many) {
      return generations;
    }
    for (SnapshotRecord record : records) {
      int generation = 0;
      for (RegionName region : record.regions()) {
        try {
          byte[] head =
              vault.regions().in(region, lent -> lent.read(record.key(), 0, Prologue.BYTES));
          generation = ManifestCodec.prologue(record.key(), head).generation();
          break;
        } catch (RegionException e) {
          generation = 0; // another region may tell
        }
      }
      generations.put(record, generation);
    }
    return generations;
  }

  private static Row withProof(Row row, List<DrillReport> reports) {
    Row proven = row;
    for (DrillReport report : reports) {
      for (DrillReport.Dataset dataset : report.proven()) {
        if (key(report, dataset).filter(row::is).isPresent()
            && proven.passed().map(before -> before.isBefore(report.ended())).orElse(true)) {
          proven =
              new Row(
                  row.dataset,
                  row.region,
                  row.generation,
                  row.age,
                  row.snapshots,
                  row.newest,
                  Optional.of(report.ended()),
                  Optional.of(report.id()));
        }
      }
    }
    return proven;
  }

  private static Optional<Key> key(DrillReport report, DrillReport.Dataset dataset) {
    List<String> usable = report.scenario().usableRegions();
    return usable.size() != 1
        ? Optional.empty()
        : dataset
            .copy()
            .map(copy ->
                new Key(
                    dataset.id(),
                    usable.getFirst(),
                    copy.keyGeneration(),
                    Age.of(Duration.between(copy.time(), report.started()))));
  }

  /**
   * The copy whose turn it is: one that was never drilled, or the one whose drill is longest ago.
   *
   * @param datasets {@code name} or {@code tenant/name}; empty for all
   */
  public static Optional<Row> next(List<Row> rows, List<String> datasets) {
    Map<Instant, Row> byTurn = new TreeMap<>();
    for (Row row : rows) {
      String name = row.dataset().substring(row.dataset().indexOf('/') + 1);
      if (datasets.isEmpty() || datasets.contains(row.dataset()) || datasets.contains(name)) {
        byTurn.putIfAbsent(row.passed().orElse(Instant.MIN), row);
      }
    }
    return byTurn.values().stream().findFirst();
  }
}
