package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Progress;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.Committed;
import dev.lifeboat.vault.engine.SnapshotListing;
import dev.lifeboat.vault.engine.SnapshotWriter;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.Problem;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** The work of a night on a real vault, with a host's keys. */
public final class VaultWork implements NightWork {
  private final Vault vault;
  private final HostKeystore host;
  private final Clock clock;
  private final NightUpkeep upkeep;
  private final Optional<NightVerification> verification;
  private final Set<String> tags;
  private final NightListings listings;

  /** Without tags. */
  public VaultWork(
      Vault vault,
      HostKeystore host,
      Clock clock,
      NightUpkeep upkeep,
      Optional<NightVerification> verification) {
    this(vault, host, clock, upkeep, verification, Set.of());
  }

  /**
   * @param vault not taken over: the caller closes it, after the night
   * @param host not taken over
   * @param verification absent where there is none: the report then says that nothing is proven
   * @param tags given to every snapshot
   */
  public VaultWork(
      Vault vault,
      HostKeystore host,
      Clock clock,
      NightUpkeep upkeep,
      Optional<NightVerification> verification,
      Set<String> tags) {
    this.vault = vault;
    this.host = host;
    this.clock = clock;
    this.upkeep = upkeep;
    this.verification = verification;
    this.tags = Set.copyOf(tags);
    this.listings = new NightListings(vault);
  }

  @Override
  public Optional<NightReport.Dataset> committedSince(DatasetPlan dataset, Instant since) {
    Instant from = since.truncatedTo(ChronoUnit.MILLIS);
    return listing(dataset).snapshots().stream()
        .filter(snapshot -> snapshot.header().writer().equals(host.writer().value()))
        .filter(snapshot -> !snapshot.header().time().isBefore(from))
        .reduce((_, newer) -> newer)
        .map(this::found);
  }

  @Override
  public NightReport.Dataset capture(DatasetPlan dataset, Path state, Progress progress)
      throws SourceException, InterruptedException {
    Instant from = clock.instant();
    try (SnapshotWriter writer =
        vault.begin(host, dataset.tenant(), dataset.dataset(), dataset.source().kind())) {
      Captured captured =
          dataset.source().capture(new CaptureContext(writer, state, clock, progress));
      if (Thread.interrupted()) {
        throw new InterruptedException("stopped before the commit of " + dataset);
      }
      Committed committed = writer.commit(captured, tags);
      return committed(committed, captured, Duration.between(from, clock.instant()));
    }
  }

  /** What it lists serves verification and retention behind it. */
  @Override
  public NightReport.Replication replicate() throws InterruptedException {
    listings.begin();
    return upkeep.replicate();
  }

  @Override
  public NightReport.Verification verify() throws InterruptedException {
    if (verification.isEmpty()) {
      return new NightReport.Verification(
          false, Collections.emptySortedMap(), List.of(), List.of());
    }
    NightVerification.Result result = verification.get().verify();
    return new NightReport.Verification(
        result.ran(), result.counts(), result.findings(), List.copyOf(result.unreachable()));
  }

  @Override
  public NightReport.Retention retain() throws InterruptedException {
    NightReport.Retention retention = upkeep.retain();
    listings.end();
    return retention;
  }

  @Override
  public NightReport.Reclamation reclaim() throws InterruptedException {
    // What is removed is decided on what is listed for it, whatever came before.
    listings.end();
    return upkeep.reclaim();
  }

  @Override
  public Survey survey(List<DatasetPlan> datasets) throws InterruptedException {
    listings.begin();
    try {
      return new VaultSurvey(vault, host, clock)
          .look(datasets.stream().map(DatasetPlan::goal).toList());
    } finally {
      listings.end();
    }
  }

  private SnapshotListing listing(DatasetPlan dataset) {
    TenantName tenant = dataset.tenant();
    List<TenantWriteKeys> generations = host.generations(tenant);
    if (generations.isEmpty()) {
      throw new VaultException.KeyUnavailable(
          "host %s has no keys of tenant %s".formatted(host.writer(), tenant));
    }
    return vault.list(generations, dataset.dataset());
  }

  private static NightReport.Dataset committed(
      Committed committed, Captured captured, Duration duration) {
    SnapshotRecord snapshot = committed.snapshot();
    SortedMap<String, String> missing = new TreeMap<>();
    committed.missing().forEach((region, why) -> missing.put(region.value(), why));
    return dataset(
        snapshot,
        duration,
        committed.durable(),
        missing,
        captured.expectations().facts().size(),
        captured.expectations().limits().size(),
        captured.problems().stream()
            .limit(NightReport.Dataset.PROBLEMS_SHOWN)
            .map(VaultWork::text)
            .toList());
  }

  /** A snapshot of an earlier run: what only the capture knew is not told again. */
  private NightReport.Dataset found(SnapshotRecord snapshot) {
    return dataset(
        snapshot,
        Duration.ZERO,
        snapshot.regions().size() >= vault.regions().quorum(),
        Collections.emptySortedMap(),
        0,
        0,
        List.of());
  }

  private static NightReport.Dataset dataset(
      SnapshotRecord snapshot,
      Duration duration,
      boolean durable,
      SortedMap<String, String> missing,
      int expectations,
      int limits,
      List<String> problems) {
    SnapshotHeader header = snapshot.header();
    SnapshotHeader.Counts counts = header.counts();
    return new NightReport.Dataset(
        header.tenant().value(),
        header.dataset().value(),
        header.source(),
        header.complete() ? NightReport.State.COMPLETE : NightReport.State.PARTIAL,
        Optional.of(header.id().hex()),
        Optional.of(header.time()),
        new NightReport.Counts(
            counts.files(),
            counts.directories(),
            counts.others(),
            counts.newFiles(),
            counts.changedFiles(),
            counts.unchangedFiles(),
            counts.bytes(),
            counts.bytesRead(),
            counts.bytesAdded(),
            counts.problems()),
        counts.bytesAdded() == 0
            ? Optional.empty()
            : Optional.of((double) counts.bytesRead() / counts.bytesAdded()),
        duration,
        snapshot.regions().stream().map(RegionName::value).toList(),
        durable,
        missing,
        expectations,
        limits,
        problems,
        Optional.empty());
  }

  private static String text(Problem problem) {
    return switch (problem.kind()) {
      case UNREADABLE -> problem.subject() + ": unreadable: " + problem.detail();
      case VANISHED -> problem.subject() + ": vanished: " + problem.detail();
      case CHANGED_WHILE_READ -> problem.subject() + ": changed while read: " + problem.detail();
      case UNSUPPORTED -> problem.subject() + ": not supported: " + problem.detail();
    };
  }
}
