package dev.lifeboat.verify.drill;

import dev.lifeboat.restore.Restore;
import dev.lifeboat.restore.RestoreReport;
import dev.lifeboat.restore.RestoreRequest;
import dev.lifeboat.restore.Selection;
import dev.lifeboat.sources.BringBackContext;
import dev.lifeboat.sources.Comparison;
import dev.lifeboat.sources.Restorer;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.directory.Overwrite;
import dev.lifeboat.sources.fence.Children;
import dev.lifeboat.sources.fence.Fence;
import dev.lifeboat.sources.fence.FenceContext;
import dev.lifeboat.sources.fence.Fenced;
import dev.lifeboat.sources.fence.Trial;
import dev.lifeboat.sources.fence.Trials;
import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.MeasuringSink;
import dev.lifeboat.vault.engine.SnapshotListing;
import dev.lifeboat.vault.engine.Unreadable;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.ManifestCodec;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One dataset, brought back into a fence and checked. For one thread. */
final class Attempt implements AutoCloseable {
  /**
   * What is attempted.
   *
   * @param keys that are at hand, all of the tenant
   * @param newestKnown a time at which there was a complete snapshot; an older one is then not the
   *     newest, whatever the regions say
   * @param sample the share of a tree of files that is brought back; all of it if absent
   */
  record Task(
      TenantName tenant,
      DatasetName dataset,
      Occasion occasion,
      Instant failure,
      List<TenantReadKeys> keys,
      Optional<Instant> newestKnown,
      OptionalDouble sample,
      List<CustomCheck> checks) {
    Task {
      keys = List.copyOf(keys);
      checks = List.copyOf(checks);
    }

    String id() {
      return tenant + "/" + dataset;
    }
  }

  private final DrillTools tools;
  private final Task task;
  private final Vault vault;
  private final String recipient;
  private final FenceContext context;
  private final Path scratch;
  private final StageClock clock;
  private final BusyTime fetching;
  private final List<MeteredRegion> regions;
  private final DrillProgress progress;
  private final List<DrillReport.Check> checks = new ArrayList<>();
  private final List<String> notProven = new ArrayList<>();
  private final List<String> deviations = new ArrayList<>();
  private final SortedMap<String, String> isolation = new TreeMap<>();
  private final SortedMap<String, String> versions = new TreeMap<>();
  private List<DrillReport.RegionUse> used = List.of();
  private @Nullable SnapshotRecord record;
  private DrillReport.@Nullable Copy copy;
  private @Nullable SnapshotView view;
  private @Nullable Fenced fenced;
  private @Nullable Duration rto;
  private @Nullable SampledFiles sampled;
  private @Nullable String failure;
  private boolean begun;
  private boolean back;

  Attempt(
      DrillTools tools,
      Task task,
      Vault vault,
      String recipient,
      FenceContext context,
      Path scratch,
      StageClock clock,
      BusyTime fetching,
      List<MeteredRegion> regions,
      DrillProgress progress) {
    this.tools = tools;
    this.task = task;
    this.vault = vault;
    this.recipient = recipient;
    this.context = context;
    this.scratch = scratch;
    this.clock = clock;
    this.fetching = fetching;
    this.regions = regions;
    this.progress = progress;
  }

  /** Brings back and checks, as far as it gets; {@link #result} has what came of it. */
  void run() throws InterruptedException {
    List<DrillReport.RegionUse> before = use();
    Duration start = clock.now();
    try {
      plan();
      if (record != null) {
        start();
        bringBack();
        check();
        Duration took = clock.now().minus(start);
        if (sampled == null) {
          rto = took;
        } else {
          sampled = sampled.within(took, clock.stages());
        }
      }
    } catch (VaultException | SourceException | IOException e) {
      ToldToStop.check(e);
      fail(e);
    }
    used = since(before);
  }

  private void fail(Exception e) {
    String message = e.getMessage();
    failure = message == null ? e.toString() : message;
  }

  private StageClock.Running stage(String name) {
    progress.stage(task.id(), name);
    return clock.begin(name);
  }

  private SnapshotRecord chosen() {
    return Objects.requireNonNull(record);
  }

  private SnapshotView opened() {
    return Objects.requireNonNull(view);
  }

  private Fenced place() {
    return Objects.requireNonNull(fenced);
  }

  // --- plan

  private void plan() {
    try (StageClock.Running _ = stage("plan")) {
      SnapshotListing listing =
          vault.list(task.keys().stream().map(TenantReadKeys::write).toList(), task.dataset());
      // From here on the copies are what is tried, and a fault is theirs.
      begun = true;
      manifests(listing);
      Optional<SnapshotChoice> choice =
          SnapshotChoice.of(task.occasion(), listing.snapshots(), task.failure(), tools.random());
      if (choice.isEmpty()) {
        failure =
            "there is no snapshot of it for this scenario in %s"
                .formatted(vault.regions().regions().stream().map(r -> r.name()).toList());
        return;
      }
      deviations.addAll(choice.get().deviations());
      record = choice.get().record();
      SnapshotHeader header = chosen().header();
      copy = copy(choice.get());
      checks.add(
          new DrillReport.Check(
              "captured whole",
              "no problems",
              header.complete() ? "no problems" : header.counts().problems() + " problems",
              1,
              header.complete()));
      newest(header);
      view = vault.open(chosen(), task.keys());
      checks.add(
          new DrillReport.Check(
              "snapshot",
              header.id().toString(),
              opened().header().id().toString(),
              1,
              opened().header().equals(header)));
    }
  }

  private void manifests(SnapshotListing listing) {
    List<Unreadable> unreadable = listing.unreadable();
    long all = listing.snapshots().size() + (long) unreadable.size();
    checks.add(
        new DrillReport.Check(
            "manifests",
            all + " readable and signed",
            unreadable.isEmpty()
                ? all + " readable and signed"
                : "%d are not: %s"
                    .formatted(unreadable.size(), unreadable.getFirst().why().getMessage()),
            all,
            unreadable.isEmpty()));
    listing
        .unlisted()
        .forEach((name, why) ->
            deviations.add("region %s could not be listed: %s".formatted(name, why.getMessage())));
  }

  private DrillReport.Copy copy(SnapshotChoice choice) {
    SnapshotRecord chosen = choice.record();
    byte[] manifest =
        vault
            .regions()
            .read(chosen.key(), bytes -> ManifestCodec.digest(bytes).equals(chosen.digest()));
    return new DrillReport.Copy(
        chosen.header().id().hex(),
        chosen.digest().toString(),
        chosen.header().time(),
        chosen.header().complete(),
        choice.why(),
        chosen.regions().stream().map(Object::toString).toList(),
        ManifestCodec.prologue(chosen.key(), manifest).generation(),
        recipient);
  }

  /** An old copy may be sound in every respect, and still not the one that ought to be there. */
  private void newest(SnapshotHeader header) {
    task.newestKnown()
        .ifPresent(known ->
            checks.add(
                new DrillReport.Check(
                    "newest known snapshot",
                    "not before " + known,
                    header.time().toString(),
                    1,
                    !header.time().isBefore(known))));
  }

  // --- start and bring back

  private void start() throws SourceException, InterruptedException {
    String kind = opened().header().source();
    Fence fence = tools.fence(kind).orElse(null);
    if (fence == null) {
      begun = false;
      throw new SourceException.Refused(
          "this version knows no place in which a snapshot of kind '%s' can be tried"
              .formatted(kind));
    }
    try (StageClock.Running _ = stage("start")) {
      fenced = fence.raise(opened().header(), context);
      isolation.putAll(place().isolation());
      versions.putAll(place().tools());
    } catch (SourceException | VaultException e) {
      begun = false; // This machine's fault, not the copy's.
      throw e;
    }
  }

  private void bringBack() throws SourceException, InterruptedException {
    URI target = place().target();
    boolean files = "file".equals(target.getScheme());
    Duration fetchedBefore = fetching.total();
    try (StageClock.Running _ = stage(files ? "write" : "replay")) {
      if (files) {
        files(target);
      } else {
        restorer().bringBack(opened(), List.of(), target, bringBackContext());
      }
    } finally {
      Duration fetched = fetching.total().minus(fetchedBefore);
      clock.beside("fetch", clock.stages().getLast().began(), fetched);
    }
    back = true;
  }

  private void files(URI target) throws SourceException, InterruptedException {
    RestoreReport report =
        Restore.run(
            opened(),
            new RestoreRequest(
                RawPath.of(target),
                task.sample().isPresent()
                    ? Selection.sample(task.sample().getAsDouble(), tools.random().nextLong())
                    : Selection.ALL,
                Overwrite.NEVER,
                task.sample().isPresent(),
                false,
                tools.threads()),
            progress);
    if (!report.complete()) {
      String first =
          report.failures().isEmpty()
              ? report.skipped().getFirst().path()
                  + " was skipped: "
                  + report.skipped().getFirst().reason()
              : "%s: %s"
                  .formatted(
                      report.failures().getFirst().path(), report.failures().getFirst().reason());
      throw new SourceException.Failed(
          "%d things did not come back, the first is %s"
              .formatted(report.failures().size() + report.skipped().size(), first),
          null);
    }
    if (task.sample().isPresent()) {
      sampled = SampledFiles.of(opened().header().counts(), report);
    }
    if (!report.warnings().isEmpty()) {
      deviations.add(
          "%s: the scratch directory did not take all attributes: %s"
              .formatted(task.id(), report.warnings().getFirst().kind()));
    }
  }

  private Restorer restorer() throws SourceException.Refused {
    String kind = opened().header().source();
    return tools
        .restorer(kind)
        .orElseThrow(
            () -> new SourceException.Refused("this version brings no '%s' back".formatted(kind)));
  }

  private BringBackContext bringBackContext() {
    return new BringBackContext(scratch, tools.clock(), progress, place().password(), false);
  }

  // --- check

  private void check() throws SourceException, InterruptedException, IOException {
    try (StageClock.Running _ = stage("check")) {
      if (sampled == null) {
        checkAll();
      } else {
        checks.add(sampled.check());
        notProven.add("%s: %s".formatted(task.id(), sampled.notProven()));
      }
      checks.add(IndexCheck.of(vault, chosen(), task.keys().getFirst().write().id()));
      for (CustomCheck custom : task.checks()) {
        checks.add(ask(custom));
      }
    }
  }

  private void checkAll() throws SourceException, InterruptedException {
    checks.addAll(FactChecks.of(opened().expectations(), compare()));
    opened()
        .expectations()
        .limits()
        .forEach((what, why) -> notProven.add("%s: %s: %s".formatted(task.id(), what, why)));
    Trials trials = place().tryOut(opened());
    for (Trial trial : trials.done()) {
      checks.add(
          new DrillReport.Check(
              trial.name(), trial.expected(), trial.actual(), trial.count(), trial.passed()));
    }
    trials.leftOut().forEach(what -> notProven.add(task.id() + ": " + what));
  }

  /** What is sealed against what is there now. */
  Comparison compare() throws SourceException, InterruptedException {
    Expectations sealed = opened().expectations();
    try (MeasuringSink measure = new MeasuringSink(task.keys().getLast().write())) {
      return Comparison.of(
          sealed, restorer().gather(place().target(), sealed, measure, bringBackContext()));
    }
  }

  private DrillReport.Check ask(CustomCheck custom) throws InterruptedException, IOException {
    return switch (custom) {
      case CustomCheck.Sql sql -> {
        try {
          String answer = place().ask(sql.database(), sql.sql());
          yield new DrillReport.Check(sql.name(), sql.expected(), answer, 1, sql.accepts(answer));
        } catch (SourceException e) {
          ToldToStop.check(e);
          yield new DrillReport.Check(
              sql.name(), sql.expected(), String.valueOf(e.getMessage()), 1, false);
        }
      }
      case CustomCheck.Http http -> {
        isolation.put(
            "%s: network of check '%s'".formatted(task.id(), http.name()),
            "that of this host: the application that it starts has to be reached");
        yield new HttpProbe(
                context
                    .children()
                    .withNetwork()
                    .with("LIFEBOAT_TARGET", place().target().toString()),
                context.directory(),
                "%s-probe-%d".formatted(context.name(), checks.size()),
                tools.nanos())
            .run(http);
      }
      case CustomCheck.Command command -> {
        Children.Result result =
            context
                .children()
                .with("LIFEBOAT_TARGET", place().target().toString())
                .run(
                    List.of("/bin/sh", "-c", command.command()),
                    Optional.of(context.directory()),
                    command.timeout());
        boolean said = command.output().map(line -> line.equals(result.firstLine())).orElse(true);
        yield new DrillReport.Check(
            command.name(),
            command.output().map("ends with 0 and says "::concat).orElse("ends with 0"),
            "ended with %d%s"
                .formatted(
                    result.code(), result.output().isBlank() ? "" : ": " + result.firstLine()),
            1,
            result.code() == 0 && said);
      }
    };
  }

  // --- what came of it

  private List<DrillReport.RegionUse> use() {
    return regions.stream().map(MeteredRegion::use).toList();
  }

  private List<DrillReport.RegionUse> since(List<DrillReport.RegionUse> before) {
    List<DrillReport.RegionUse> now = use();
    List<DrillReport.RegionUse> used = new ArrayList<>();
    for (int i = 0; i < now.size(); i++) {
      used.add(
          new DrillReport.RegionUse(
              now.get(i).region(),
              now.get(i).reads() - before.get(i).reads(),
              now.get(i).bytes() - before.get(i).bytes(),
              now.get(i).failures() - before.get(i).failures()));
    }
    return used;
  }

  DrillReport.Dataset result() {
    SnapshotHeader header = record == null ? null : record.header();
    Verdict verdict =
        failure != null && !begun
            ? Verdict.NOT_RUN
            : Verdicts.dataset(checks, Optional.ofNullable(failure));
    return new DrillReport.Dataset(
        task.tenant().value(),
        task.dataset().value(),
        header == null ? "" : header.source(),
        Optional.ofNullable(copy),
        fenced == null ? "" : fenced.target().toString(),
        sampled != null ? sampled.bytes() : back && header != null ? header.counts().bytes() : 0,
        sampled != null ? sampled.files() : back && view != null ? objects(view) : 0,
        used,
        checks,
        clock.stages(),
        Optional.ofNullable(rto),
        back && header != null && !task.occasion().choosesOld()
            ? Optional.of(
                Duration.between(header.time(), task.occasion().at().orElse(task.failure())))
            : Optional.empty(),
        Optional.ofNullable(sampled).flatMap(SampledFiles::estimate),
        verdict,
        Optional.ofNullable(failure));
  }

  private static long objects(SnapshotView view) {
    SortedMap<String, String> facts = view.expectations().facts();
    return switch (view.header().source()) {
      case "postgres", "h2" ->
          facts.keySet().stream().filter(fact -> fact.endsWith("/rows")).count();
      case "git" -> Long.parseLong(facts.getOrDefault("repositories", "0"));
      default -> view.header().counts().files();
    };
  }

  Task task() {
    return task;
  }

  Optional<SnapshotRecord> snapshot() {
    return Optional.ofNullable(record);
  }

  /** Where it was brought back to, if it got that far. */
  Optional<Fenced> fenced() {
    return Optional.ofNullable(fenced);
  }

  Expectations sealed() {
    return opened().expectations();
  }

  List<String> notProven() {
    return notProven;
  }

  List<String> deviations() {
    return deviations;
  }

  SortedMap<String, String> isolation() {
    return isolation;
  }

  SortedMap<String, String> versions() {
    return versions;
  }

  /** Takes the fence down. */
  @Override
  public void close() throws SourceException {
    if (view != null) {
      view.close();
    }
    if (fenced != null) {
      fenced.close();
    }
  }
}
