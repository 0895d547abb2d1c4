package dev.lifeboat.verify.drill;

import dev.lifeboat.sources.Comparison;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.fence.Children;
import dev.lifeboat.sources.fence.FenceContext;
import dev.lifeboat.sources.fence.TargetFault;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.index.IndexCodec;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.TenantKeys;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.snapshot.PackReference;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Seeds faults and demands that the drill fails over each, for the right reason. Faults of the
 * vault are seeded into a copy: one region seen through a {@link FaultyRegion}. Faults of what was
 * brought back are seeded there, in the fence, before it is taken down.
 */
final class SelfTest {
  private final DrillTools tools;
  private final DrillSite site;
  private final DrillJournal journal;
  private final Children children;
  private final FenceContext.Origins origins;
  private final SortedSet<RegionName> lost;
  private final DrillProgress progress;
  private int attempts;

  SelfTest(
      DrillTools tools,
      DrillSite site,
      DrillJournal journal,
      Children children,
      FenceContext.Origins origins,
      SortedSet<RegionName> lost,
      DrillProgress progress) {
    this.tools = tools;
    this.site = site;
    this.journal = journal;
    this.children = children;
    this.origins = origins;
    this.lost = lost;
    this.progress = progress;
  }

  /** What is tested: the copy that an attempt passed with. */
  record Subject(DrillReport.Dataset dataset, SnapshotRecord snapshot, Attempt.Task task) {
    Subject(Attempt attempt) {
      this(attempt.result(), attempt.snapshot().orElseThrow(), attempt.task());
    }
  }

  /** A fault in a copy. */
  private record Seeded(
      String name, String what, Optional<FaultyRegion.Wrong> wrong, List<String> expected) {}

  /** Only all is enough, and none is nothing. */
  static DrillReport.SelfTest judge(List<DrillReport.Fault> faults) {
    List<DrillReport.Fault> possible = faults.stream().filter(DrillReport.Fault::possible).toList();
    return new DrillReport.SelfTest(
        !possible.isEmpty() && possible.stream().allMatch(DrillReport.Fault::detected), faults);
  }

  // --- in what was brought back

  /** Seeds one fault after the other into the fence of an attempt that passed. */
  static List<DrillReport.Fault> inTarget(Attempt attempt) throws InterruptedException {
    List<DrillReport.Fault> faults = new ArrayList<>();
    DrillReport.Dataset dataset = attempt.result();
    try {
      Set<Comparison.Difference> known = new HashSet<>();
      for (TargetFault fault : attempt.fenced().orElseThrow().faults(attempt.sealed())) {
        fault.act().seed();
        Comparison comparison = attempt.compare();
        List<Comparison.Difference> fresh =
            comparison.differences().stream().filter(known::add).toList();
        Optional<Comparison.Difference> right =
            fresh.stream()
                .filter(difference -> difference.fact().startsWith(fault.fact()))
                .findFirst();
        faults.add(
            new DrillReport.Fault(
                fault.name(),
                dataset.id(),
                dataset.kind(),
                fault.what(),
                true,
                fault.fact() + " differs",
                right
                    .map(FactChecks::show)
                    .orElseGet(
                        () -> fresh.isEmpty() ? "nothing" : FactChecks.show(fresh.getFirst())),
                right.isPresent() && !comparison.proves()));
      }
    } catch (SourceException e) {
      ToldToStop.check(e);
      faults.add(
          new DrillReport.Fault(
              "fault in what was brought back",
              dataset.id(),
              dataset.kind(),
              "could not be seeded: " + e.getMessage(),
              true,
              "a difference",
              "nothing",
              false));
    }
    return faults;
  }

  // --- in a copy of a region

  /** Seeds each fault into a copy of its own. */
  List<DrillReport.Fault> inCopy(Subject subject) throws IOException, InterruptedException {
    List<DrillReport.Fault> faults = new ArrayList<>();
    RegionName region = subject.snapshot().regions().first();
    List<Seeded> seeds = new ArrayList<>();
    try (DrillSite.Opened opened =
        site.open(home(), allBut(region), sound -> new FaultyRegion(sound, nothing()))) {
      seeds.addAll(packs(subject, opened));
      seeds.add(index(opened, subject.task().tenant(), region));
      seeds.addAll(manifests(subject, opened.vault(), region));
      seeds.add(
          new Seeded(
              "wrong key generation",
              "generation %d of the keys withheld, a later one given"
                  .formatted(subject.dataset().copy().orElseThrow().keyGeneration()),
              Optional.empty(),
              List.of("key generation", "keys of generation", "generation")));
    }
    for (Seeded seeded : seeds) {
      progress.stage(subject.dataset().id(), "self-test: " + seeded.name());
      faults.add(
          seeded.expected().isEmpty()
              ? impossible(subject, seeded)
              : attempt(subject, seeded, region));
    }
    return faults;
  }

  private Path home() throws IOException {
    return journal.make("self-test-" + attempts++);
  }

  private SortedSet<RegionName> allBut(RegionName region) {
    TreeSet<RegionName> others = new TreeSet<>(site.regions());
    others.addAll(lost);
    others.remove(region);
    return others;
  }

  private static FaultyRegion.Wrong nothing() {
    return new FaultyRegion.Wrong.Gone(new ObjectKey("packs/none"));
  }

  private static List<TenantWriteKeys> write(List<TenantReadKeys> keys) {
    return keys.stream().map(TenantReadKeys::write).toList();
  }

  private static List<Seeded> packs(Subject subject, DrillSite.Opened opened) {
    List<TenantReadKeys> keys = opened.keys().getOrDefault(subject.task().tenant(), List.of());
    Optional<PackReference> pack =
        opened.vault().references(subject.snapshot(), write(keys)).stream()
            .max(
                Comparator.comparingDouble((PackReference reference) ->
                        (double) reference.live().cardinality() / reference.frames())
                    .thenComparingLong(PackReference::bytes));
    if (pack.isEmpty()) {
      String why = "the snapshot has no packs";
      return List.of(
          new Seeded("bit flip", why, Optional.empty(), List.of()),
          new Seeded("missing pack", why, Optional.empty(), List.of()));
    }
    PackReference chosen = pack.get();
    ObjectKey key = ObjectKey.of(chosen.pack());
    boolean whole = chosen.live().cardinality() == chosen.frames();
    // Where other snapshots share the pack, one bit may hit what this one does not need.
    long every = whole ? Long.MAX_VALUE : 1024;
    long first = whole ? chosen.bytes() / 2 : chosen.bytes() % 1024;
    return List.of(
        new Seeded(
            "bit flip",
            "%s in the copy's %s"
                .formatted(whole ? "one bit flipped" : "one bit in each KiB flipped", key),
            Optional.of(new FaultyRegion.Wrong.Flipped(key, first, every)),
            List.of(chosen.pack().toString())),
        new Seeded(
            "missing pack",
            key + " is not in the copy",
            Optional.of(new FaultyRegion.Wrong.Gone(key)),
            List.of(chosen.pack().toString())));
  }

  private static Seeded index(DrillSite.Opened opened, TenantName tenant, RegionName region)
      throws RegionException {
    List<ObjectKey> objects = new ArrayList<>();
    String prefix =
        IndexCodec.prefix(opened.keys().getOrDefault(tenant, List.of()).getFirst().write().id());
    Vault vault = opened.vault();
    vault
        .regions()
        .in(
            region,
            lent -> {
              objects.clear();
              lent.list(prefix, info -> objects.add(info.key()));
              return true;
            });
    if (objects.isEmpty()) {
      return new Seeded(
          "truncated index", "the region has no index object", Optional.empty(), List.of());
    }
    ObjectKey key = objects.getFirst();
    byte[] bytes = vault.regions().in(region, lent -> lent.read(key));
    return new Seeded(
        "truncated index",
        "the copy's %s ends after half of it".formatted(key),
        Optional.of(new FaultyRegion.Wrong.Replaced(key, Arrays.copyOf(bytes, bytes.length / 2))),
        List.of(key.lastSegment()));
  }

  private static List<Seeded> manifests(Subject subject, Vault vault, RegionName region)
      throws RegionException {
    ObjectKey today = subject.snapshot().key();
    List<Seeded> seeds = new ArrayList<>();
    seeds.add(
        new Seeded(
            "newest snapshot withheld",
            "the copy does not have " + today,
            Optional.of(new FaultyRegion.Wrong.Gone(today)),
            List.of("newest known snapshot", "there is no snapshot")));
    List<ObjectKey> all = new ArrayList<>();
    String directory = today.value().substring(0, today.value().lastIndexOf('/') + 1);
    vault
        .regions()
        .in(
            region,
            lent -> {
              all.clear();
              lent.list(directory, info -> all.add(info.key()));
              return true;
            });
    int at = all.indexOf(today);
    if (at < 1) {
      seeds.add(
          new Seeded(
              "yesterday's snapshot as today's",
              "not possible: the region has no earlier snapshot of the dataset",
              Optional.empty(),
              List.of()));
    } else {
      ObjectKey yesterday = all.get(at - 1);
      byte[] bytes = vault.regions().in(region, lent -> lent.read(yesterday));
      seeds.add(
          new Seeded(
              "yesterday's snapshot as today's",
              "the copy gives %s for %s".formatted(yesterday.lastSegment(), today.lastSegment()),
              Optional.of(new FaultyRegion.Wrong.Replaced(today, bytes)),
              List.of(today.lastSegment())));
    }
    return seeds;
  }

  private static DrillReport.Fault impossible(Subject subject, Seeded seeded) {
    return new DrillReport.Fault(
        seeded.name(),
        subject.dataset().id(),
        subject.dataset().kind(),
        seeded.what(),
        false,
        "",
        "",
        false);
  }

  private DrillReport.Fault attempt(Subject subject, Seeded seeded, RegionName region)
      throws IOException, InterruptedException {
    BusyTime busy = new BusyTime(tools.nanos());
    int number = attempts;
    DrillReport.Dataset result;
    try (DrillSite.Opened opened =
        site.open(
            home(),
            allBut(region),
            sound ->
                seeded.wrong().isEmpty() ? sound : new FaultyRegion(sound, seeded.wrong().get()))) {
      List<TenantReadKeys> keys = opened.keys().getOrDefault(subject.task().tenant(), List.of());
      try (OtherGeneration other = new OtherGeneration(seeded.wrong().isEmpty(), keys)) {
        Attempt.Task task =
            new Attempt.Task(
                subject.task().tenant(),
                subject.task().dataset(),
                new Occasion(Scenario.LATEST, Optional.empty(), Optional.empty(), new TreeSet<>()),
                subject.snapshot().header().time(),
                other.keys,
                Optional.of(subject.snapshot().header().time()),
                OptionalDouble.empty(),
                List.of());
        try (Attempt attempt =
            new Attempt(
                tools,
                task,
                opened.vault(),
                site.recipient(),
                new FenceContext(
                    journal.place("self-test-place-" + number),
                    tools.temporary(),
                    journal.directory().getFileName() + "-t" + number,
                    tools.owner(),
                    journal::note,
                    origins,
                    children),
                journal.place("self-test-scratch-" + number),
                new StageClock(tools.nanos(), tools.nanos().getAsLong()),
                busy,
                List.of(),
                DrillProgress.NONE)) {
          attempt.run();
          result = attempt.result();
        }
      }
    } catch (SourceException | VaultException e) {
      ToldToStop.check(e);
      return fault(subject, seeded, String.valueOf(e.getMessage()), true);
    }
    String found =
        result.failure().stream()
            .collect(Collectors.joining())
            .concat(
                result.checks().stream()
                    .filter(check -> !check.passed())
                    .map(check -> " %s: %s;".formatted(check.name(), check.actual()))
                    .collect(Collectors.joining()))
            .strip();
    return fault(subject, seeded, found, result.verdict() == Verdict.FAIL);
  }

  private static DrillReport.Fault fault(
      Subject subject, Seeded seeded, String found, boolean failed) {
    return new DrillReport.Fault(
        seeded.name(),
        subject.dataset().id(),
        subject.dataset().kind(),
        seeded.what(),
        true,
        seeded.expected().getFirst(),
        found.isEmpty() ? "nothing" : found,
        failed && seeded.expected().stream().anyMatch(found::contains));
  }

  /** The keys of a tenant; or in their place a generation that opens nothing of it. */
  private final class OtherGeneration implements AutoCloseable {
    private final List<TenantReadKeys> keys;
    private final Optional<TenantReadKeys> made;

    OtherGeneration(boolean wanted, List<TenantReadKeys> right) {
      made =
          wanted
              ? Optional.of(TenantKeys.rotate(right.getLast().write(), tools.random()))
              : Optional.empty();
      keys = made.map(List::of).orElse(right);
    }

    @Override
    public void close() {
      made.ifPresent(TenantReadKeys::close);
    }
  }
}
