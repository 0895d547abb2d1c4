package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.sources.Progress;
import dev.lifeboat.sources.SourceException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** A vault in a list, and work that does what the test says. Counts everything that is asked. */
final class ScriptedWork implements NightWork {
  /** Something that happens instead of, or before, a part. */
  interface Step {
    void run() throws SourceException, InterruptedException;
  }

  final Clock clock;
  final List<String> calls = Collections.synchronizedList(new ArrayList<>());
  final Map<String, Step> before = new ConcurrentHashMap<>();
  final List<NightReport.Dataset> committed = Collections.synchronizedList(new ArrayList<>());
  final List<String> partial = Collections.synchronizedList(new ArrayList<>());
  final List<String> findings = new ArrayList<>();
  final TreeMap<String, Long> counts = new TreeMap<>(Map.of("objects", 7L));
  final List<String> regionsDown = new ArrayList<>();
  int quorum = 1;

  ScriptedWork(Clock clock) {
    this.clock = clock;
  }

  long count(String call) {
    return calls.stream().filter(call::equals).count();
  }

  private void at(String call) throws InterruptedException {
    calls.add(call);
    Step step = before.get(call);
    if (step != null) {
      try {
        step.run();
      } catch (SourceException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public Optional<NightReport.Dataset> committedSince(DatasetPlan dataset, Instant since) {
    calls.add("ask " + dataset);
    return committed.stream()
        .filter(each -> each.id().equals(dataset.id()))
        .filter(each -> !each.capturedAt().orElseThrow().isBefore(since))
        .findFirst();
  }

  @Override
  public NightReport.Dataset capture(DatasetPlan dataset, Path state, Progress progress)
      throws SourceException, InterruptedException {
    calls.add("capture " + dataset);
    progress.bytes(1_000);
    Step step = before.get("capture " + dataset);
    if (step != null) {
      step.run();
    }
    boolean isPartial = partial.contains(dataset.id());
    NightReport.Dataset result =
        new NightReport.Dataset(
            dataset.tenant().value(),
            dataset.dataset().value(),
            dataset.source().kind(),
            isPartial ? NightReport.State.PARTIAL : NightReport.State.COMPLETE,
            Optional.of("%016x".formatted(committed.size() + 1)),
            Optional.of(clock.instant()),
            new NightReport.Counts(3, 1, 0, 1, 1, 1, 3_000, 2_000, 500, isPartial ? 1 : 0),
            Optional.of(4.0),
            Duration.ofSeconds(2),
            regions(),
            regions().size() >= quorum,
            new TreeMap<>(Map.of()),
            4,
            1,
            isPartial ? List.of("a.txt: unreadable: Permission denied") : List.of(),
            Optional.empty());
    committed.add(result);
    return result;
  }

  private List<String> regions() {
    List<String> up = new ArrayList<>(List.of("cellar", "loft"));
    up.removeAll(regionsDown);
    return up;
  }

  @Override
  public NightReport.Replication replicate() throws InterruptedException {
    at("replicate");
    return new NightReport.Replication(2, 4_096, 1, new TreeMap<>(Map.of()));
  }

  @Override
  public NightReport.Verification verify() throws InterruptedException {
    at("verify");
    boolean ran = counts.values().stream().anyMatch(count -> count > 0);
    return new NightReport.Verification(ran, counts, findings, List.of());
  }

  @Override
  public NightReport.Retention retain() throws InterruptedException {
    at("retain");
    return new NightReport.Retention(5, 1, new TreeMap<>(Map.of()));
  }

  @Override
  public NightReport.Reclamation reclaim() throws InterruptedException {
    at("reclaim");
    return new NightReport.Reclamation(1, 0, 0, List.of(), new TreeMap<>(Map.of()));
  }

  @Override
  public Survey survey(List<DatasetPlan> datasets) throws InterruptedException {
    at("survey");
    List<NightReport.RegionState> states = new ArrayList<>();
    for (String name : List.of("cellar", "loft")) {
      boolean up = !regionsDown.contains(name);
      states.add(
          new NightReport.RegionState(
              name,
              up,
              up ? Optional.empty() : Optional.of("mount is gone"),
              0,
              Duration.ZERO,
              up ? 12 : 0,
              up ? 34_567 : 0,
              0,
              Optional.empty(),
              List.of()));
    }
    List<Standing> standings = new ArrayList<>();
    for (DatasetPlan dataset : datasets) {
      List<NightReport.Dataset> all =
          committed.stream().filter(each -> each.id().equals(dataset.id())).toList();
      standings.add(
          new Standing(
              dataset.id(),
              all.stream()
                  .filter(each -> each.state() == NightReport.State.COMPLETE)
                  .reduce((_, last) -> last)
                  .flatMap(NightReport.Dataset::capturedAt),
              all.stream()
                  .map(each -> new Held(each.snapshot().orElseThrow(), regions()))
                  .toList()));
    }
    return new Survey(quorum, states, standings, List.of());
  }
}
