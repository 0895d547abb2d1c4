package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.temporal.IsoFields;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Decides which snapshots to keep. Pure: asks no clock, changes nothing. */
public final class Retention {
  private Retention() {}

  /**
   * What is to become of a snapshot.
   *
   * @param reason in words, for the report and the ledger
   */
  public record Decision(SnapshotRecord snapshot, boolean keep, String reason) {}

  private record Dataset(TenantName tenant, DatasetName name) {}

  /** A rule that keeps one snapshot of each period. */
  private record Rule(String adjective, int count, Function<Instant, String> period) {}

  /**
   * Decides, for each dataset by itself. Kept whatever the policy says: the newest snapshot, and
   * the newest complete one. A partial snapshot counts as one of the {@code last}; for the other
   * rules only where its period has no complete one.
   *
   * @return a decision for each snapshot, newest first within a dataset
   */
  public static List<Decision> decide(
      Collection<SnapshotRecord> snapshots, RetentionPolicy policy) {
    Map<Dataset, List<SnapshotRecord>> datasets = new LinkedHashMap<>();
    for (SnapshotRecord snapshot : snapshots) {
      datasets
          .computeIfAbsent(
              new Dataset(snapshot.header().tenant(), snapshot.header().dataset()),
              _ -> new ArrayList<>())
          .add(snapshot);
    }
    List<Decision> decisions = new ArrayList<>();
    datasets.values().forEach(dataset -> decisions.addAll(decideDataset(dataset, policy)));
    return decisions;
  }

  private static List<Decision> decideDataset(
      List<SnapshotRecord> dataset, RetentionPolicy policy) {
    List<SnapshotRecord> newestFirst = new ArrayList<>(dataset);
    newestFirst.sort(
        Comparator.<SnapshotRecord, Instant>comparing(s -> s.header().time())
            .thenComparingLong(s -> s.header().sequence())
            .thenComparing(s -> s.header().id())
            .reversed());
    Map<SnapshotRecord, List<String>> wanted = new HashMap<>();
    keep(wanted, newestFirst.getFirst(), "the newest");
    newestFirst.stream()
        .filter(s -> s.header().complete())
        .findFirst()
        .ifPresent(s -> keep(wanted, s, "the newest complete one"));
    newestFirst.stream()
        .limit(policy.last())
        .forEach(s -> keep(wanted, s, "one of the last " + policy.last()));
    for (Rule rule : rules(policy)) {
      apply(rule, newestFirst, wanted);
    }
    List<Decision> decisions = new ArrayList<>();
    for (SnapshotRecord snapshot : newestFirst) {
      List<String> reasons = wanted.get(snapshot);
      if (reasons != null) {
        decisions.add(new Decision(snapshot, true, String.join(", ", reasons)));
      } else {
        decisions.add(
            new Decision(
                snapshot,
                false,
                snapshot.header().complete()
                    ? "no rule of the retention policy keeps it"
                    : "partial, and no rule of the retention policy keeps it"));
      }
    }
    return decisions;
  }

  private static void apply(
      Rule rule, List<SnapshotRecord> newestFirst, Map<SnapshotRecord, List<String>> wanted) {
    // The latest periods that have a snapshot at all; in each the newest complete, else the newest.
    Map<String, SnapshotRecord> chosen = new LinkedHashMap<>();
    for (SnapshotRecord snapshot : newestFirst) {
      String period = rule.period().apply(snapshot.header().time());
      SnapshotRecord present = chosen.get(period);
      if (present == null) {
        if (chosen.size() < rule.count()) {
          chosen.put(period, snapshot);
        }
      } else if (!present.header().complete() && snapshot.header().complete()) {
        chosen.put(period, snapshot);
      }
    }
    chosen.forEach(
        (period, snapshot) -> keep(wanted, snapshot, rule.adjective() + " for " + period));
  }

  private static void keep(
      Map<SnapshotRecord, List<String>> wanted, SnapshotRecord snapshot, String reason) {
    wanted.computeIfAbsent(snapshot, _ -> new ArrayList<>()).add(reason);
  }

  private static String isoWeek(ZonedDateTime time) {
    return "%d-W%02d"
        .formatted(
            time.get(IsoFields.WEEK_BASED_YEAR), time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
  }

  private static List<Rule> rules(RetentionPolicy policy) {
    ZoneId zone = policy.zone();
    return List.of(
        // With the offset: the hour that a change of clocks repeats is two hours.
        new Rule(
            "hourly",
            policy.hourly(),
            time -> {
              ZonedDateTime hour = time.atZone(zone).truncatedTo(ChronoUnit.HOURS);
              return hour.toLocalDateTime() + hour.getOffset().getId();
            }),
        new Rule("daily", policy.daily(), time -> time.atZone(zone).toLocalDate().toString()),
        new Rule("weekly", policy.weekly(), time -> isoWeek(time.atZone(zone))),
        new Rule("monthly", policy.monthly(), time -> YearMonth.from(time.atZone(zone)).toString()),
        new Rule("yearly", policy.yearly(), time -> Integer.toString(time.atZone(zone).getYear())));
  }
}
