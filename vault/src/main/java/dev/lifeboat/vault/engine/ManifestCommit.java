package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.Trash;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.PutReport;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.send.Shipment;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.ManifestBody;
import dev.lifeboat.vault.snapshot.ManifestCodec;
import dev.lifeboat.vault.snapshot.PackReference;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotId;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The last step of a session: a manifest goes wherever everything it refers to is and the lease has
 * held since before that was listed. {@code docs/crash-windows.md} says what can happen around it.
 */
final class ManifestCommit {
  private final SessionContext session;
  private final PackPipeline pipeline;
  private final SortedMap<RegionName, String> missing = new TreeMap<>();
  private final List<RegionException> causes = new ArrayList<>();

  private final Failure failure;
  private final Set<RegionName> tried = new TreeSet<>();
  private final SortedSet<RegionName> whole = new TreeSet<>();

  ManifestCommit(SessionContext session, PackPipeline pipeline, Failure failure) {
    this.session = session;
    this.pipeline = pipeline;
    this.failure = failure;
  }

  /** See {@link SnapshotWriter#commit}. */
  Committed commit(Captured captured, Set<String> tags, List<PackReference> references) {
    // The header first: it reads the earlier manifests, and nothing slow comes behind the renewal.
    SnapshotHeader header = header(captured, tags, references);
    byte[] manifest =
        ManifestCodec.seal(
            session.document().vault(),
            session.keys().newest(),
            session.signingKey(),
            session.random(),
            header,
            references,
            new ManifestBody(
                captured.rootAttributes(),
                captured.root(),
                captured.expectations(),
                captured.problems()));
    ObjectKey key = ManifestCodec.key(session.keys().newest(), header);
    Shipment shipment = pipeline.shipment();
    Set<RegionName> fit = fit(references);
    try {
      awaitQuorum(shipment, fit);
      Set<RegionName> targets = targets(fit, shipment);
      if (targets.size() < session.regions().quorum()) {
        noteLost(shipment);
        throw new VaultException.Unreachable(
            "only %s can hold the snapshot, the quorum is %d; nothing was committed. %s"
                .formatted(targets, session.regions().quorum(), missing),
            causes);
      }
      PutReport report = put(key, manifest, targets, references);
      if (report.held().isEmpty()) {
        throw new VaultException.Unreachable(
            "manifest %s could not be written anywhere".formatted(key),
            List.copyOf(report.failed().values()));
      }
      session.manifests().remember(key, manifest);
      serveTheLate(shipment, fit, key, manifest, references);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      if (whole.isEmpty()) {
        throw new VaultException.Conflict("interrupted");
      }
      // There is a snapshot: whoever interrupts is told of it, and has it without the late ones.
      shipment.giveUp("it was late when the session was interrupted; run: lifeboat replicate");
    }
    noteLost(shipment);
    SnapshotRecord record = new SnapshotRecord(key, ManifestCodec.digest(manifest), header, whole);
    return new Committed(record, whole.size() >= session.regions().quorum(), missing);
  }

  /** As long as a quorum is possible, it is waited for. */
  private void awaitQuorum(Shipment shipment, Set<RegionName> fit) throws InterruptedException {
    while (true) {
      Set<RegionName> arrived = shipment.arrived();
      long ready = arrived.stream().filter(fit::contains).count();
      if (ready >= session.regions().quorum()
          || shipment.late().stream().noneMatch(fit::contains)) {
        return;
      }
      shipment.await(arrived.size() + 1, failure::check);
    }
  }

  /** The snapshot is durable: others get the manifest when they have what it refers to. */
  private void serveTheLate(
      Shipment shipment,
      Set<RegionName> fit,
      ObjectKey key,
      byte[] manifest,
      List<PackReference> references)
      throws InterruptedException {
    long from = System.nanoTime();
    Duration patience = session.patience().left();
    while (!shipment.late().isEmpty()) {
      Duration left = patience.minusNanos(System.nanoTime() - from);
      boolean more = shipment.await(shipment.arrived().size() + 1, left, failure::check);
      Set<RegionName> targets = targets(fit, shipment);
      if (!targets.isEmpty()) {
        PutReport _ = put(key, manifest, targets, references);
      }
      if (!more) {
        shipment.giveUp(
            "it had not taken everything %d s after the others and is left out; run: lifeboat replicate"
                .formatted(patience.toSeconds()));
        return;
      }
    }
    Set<RegionName> last = targets(fit, shipment);
    if (!last.isEmpty()) {
      PutReport _ = put(key, manifest, last, references);
    }
  }

  private PutReport put(
      ObjectKey key, byte[] manifest, Set<RegionName> targets, List<PackReference> references) {
    tried.addAll(targets);
    PutReport report = session.regions().put(key, ByteBuffer.wrap(manifest), targets);
    report
        .failed()
        .forEach((region, failed) -> missing.put(region, String.valueOf(failed.getMessage())));
    whole.addAll(report.held());
    if (!report.held().isEmpty()) {
      Set<RegionName> sure = session.lease().renew(report.held());
      for (RegionName name : report.held()) {
        if (!sure.contains(name)) {
          doubt(name, references)
              .ifPresent(doubt -> {
                missing.put(name, doubt);
                whole.remove(name);
              });
        }
      }
    }
    return report;
  }

  private void noteLost(Shipment shipment) {
    shipment
        .lost()
        .forEach((name, why) -> {
          if (missing.putIfAbsent(name, String.valueOf(why.getMessage())) == null) {
            causes.add(why);
          }
        });
  }

  /** The regions that have all that earlier sessions stored; the others are missing. */
  private Set<RegionName> fit(List<PackReference> references) {
    Set<RegionName> fit = new TreeSet<>();
    Set<PackId> own = new HashSet<>();
    pipeline.references().forEach(pack -> own.add(pack.pack()));
    for (Region region : session.regions().regions()) {
      RegionName name = region.name();
      RegionException failed = session.survey().failed().get(name);
      if (failed != null) {
        missing.put(name, String.valueOf(failed.getMessage()));
        causes.add(failed);
        continue;
      }
      long lacking =
          references.stream()
              .filter(pack -> !own.contains(pack.pack()))
              .filter(pack -> !session.survey().holds(name, pack.pack(), pack.bytes()))
              .count();
      if (lacking == 0) {
        fit.add(name);
      } else {
        missing.put(
            name,
            "it lacks %d packs of earlier snapshots; run: lifeboat replicate".formatted(lacking));
      }
    }
    return fit;
  }

  /** Of the fit regions, those that have all of this session by now and no manifest yet. */
  private Set<RegionName> targets(Set<RegionName> fit, Shipment shipment) {
    Set<RegionName> candidates = new TreeSet<>(shipment.arrived());
    candidates.retainAll(fit);
    candidates.removeAll(tried);
    if (candidates.isEmpty()) {
      return candidates;
    }
    Set<RegionName> alive = session.lease().renew(candidates);
    Set<RegionName> targets = new TreeSet<>();
    for (RegionName name : candidates) {
      RegionException lost = session.lease().failures().get(name);
      String outage = session.regions().outages().get(name);
      tried.add(name);
      if (outage != null) {
        missing.put(name, outage);
      } else if (alive.contains(name)) {
        targets.add(name);
      } else if (lost == null) {
        missing.put(
            name, "the lease was lost there: what the snapshot needs may have been removed");
      } else {
        missing.put(name, String.valueOf(lost.getMessage()));
        causes.add(lost);
      }
    }
    return targets;
  }

  /**
   * Why a region that took the manifest is not sure to have what it refers to: the lease was not
   * seen alive behind the manifest, and somebody may have swept before it came. From the manifest
   * on nobody marks these packs, and only what is marked is swept, the mark going last. So the
   * marks are read first, and then the packs listed.
   */
  private Optional<String> doubt(RegionName name, List<PackReference> references) {
    try {
      Set<PackId> marked =
          session.regions().in(name, region -> Trash.marked(region, session.records()));
      Map<PackId, Long> listed =
          session
              .regions()
              .in(
                  name,
                  region -> {
                    Map<PackId, Long> packs = new HashMap<>();
                    region.list(ObjectKey.PACKS, info -> note(info, packs));
                    return packs;
                  });
      long gone =
          references.stream()
              .filter(pack ->
                  marked.contains(pack.pack())
                      || listed.getOrDefault(pack.pack(), -1L) != pack.bytes())
              .count();
      return gone == 0
          ? Optional.empty()
          : Optional.of(
              "the lease expired before the manifest was there, and %d packs are gone or marked for removal; run: lifeboat replicate"
                  .formatted(gone));
    } catch (RegionException | VaultException e) {
      return Optional.of(
          "it took the manifest, but nobody could ask afterwards whether all is there (%s); run: lifeboat verify --region %s"
              .formatted(e.getMessage(), name));
    }
  }

  private static void note(ObjectInfo info, Map<PackId, Long> packs) {
    info.key().pack().ifPresent(pack -> packs.put(pack, info.bytes()));
  }

  private SnapshotHeader header(
      Captured captured, Set<String> tags, List<PackReference> references) {
    long sequence = 1;
    @Nullable Digest previous = null;
    SnapshotListing earlier = session.earlier();
    for (SnapshotRecord record : earlier.snapshots()) {
      if (record.header().sequence() >= sequence) {
        sequence = record.header().sequence() + 1;
        previous = record.digest();
      }
    }
    if (previous == null && !earlier.unreadable().isEmpty()) {
      throw new VaultException.Damaged(
          "no manifest of dataset %s can be read, and there are %d: a new one would hide that; see %s"
              .formatted(
                  session.dataset(),
                  earlier.unreadable().size(),
                  earlier.unreadable().getFirst().key()),
          earlier.unreadable().getFirst().why());
    }
    if (previous != null) {
      // A successor that nobody can read keeps its number: the gap tells of it.
      SnapshotRecord newest = earlier.snapshots().getLast();
      sequence +=
          earlier.unreadable().stream()
              .filter(unreadable -> unreadable.key().compareTo(newest.key()) > 0)
              .count();
    }
    Captured.Counts counts = captured.counts();
    return new SnapshotHeader(
        SnapshotId.random(session.random()),
        captured.time().truncatedTo(ChronoUnit.MILLIS),
        session.keys().newest().name(),
        session.dataset(),
        session.source(),
        session.writer(),
        sequence,
        previous,
        captured.problems().isEmpty(),
        new SnapshotHeader.Counts(
            counts.files(),
            counts.directories(),
            counts.others(),
            counts.bytes(),
            counts.newFiles(),
            counts.changedFiles(),
            counts.unchangedFiles(),
            counts.bytesRead(),
            pipeline.bytesAdded(),
            captured.problems().size()),
        captured.tools(),
        new TreeSet<>(tags),
        references.size());
  }
}
