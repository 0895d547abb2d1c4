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
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.ManifestBody;
import dev.lifeboat.vault.snapshot.ManifestCodec;
import dev.lifeboat.vault.snapshot.PackReference;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotId;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.nio.ByteBuffer;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
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

  ManifestCommit(SessionContext session, PackPipeline pipeline) {
    this.session = session;
    this.pipeline = pipeline;
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
    Set<RegionName> targets = targets(references);
    if (targets.size() < session.regions().quorum()) {
      throw new VaultException.Unreachable(
          "only %s can hold the snapshot, the quorum is %d; nothing was committed. %s"
              .formatted(targets, session.regions().quorum(), missing),
          causes);
    }
    PutReport report = session.regions().put(key, ByteBuffer.wrap(manifest), targets);
    report
        .failed()
        .forEach((region, failed) -> missing.put(region, String.valueOf(failed.getMessage())));
    if (report.held().isEmpty()) {
      throw new VaultException.Unreachable(
          "manifest %s could not be written anywhere".formatted(key),
          List.copyOf(report.failed().values()));
    }
    session.manifests().remember(key, manifest);
    TreeSet<RegionName> whole = new TreeSet<>(report.held());
    Set<RegionName> sure = session.lease().renew();
    for (RegionName name : report.held()) {
      if (!sure.contains(name)) {
        doubt(name, references)
            .ifPresent(doubt -> {
              missing.put(name, doubt);
              whole.remove(name);
            });
      }
    }
    SnapshotRecord record = new SnapshotRecord(key, ManifestCodec.digest(manifest), header, whole);
    return new Committed(record, whole.size() >= session.regions().quorum(), missing);
  }

  /** The regions that can have the manifest; the others are missing from now on. */
  private Set<RegionName> targets(List<PackReference> references) {
    Set<RegionName> alive = session.lease().renew();
    Set<RegionName> targets = new TreeSet<>();
    for (Region region : session.regions().regions()) {
      RegionName name = region.name();
      RegionException failed = session.survey().failed().get(name);
      RegionException lost = session.lease().failures().get(name);
      String outage = session.regions().outages().get(name);
      if (failed != null) {
        missing.put(name, String.valueOf(failed.getMessage()));
        causes.add(failed);
      } else if (outage != null) {
        missing.put(name, outage);
      } else if (!pipeline.complete().contains(name)) {
        missing.put(name, "it did not take all packs and the index of this session");
      } else if (!alive.contains(name)) {
        missing.put(
            name,
            lost == null
                ? "the lease was lost there: what the snapshot needs may have been removed"
                : String.valueOf(lost.getMessage()));
        if (lost != null) {
          causes.add(lost);
        }
      } else {
        long lacking = references.stream().filter(pack -> lacks(name, pack)).count();
        if (lacking == 0) {
          targets.add(name);
        } else {
          missing.put(
              name,
              "it lacks %d packs of earlier snapshots; run: lifeboat replicate".formatted(lacking));
        }
      }
    }
    return targets;
  }

  private boolean lacks(RegionName region, PackReference pack) {
    return !session.survey().holds(region, pack.pack(), pack.bytes())
        && pipeline.references().stream().noneMatch(own -> own.pack().equals(pack.pack()));
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
    PackId pack = PackSurvey.pack(info);
    if (pack != null) {
      packs.put(pack, info.bytes());
    }
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
