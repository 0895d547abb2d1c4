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
import java.util.function.BiFunction;
import java.util.function.Function;

/** Decides which snapshots to keep. Pure: asks no clock, changes nothing. */
public final class Retention {
  private Retention() {}

  /**
   * What is to become of a snapshot.
   *
   * @param reasons in words: each that keeps it or, if none does, why not
   */
  public record Decision(SnapshotRecord snapshot, boolean keep, List<String> reasons) {
    public Decision {
      reasons = List.copyOf(reasons);
    }

    /** All reasons, for the report and the ledger. */
    public String reason() {
      return String.join(", ", reasons);
    }
  }

  private record Dataset(TenantName tenant, DatasetName name) {}

  /** A rule that keeps one snapshot of each period. */
  private record Rule(String adjective, int count, Function<Instant, String> period) {}

  /** As the other, with one policy for all and nothing held. */
  public static List<Decision> decide(
      Collection<SnapshotRecord> snapshots, RetentionPolicy policy) {
    return decide(snapshots, (_, _) -> policy, Holds.NONE);
  }

  /**
   * Decides, for each dataset by itself. Kept whatever the policy says: what is pinned or held, the
   * newest snapshot, and the newest complete one. A partial snapshot counts as one of the {@code
   * last}; for the other rules only where its period has no complete one.
   *
   * @param policies of each dataset
   * @return a decision for each snapshot, newest first within a dataset
   */
  public static List<Decision> decide(
      Collection<SnapshotRecord> snapshots,
      BiFunction<TenantName, DatasetName, RetentionPolicy> policies,
      Holds holds) {
    Map<Dataset, List<SnapshotRecord>> datasets = new LinkedHashMap<>();
    for (SnapshotRecord snapshot : snapshots) {
      datasets
          .computeIfAbsent(
              new Dataset(snapshot.header().tenant(), snapshot.header().dataset()),
              _ -> new ArrayList<>())
          .add(snapshot);
    }
    List<Decision> decisions = new ArrayList<>();
    datasets.forEach((dataset, of) ->
        decisions.addAll(
            decideDataset(of, policies.apply(dataset.tenant(), dataset.name()), holds)));
    return decisions;
  }

  private static List<Decision> decideDataset(
      List<SnapshotRecord> dataset, RetentionPolicy policy, Holds holds) {
    List<SnapshotRecord> newestFirst = new ArrayList<>(dataset);
    newestFirst.sort(
        Comparator.<SnapshotRecord, Instant>comparing(s -> s.header().time())
            .thenComparingLong(s -> s.header().sequence())
            .thenComparing(s -> s.header().id())
            .reversed());
    Map<SnapshotRecord, List<String>> wanted = new HashMap<>();
    Map<SnapshotRecord, List<String>> unwanted = new HashMap<>();
    keep(wanted, newestFirst.getFirst(), "the newest");
    newestFirst.stream()
        .filter(s -> s.header().complete())
        .findFirst()
        .ifPresent(s -> keep(wanted, s, "the newest complete one"));
    for (SnapshotRecord snapshot : newestFirst) {
      holds.reasons(snapshot.key()).forEach(reason -> keep(wanted, snapshot, reason));
      snapshot.header().tags().stream()
          .filter(policy.keepTags()::contains)
          .forEach(tag -> keep(wanted, snapshot, "tagged " + tag));
    }
    last(policy, newestFirst, wanted, unwanted);
    for (Rule rule : rules(policy)) {
      apply(rule, newestFirst, wanted, unwanted);
    }
    List<Decision> decisions = new ArrayList<>();
    for (SnapshotRecord snapshot : newestFirst) {
      List<String> reasons = wanted.get(snapshot);
      if (reasons != null) {
        decisions.add(new Decision(snapshot, true, reasons));
      } else {
        List<String> why = new ArrayList<>();
        why.add(
            snapshot.header().complete()
                ? "no rule of the retention policy keeps it"
                : "partial, and no rule of the retention policy keeps it");
        why.addAll(unwanted.getOrDefault(snapshot, List.of()));
        decisions.add(new Decision(snapshot, false, why));
      }
    }
    return decisions;
  }

  private static void last(
      RetentionPolicy policy,
      List<SnapshotRecord> newestFirst,
      Map<SnapshotRecord, List<String>> wanted,
      Map<SnapshotRecord, List<String>> unwanted) {
    if (policy.last() == 0) {
      return;
    }
    for (int i = 0; i < newestFirst.size(); i++) {
      if (i < policy.last()) {
        keep(
            wanted,
            newestFirst.get(i),
            policy.last() == Integer.MAX_VALUE
                ? "all snapshots are kept"
                : "one of the last " + policy.last());
      } else {
        keep(unwanted, newestFirst.get(i), "not one of the last " + policy.last());
      }
    }
  }

  private static void apply(
      Rule rule,
      List<SnapshotRecord> newestFirst,
      Map<SnapshotRecord, List<String>> wanted,
      Map<SnapshotRecord, List<String>> unwanted) {
    if (rule.count() == 0) {
      return;
    }
    // The latest periods that have a snapshot at all; in each the newest complete, else the newest.
    Map<String, SnapshotRecord> chosen = new LinkedHashMap<>();
    Map<SnapshotRecord, String> periods = new HashMap<>();
    for (SnapshotRecord snapshot : newestFirst) {
      String period = rule.period().apply(snapshot.header().time());
      periods.put(snapshot, period);
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
    periods.forEach((snapshot, period) -> {
      SnapshotRecord other = chosen.get(period);
      if (other == null) {
        keep(
            unwanted,
            snapshot,
            "%s: %s is before the last %d".formatted(rule.adjective(), period, rule.count()));
      } else if (!other.equals(snapshot)) {
        keep(
            unwanted,
            snapshot,
            "%s: %s has %s".formatted(rule.adjective(), period, other.header().id()));
      }
    });
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
