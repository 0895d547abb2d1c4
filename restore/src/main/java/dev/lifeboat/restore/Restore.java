package dev.lifeboat.restore;

import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.directory.ExistingFile;
import dev.lifeboat.sources.directory.Overwrite;
import dev.lifeboat.sources.directory.TreeWriter;
import dev.lifeboat.sources.directory.TreeWriterSettings;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes a snapshot, or a part of it, as files. */
public final class Restore {
  /** Room that is left on the target for names, directories and attributes. */
  private static final long RESERVE_BYTES = 16 << 20;

  private static final int NAMED_CONFLICTS = 10;
  private static final int SAMPLE_FRAMES = 8;

  private Restore() {}

  /**
   * Restores into a directory, which is made if it is missing.
   *
   * <p>What is there already with the bytes of the snapshot is left. Interrupted and started again
   * with the same request, it goes on where it stopped.
   *
   * @throws SourceException.Refused before anything was changed: not enough room, or files exist
   *     that may not be replaced
   * @throws VaultException if the vault fails as a whole; single damaged files are in the report
   */
  public static RestoreReport run(
      SnapshotView snapshot, RestoreRequest request, RestoreProgress progress)
      throws SourceException, InterruptedException {
    RestorePlan plan = RestorePlan.of(snapshot, request.selection());
    try (TreeWriter tree = open(snapshot, request)) {
      Existing existing = tree.wasEmpty() ? new Existing(List.of(), 0) : Existing.of(plan, tree);
      refuseConflicts(existing, request);
      refuseWithoutRoom(plan, existing, request, tree);
      return new RestoreRun(plan, request, snapshot.chunks(), tree, progress).run();
    } catch (IOException e) {
      throw new SourceException.Failed(
          "cannot write to %s: %s".formatted(request.target(), e.getMessage()), e);
    }
  }

  /** Says what {@link #run} would do, changing nothing. */
  public static RestorePreview preview(SnapshotView snapshot, RestoreRequest request)
      throws SourceException {
    RestorePlan plan = RestorePlan.of(snapshot, request.selection());
    List<String> conflicts = List.of();
    Optional<Long> free = Optional.empty();
    try (TreeWriter tree =
        TreeWriter.openExisting(request.target(), settings(snapshot, request)).orElse(null)) {
      if (tree != null) {
        conflicts = Existing.of(plan, tree).conflicts();
        free = Optional.of(tree.freeBytes());
      }
    } catch (IOException e) {
      throw new SourceException.Failed(
          "cannot look at %s: %s".formatted(request.target(), e.getMessage()), e);
    }
    long frames = plan.pieces().values().stream().mapToLong(PackPieces::frames).sum();
    return new RestorePreview(
        plan.files().size(),
        plan.directories().size(),
        plan.others().size(),
        plan.links().size(),
        plan.contentBytes(),
        plan.pieces().size(),
        frames,
        free,
        estimate(plan, snapshot, request.threads()),
        conflicts,
        plan.failures());
  }

  private static TreeWriter open(SnapshotView snapshot, RestoreRequest request) throws IOException {
    return TreeWriter.open(request.target(), settings(snapshot, request));
  }

  /** The snapshot's own id names the restore, so that the same one finds its unfinished files. */
  private static TreeWriterSettings settings(SnapshotView snapshot, RestoreRequest request) {
    return new TreeWriterSettings(
        snapshot.header().id().hex(), request.overwrite(), request.sync());
  }

  /**
   * What the target has already under the names of the plan.
   *
   * @param conflicts files that are not those of the snapshot
   * @param bytes of files that look like those of the snapshot
   */
  private record Existing(List<String> conflicts, long bytes) {
    static Existing of(RestorePlan plan, TreeWriter tree) throws IOException {
      List<String> conflicts = new ArrayList<>();
      long bytes = 0;
      for (PlannedFile file : plan.files()) {
        try (ExistingFile existing = tree.existing(file.path(), file.node()).orElse(null)) {
          if (existing != null && existing.looksEqual()) {
            bytes += file.contentBytes();
          } else if (existing != null) {
            conflicts.add(file.path().toString());
          }
        }
      }
      return new Existing(conflicts, bytes);
    }
  }

  private static void refuseConflicts(Existing existing, RestoreRequest request)
      throws SourceException.Refused {
    List<String> conflicts = existing.conflicts();
    if (request.overwrite() == Overwrite.NEVER && !conflicts.isEmpty()) {
      throw new SourceException.Refused(
          "%s holds %d files that differ from the snapshot's, among them %s; nothing was changed: use another directory, or --overwrite if-newer, or --overwrite always"
              .formatted(
                  request.target(),
                  conflicts.size(),
                  String.join(
                      ", ", conflicts.subList(0, Math.min(NAMED_CONFLICTS, conflicts.size())))));
    }
  }

  private static void refuseWithoutRoom(
      RestorePlan plan, Existing existing, RestoreRequest request, TreeWriter tree)
      throws IOException, SourceException.Refused {
    long needed = plan.contentBytes() - existing.bytes() + RESERVE_BYTES;
    long free = tree.freeBytes();
    if (needed > free) {
      throw new SourceException.Refused(
          "%s has room for %,d bytes and %,d are needed; nothing was changed"
              .formatted(request.target(), free, needed));
    }
  }

  /** Reads a few frames from here and there and scales the time they took. */
  private static Optional<Duration> estimate(RestorePlan plan, SnapshotView snapshot, int threads) {
    List<Map.Entry<PackId, PackPieces>> packs = List.copyOf(plan.pieces().entrySet());
    if (packs.isEmpty()) {
      return Optional.empty();
    }
    long sampled = 0;
    long start = System.nanoTime();
    for (int i = 0; i < Math.min(SAMPLE_FRAMES, packs.size()); i++) {
      Map.Entry<PackId, PackPieces> pack =
          packs.get(i * packs.size() / SAMPLE_FRAMES % packs.size());
      int[] frames = pack.getValue().wanted(pack.getKey()).frames();
      try {
        sampled += snapshot.chunks().frame(pack.getKey(), frames[frames.length / 2]).length;
      } catch (VaultException.Damaged _) {
        // The restore itself would name what is lost by this; an estimate has nothing to say of it.
      }
    }
    if (sampled == 0) {
      return Optional.empty();
    }
    double nanosPerByte = (double) (System.nanoTime() - start) / sampled / threads;
    return Optional.of(Duration.ofNanos((long) (nanosPerByte * plan.contentBytes())));
  }
}
