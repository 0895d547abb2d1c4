package dev.lifeboat.schedules.watch;

import dev.lifeboat.jobs.DatasetGoal;
import dev.lifeboat.jobs.NightWork;
import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.schedules.watch.Concern.Kind;
import dev.lifeboat.schedules.watch.Concern.Severity;
import dev.lifeboat.verify.Coverage;
import dev.lifeboat.verify.Finding;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Compares what was seen with what must have happened by then. Asks nobody and remembers nothing:
 * the same observation gives the same concerns.
 */
public final class Watch {
  /** So many findings of one severity are told in words; all of them by the command it names. */
  private static final int TOLD = 3;

  /** A certificate that ends within this is not left to the next working day. */
  private static final Duration SOON = Duration.ofDays(3);

  /** Records are copied when a command ends, and a night may take that long. */
  private static final Duration UNCOPIED = Duration.ofDays(1);

  private static final Optional<String> AUDIT = Optional.of("lifeboat audit verify");

  private final WatchRules rules;

  public Watch(WatchRules rules) {
    this.rules = rules;
  }

  /** Everything that is not as it should be, the worst first; nothing if all is well. */
  public List<Concern> look(Observation seen) {
    List<Concern> concerns = new ArrayList<>();
    datasets(seen, concerns);
    regions(seen, concerns);
    copies(seen, concerns);
    damage(seen, concerns);
    coverage(seen, concerns);
    drills(seen, concerns);
    audit(seen, concerns);
    surroundings(seen, concerns);
    concerns.sort(
        Comparator.comparing(Concern::severity)
            .thenComparing(Concern::kind)
            .thenComparing(Concern::subject));
    return concerns;
  }

  private static void datasets(Observation seen, List<Concern> concerns) {
    Map<String, NightWork.Standing> standings = new HashMap<>();
    seen.survey().standings().forEach(standing -> standings.put(standing.dataset(), standing));
    for (DatasetGoal goal : seen.goals()) {
      Optional<Instant> newest = newest(seen, goal, standings.get(goal.id()));
      Optional<String> remedy = Optional.of("lifeboat backup " + goal.id());
      if (newest.isEmpty()) {
        concerns.add(
            new Concern(
                Kind.NO_SNAPSHOT,
                Severity.CRITICAL,
                goal.id(),
                Optional.empty(),
                "there is no complete snapshot of it in as many as %d regions"
                    .formatted(seen.survey().quorum()),
                "all of it",
                remedy));
      } else if (goal.rpo().isPresent()
          && seen.now().isAfter(newest.get().plus(goal.rpo().get()))) {
        concerns.add(
            new Concern(
                Kind.SNAPSHOT_LATE,
                Severity.CRITICAL,
                goal.id(),
                Optional.of(newest.get().plus(goal.rpo().get())),
                "its newest complete snapshot is %s old, with an RPO of %s"
                    .formatted(
                        words(Duration.between(newest.get(), seen.now())), words(goal.rpo().get())),
                "what was written since " + newest.get().truncatedTo(ChronoUnit.SECONDS),
                remedy));
      }
    }
  }

  /**
   * Of a quorum of regions; or, while some of them are silent, of any that answers: what the silent
   * ones hold nobody knows, and that is a concern of its own.
   */
  private static Optional<Instant> newest(
      Observation seen, DatasetGoal goal, NightWork.@Nullable Standing standing) {
    Optional<Instant> durable = standing == null ? Optional.empty() : standing.newestComplete();
    List<NightReport.RegionState> regions = seen.survey().regions();
    if (regions.stream().allMatch(NightReport.RegionState::reachable)) {
      return durable;
    }
    return Stream.concat(
            durable.stream(),
            regions.stream()
                .flatMap(region -> region.datasets().stream())
                .filter(copy -> copy.dataset().equals(goal.id()))
                .flatMap(copy -> copy.newestComplete().stream()))
        .max(Comparator.naturalOrder());
  }

  private static void regions(Observation seen, List<Concern> concerns) {
    List<NightReport.RegionState> states = seen.survey().regions();
    int quorum = seen.survey().quorum();
    long answering = states.stream().filter(NightReport.RegionState::reachable).count();
    for (NightReport.RegionState state : states) {
      if (!state.reachable()) {
        concerns.add(
            new Concern(
                Kind.REGION_SILENT,
                answering < quorum ? Severity.CRITICAL : Severity.WARNING,
                state.name(),
                Optional.empty(),
                "it does not answer: " + state.problem().orElse("nobody knows why"),
                answering < quorum
                    ? "every night from now on: %d regions answer, and %d must"
                        .formatted(answering, quorum)
                    : "",
                Optional.of("lifeboat doctor")));
      }
    }
  }

  private static void copies(Observation seen, List<Concern> concerns) {
    for (NightReport.RegionState state : seen.survey().regions()) {
      if (!state.reachable()) {
        continue;
      }
      for (NightReport.Copy copy : state.datasets()) {
        if (copy.late()) {
          concerns.add(
              new Concern(
                  Kind.COPY_LATE,
                  Severity.WARNING,
                  "%s in %s".formatted(copy.dataset(), state.name()),
                  Optional.empty(),
                  copy.age()
                      .map(age ->
                          "the newest complete snapshot there is %s old".formatted(words(age)))
                      .orElse("there is no complete snapshot of it there"),
                  copy.lagging() == 0
                      ? ""
                      : "%d snapshots, if the other regions are lost".formatted(copy.lagging()),
                  Optional.of("lifeboat replicate")));
        }
      }
    }
  }

  /** One concern for each severity: a lost disk has a finding for each object. */
  private static void damage(Observation seen, List<Concern> concerns) {
    SortedMap<Finding.Severity, List<Finding>> findings =
        seen.findings().stream()
            .filter(finding -> finding.severity() != Finding.Severity.MINOR)
            // Told of the region itself.
            .filter(finding ->
                !(finding instanceof Finding.RegionUnreachable
                    || finding instanceof Finding.ClockSkew))
            .collect(Collectors.groupingBy(Finding::severity, TreeMap::new, Collectors.toList()));
    findings.forEach((severity, all) ->
        concerns.add(
            new Concern(
                Kind.DAMAGE,
                severity == Finding.Severity.ENDANGERED ? Severity.WARNING : Severity.CRITICAL,
                severity.toString().toLowerCase(Locale.ROOT),
                Optional.empty(),
                all.stream().limit(TOLD).map(Finding::what).collect(Collectors.joining("; "))
                    + (all.size() > TOLD ? "; and %,d more".formatted(all.size() - TOLD) : ""),
                hurt(all),
                Optional.of(
                    severity == Finding.Severity.ENDANGERED
                        ? "lifeboat verify --heal"
                        : "lifeboat verify"))));
  }

  private static String hurt(List<Finding> findings) {
    if (findings.stream().anyMatch(finding -> finding.hurt().everything())) {
      return "every snapshot";
    }
    List<String> snapshots =
        findings.stream()
            .flatMap(finding -> finding.hurt().snapshots().stream())
            .distinct()
            .sorted()
            .toList();
    return snapshots.isEmpty()
        ? ""
        : snapshots.size() <= TOLD
            ? String.join(", ", snapshots)
            : "%s and %,d more snapshots"
                .formatted(String.join(", ", snapshots.subList(0, TOLD)), snapshots.size() - TOLD);
  }

  private static void coverage(Observation seen, List<Concern> concerns) {
    for (Coverage region : seen.coverage()) {
      if (!region.kept()) {
        Coverage.Share share = region.ciphertext();
        concerns.add(
            new Concern(
                Kind.COVERAGE_OVERDUE,
                Severity.WARNING,
                region.region().value(),
                share.oldest().map(oldest -> oldest.since().plus(region.within())),
                share.objects().objects() == 0
                    ? "there is nothing in it"
                    : "%,d bytes in %,d objects were not read for longer than %s"
                        .formatted(
                            share.overdue().bytes(),
                            share.overdue().objects(),
                            words(region.within())),
                "",
                Optional.of("lifeboat verify --ciphertext --region " + region.region())));
      }
    }
  }

  private void drills(Observation seen, List<Concern> concerns) {
    seen.evidence()
        .forEach(problem ->
            concerns.add(
                new Concern(
                    Kind.EVIDENCE_BROKEN,
                    Severity.CRITICAL,
                    "vault",
                    Optional.empty(),
                    problem,
                    "",
                    Optional.of("lifeboat evidence list"))));
    if (rules.drillWithin().isEmpty()) {
      return;
    }
    Duration within = rules.drillWithin().get();
    for (DatasetGoal goal : seen.goals()) {
      Optional<Instant> last = Optional.ofNullable(seen.drilled().get(goal.id()));
      if (last.isEmpty() || seen.now().isAfter(last.get().plus(within))) {
        concerns.add(
            new Concern(
                Kind.DRILL_LATE,
                Severity.WARNING,
                goal.id(),
                last.map(time -> time.plus(within)),
                last.map(time ->
                        "its last drill that passed was %s ago, and one is due every %s"
                            .formatted(words(Duration.between(time, seen.now())), words(within)))
                    .orElse("no drill of it ever passed"),
                "nobody knows whether it comes back",
                Optional.of("lifeboat drill --dataset " + goal.id())));
      }
    }
  }

  private static void audit(Observation seen, List<Concern> concerns) {
    List<String> problems = seen.audit().problems();
    if (!problems.isEmpty()) {
      concerns.add(
          new Concern(
              Kind.AUDIT_BROKEN,
              Severity.CRITICAL,
              "vault",
              Optional.empty(),
              problems.stream().limit(TOLD).collect(Collectors.joining("; "))
                  + (problems.size() > TOLD
                      ? "; and %,d more".formatted(problems.size() - TOLD)
                      : ""),
              "",
              AUDIT));
    }
    seen.audit()
        .worked()
        .forEach((host, worked) -> {
          // A host of which nothing was ever copied may be one that is not to copy.
          Instant copied = seen.audit().copied().get(host);
          if (copied != null && worked.isAfter(copied.plus(UNCOPIED))) {
            concerns.add(
                new Concern(
                    Kind.AUDIT_LATE,
                    Severity.WARNING,
                    host,
                    Optional.of(copied.plus(UNCOPIED)),
                    "it was at work on %s, and the newest record of its audit trail in the vault is of %s"
                        .formatted(
                            worked.truncatedTo(ChronoUnit.SECONDS),
                            copied.truncatedTo(ChronoUnit.SECONDS)),
                    "who did what since then, if that host is lost",
                    AUDIT));
          }
        });
  }

  private void surroundings(Observation seen, List<Concern> concerns) {
    seen.skew()
        .forEach((region, ahead) -> {
          if (ahead.abs().compareTo(rules.clockSkew()) > 0) {
            concerns.add(
                new Concern(
                    Kind.CLOCK_SKEW,
                    Severity.WARNING,
                    region.value(),
                    Optional.empty(),
                    "its clock is %s %s this machine's"
                        .formatted(words(ahead.abs()), ahead.isNegative() ? "behind" : "ahead of"),
                    "",
                    Optional.of("lifeboat doctor")));
          }
        });
    seen.certificates()
        .forEach((whose, until) -> {
          Duration left = Duration.between(seen.now(), until);
          if (left.compareTo(rules.certificatesWithin()) < 0) {
            concerns.add(
                new Concern(
                    Kind.CERTIFICATE_EXPIRES,
                    left.compareTo(SOON) < 0 ? Severity.CRITICAL : Severity.WARNING,
                    whose,
                    Optional.empty(),
                    left.isNegative()
                        ? "its certificate is not valid since " + until
                        : "its certificate is valid for %s more, until %s"
                            .formatted(words(left), until),
                    "connections to it are refused from then on",
                    Optional.empty()));
          }
        });
    if (seen.disk().free() < rules.diskFree()) {
      concerns.add(
          new Concern(
              Kind.DISK_FULL,
              Severity.WARNING,
              seen.disk().path(),
              Optional.empty(),
              "%,d bytes are free where this host keeps its state, and %,d should be"
                  .formatted(seen.disk().free(), rules.diskFree()),
              "",
              Optional.empty()));
    }
    for (NightReport.Unprotected unprotected : seen.survey().warnings()) {
      concerns.add(
          new Concern(
              Kind.UNPROTECTED,
              Severity.WARNING,
              unprotected.subject(),
              Optional.empty(),
              unprotected.reason(),
              "",
              Optional.empty()));
    }
  }

  /** A time for people. Two units are enough: {@code 1 d 7 h}, {@code 12 min 5 s}. */
  public static String words(Duration time) {
    if (time.toDays() > 0) {
      return String.format(Locale.ROOT, "%d d %d h", time.toDays(), time.toHoursPart());
    }
    if (time.toHours() > 0) {
      return String.format(Locale.ROOT, "%d h %d min", time.toHours(), time.toMinutesPart());
    }
    return time.toMinutes() > 0
        ? String.format(Locale.ROOT, "%d min %d s", time.toMinutes(), time.toSecondsPart())
        : String.format(Locale.ROOT, "%d s", time.toSeconds());
  }
}
