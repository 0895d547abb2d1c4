package dev.lifeboat.restore;

import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.directory.ExistingFile;
import dev.lifeboat.sources.directory.Overwrite;
import dev.lifeboat.sources.directory.TreeWriter;
import dev.lifeboat.sources.directory.TreeWriterSettings;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.index.ChunkLocation;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes a snapshot, or a part of it, as files. */
public final class Restore {
  /** Room that is left on the target for names, directories and attributes. */
  private static final long RESERVE_BYTES = 16 << 20;

  private static final int NAMED_CONFLICTS = 10;

  /** What is known of so many files is held in memory, some 500 bytes each. */
  private static final int FILES_AT_ONCE = 100_000;

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
    return run(snapshot, request, progress, FILES_AT_ONCE);
  }

  /**
   * As the other.
   *
   * @param filesAtOnce as {@link Planner#walk} has it
   */
  static RestoreReport run(
      SnapshotView snapshot, RestoreRequest request, RestoreProgress progress, int filesAtOnce)
      throws SourceException, InterruptedException {
    // A mistyped path is told before the target is made.
    request.selection().requirePathsIn(snapshot);
    try (TreeWriter tree = open(snapshot, request)) {
      Survey survey = new Survey(tree, !tree.wasEmpty());
      Planner.walk(snapshot, request.selection(), filesAtOnce, survey::add);
      refuseConflicts(survey, request);
      refuseWithoutRoom(survey, request, tree);
      progress.planned(survey.files, survey.bytes);
      RestoreRun run = new RestoreRun(request, snapshot.chunks(), tree, progress);
      RestorePlan whole = survey.whole();
      if (whole != null) {
        run.part(whole);
      } else {
        Planner.walk(snapshot, request.selection(), filesAtOnce, run::part);
      }
      return run.finish();
    } catch (IOException e) {
      throw new SourceException.Failed(
          "cannot write to %s: %s".formatted(request.target(), e.getMessage()), e);
    }
  }

  /** Says what {@link #run} would do, changing nothing. */
  public static RestorePreview preview(SnapshotView snapshot, RestoreRequest request)
      throws SourceException, InterruptedException {
    Optional<Long> free = Optional.empty();
    Survey survey;
    try (TreeWriter tree =
        TreeWriter.openExisting(request.target(), settings(snapshot, request)).orElse(null)) {
      survey = new Survey(tree, tree != null);
      Planner.walk(snapshot, request.selection(), FILES_AT_ONCE, survey::add);
      if (tree != null) {
        free = Optional.of(tree.freeBytes());
      }
    } catch (IOException e) {
      throw new SourceException.Failed(
          "cannot look at %s: %s".formatted(request.target(), e.getMessage()), e);
    }
    return new RestorePreview(
        survey.files,
        survey.directories,
        survey.others,
        survey.links,
        survey.bytes,
        survey.packs.size(),
        survey.frames,
        free,
        estimate(survey, snapshot, request.threads()),
        survey.conflicts,
        survey.failures);
  }

  private static TreeWriter open(SnapshotView snapshot, RestoreRequest request) throws IOException {
    return TreeWriter.open(request.target(), settings(snapshot, request));
  }

  /** The snapshot's own id names the restore, so that the same one finds its unfinished files. */
  private static TreeWriterSettings settings(SnapshotView snapshot, RestoreRequest request) {
    return new TreeWriterSettings(
        snapshot.header().id().hex(), request.overwrite(), request.sync());
  }

  /** What is to be done, and what the target has of it; made before anything is changed. */
  private static final class Survey {
    private final @Nullable TreeWriter tree;
    private final boolean mayExist;

    /** Files that are there and are not those of the snapshot. */
    private final List<String> conflicts = new ArrayList<>();

    private final List<RestoreFailure> failures = new ArrayList<>();
    private final Set<PackId> packs = new HashSet<>();
    private final List<ChunkLocation> samples = new ArrayList<>();
    private @Nullable RestorePlan first;
    private int parts;
    private long files;
    private long directories;
    private long others;
    private long links;
    private long bytes;
    private long bytesThere;
    private long frames;

    /**
     * @param mayExist whether files have to be looked for
     */
    private Survey(@Nullable TreeWriter tree, boolean mayExist) {
      this.tree = tree;
      this.mayExist = mayExist;
    }

    private void add(RestorePlan part) throws IOException {
      parts++;
      first = parts == 1 ? part : null;
      files += part.files().size();
      directories += part.directories().size();
      others += part.others().size();
      links += part.links().size();
      bytes += part.contentBytes();
      failures.addAll(part.failures());
      packs.addAll(part.pieces().keySet());
      part.pieces()
          .forEach((pack, pieces) -> {
            frames += pieces.frames();
            if (samples.size() < SAMPLE_FRAMES) {
              int[] wanted = pieces.wanted(pack).frames();
              samples.add(new ChunkLocation(pack, wanted[wanted.length / 2], 0, 0));
            }
          });
      TreeWriter target = tree;
      if (target != null && mayExist) {
        look(part, target);
      }
    }

    private void look(RestorePlan part, TreeWriter target) throws IOException {
      for (PlannedFile file : part.files()) {
        try (ExistingFile existing = target.existing(file.path(), file.node()).orElse(null)) {
          if (existing != null && existing.looksEqual()) {
            bytesThere += file.contentBytes();
          } else if (existing != null) {
            conflicts.add(file.path().toString());
          }
        }
      }
    }

    /** The plan of everything, if it is one part; asked for once. */
    private @Nullable RestorePlan whole() {
      RestorePlan whole = first;
      first = null;
      return whole;
    }
  }

  private static void refuseConflicts(Survey survey, RestoreRequest request)
      throws SourceException.Refused {
    List<String> conflicts = survey.conflicts;
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

  private static void refuseWithoutRoom(Survey survey, RestoreRequest request, TreeWriter tree)
      throws IOException, SourceException.Refused {
    long needed = survey.bytes - survey.bytesThere + RESERVE_BYTES;
    long free = tree.freeBytes();
    if (needed > free) {
      throw new SourceException.Refused(
          "%s has room for %,d bytes and %,d are needed; nothing was changed"
              .formatted(request.target(), free, needed));
    }
  }

  /** Reads a few frames of the first packs and scales the time they took. */
  private static Optional<Duration> estimate(Survey survey, SnapshotView snapshot, int threads) {
    long sampled = 0;
    long start = System.nanoTime();
    for (ChunkLocation sample : survey.samples) {
      try {
        sampled += snapshot.chunks().frame(sample.pack(), sample.frame()).length;
      } catch (VaultException.Damaged _) {
        // The restore itself would name what is lost by this; an estimate has nothing to say of it.
      }
    }
    if (sampled == 0) {
      return Optional.empty();
    }
    double nanosPerByte = (double) (System.nanoTime() - start) / sampled / threads;
    return Optional.of(Duration.ofNanos((long) (nanosPerByte * survey.bytes)));
  }
}
