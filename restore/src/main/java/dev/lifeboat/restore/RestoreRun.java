package dev.lifeboat.restore;

import dev.lifeboat.sources.directory.ExistingFile;
import dev.lifeboat.sources.directory.Overwrite;
import dev.lifeboat.sources.directory.TreeWriter;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.snapshot.ChunkReader;
import dev.lifeboat.vault.tree.Node;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Carries out a plan: directories, then what the target has already, then pack by pack what has to
 * be fetched, then all that needs other nodes to be there.
 *
 * <p>Damage to one frame costs the files that need it and no others. What concerns the vault as a
 * whole (no region answers, the key is wrong) ends the run; started again, it goes on with what is
 * there.
 */
final class RestoreRun {
  /** Files with some but not all of their chunks that are kept open, well below common limits. */
  private static final int MAX_OPEN_FILES = 256;

  private final RestorePlan plan;
  private final RestoreRequest request;
  private final ChunkReader chunks;
  private final TreeWriter tree;
  private final ContentCheck check;
  private final RestoreProgress progress;
  private final Tally tally = new Tally();
  private final Map<PlannedFile, FileState> states = new ConcurrentHashMap<>();
  private final SequencedSet<FileState> open = new LinkedHashSet<>();

  RestoreRun(
      RestorePlan plan,
      RestoreRequest request,
      ChunkReader chunks,
      TreeWriter tree,
      RestoreProgress progress) {
    this.plan = plan;
    this.request = request;
    this.chunks = chunks;
    this.tree = tree;
    this.check = new ContentCheck(chunks);
    this.progress = progress;
  }

  /**
   * Restores.
   *
   * @throws VaultException if the vault failed as a whole
   * @throws IOException if the target's root cannot be written to
   */
  RestoreReport run() throws IOException, InterruptedException {
    progress.planned(plan.files().size(), plan.contentBytes());
    plan.failures().forEach(tally::fail);
    plan.files().forEach(file -> states.put(file, new FileState(file, this)));
    makeDirectories();
    try (ExecutorService workers =
        Executors.newFixedThreadPool(
            request.threads(), Thread.ofPlatform().name("restore-", 0).factory())) {
      try {
        inParallel(workers, plan.files(), file -> state(file).useWhatExists());
        inParallel(workers, List.copyOf(plan.pieces().entrySet()), this::fetch);
      } finally {
        workers.shutdownNow();
      }
    } finally {
      // What is unfinished stays under its temporary name, for the next run.
      states.values().forEach(FileState::giveUp);
    }
    makeOthers();
    makeLinks();
    return tally.report(tree.finish());
  }

  TreeWriter tree() {
    return tree;
  }

  Tally tally() {
    return tally;
  }

  ContentCheck check() {
    return check;
  }

  boolean mayReplace() {
    return request.overwrite() != Overwrite.NEVER;
  }

  boolean names(byte[] bytes, ChunkId expected) {
    return chunks.name(bytes, 0, bytes.length).equals(expected);
  }

  void written(long bytes) {
    tally.bytesWritten.add(bytes);
    progress.bytes(bytes);
  }

  void reused(long bytes) {
    tally.bytesReused.add(bytes);
    progress.bytes(bytes);
  }

  /** Called when a file has its name and attributes. */
  void fileFinished(PlannedFile file) {
    progress.items(1);
    if (!request.verify()) {
      return;
    }
    try (ExistingFile written = tree.existing(file.path(), file.node()).orElse(null)) {
      boolean right =
          written != null
              && written.sameShape()
              && check.compare(file, written::read, new BitSet(), (_, _) -> {}) == 0;
      if (!right) {
        tally.fail(
            new RestoreFailure(
                file.path(), "reads back other bytes than were written: the target's disk is bad"));
      }
    } catch (IOException e) {
      tally.fail(RestoreFailure.of(file.path(), e));
    }
  }

  void opened(FileState state) {
    List<FileState> candidates;
    synchronized (open) {
      open.addLast(state);
      if (open.size() <= MAX_OPEN_FILES) {
        return;
      }
      candidates = new ArrayList<>(open);
    }
    for (FileState candidate : candidates) {
      if (candidate != state && candidate.tryGiveUp()) {
        return;
      }
    }
  }

  void closed(FileState state) {
    synchronized (open) {
      open.remove(state);
    }
  }

  private FileState state(PlannedFile file) {
    FileState state = states.get(file);
    if (state == null) {
      throw new IllegalStateException("not planned: " + file.path());
    }
    return state;
  }

  private void makeDirectories() {
    for (RestorePlan.PlannedDirectory directory : plan.directories().reversed()) {
      try {
        tally.count(tree.directory(directory.path(), directory.attributes()), tally.directories);
      } catch (IOException e) {
        tally.fail(RestoreFailure.of(directory.path(), e));
      }
    }
  }

  /** Fetches what is still wanted of one pack. */
  private void fetch(Map.Entry<PackId, List<Piece>> pack) {
    List<Piece> pieces = pack.getValue();
    int from = 0;
    while (from < pieces.size() && !Thread.currentThread().isInterrupted()) {
      int frame = pieces.get(from).frame();
      int to = from;
      while (to < pieces.size() && pieces.get(to).frame() == frame) {
        to++;
      }
      List<Piece> wanted =
          pieces.subList(from, to).stream()
              .filter(piece -> state(piece.file()).wants(piece.number()))
              .toList();
      if (!wanted.isEmpty()) {
        fetch(pack.getKey(), frame, wanted);
      }
      from = to;
    }
  }

  private void fetch(PackId pack, int frame, List<Piece> wanted) {
    progress.at(wanted.getFirst().file().path().toString());
    byte[] bytes;
    try {
      bytes = chunks.frame(pack, frame);
    } catch (VaultException.Damaged e) {
      wanted.forEach(piece -> state(piece.file()).fail(RestoreFailure.of(piece.file().path(), e)));
      return;
    }
    for (Piece piece : wanted) {
      state(piece.file()).write(piece.number(), bytes, piece.offsetInFrame(), piece.bytes());
    }
  }

  private void makeOthers() {
    for (RestorePlan.PlannedOther other : plan.others()) {
      try {
        switch (other.node()) {
          case Node.Symlink symlink ->
              tally.count(tree.symlink(other.path(), symlink), tally.others);
          case Node.Special special ->
              tally.count(tree.special(other.path(), special), tally.others);
          case Node.File _, Node.Directory _ ->
              throw new IllegalStateException("planned among others: " + other.path());
        }
      } catch (IOException e) {
        tally.fail(RestoreFailure.of(other.path(), e));
      }
    }
  }

  private void makeLinks() {
    for (RestorePlan.PlannedLink link : plan.links()) {
      try {
        tally.count(tree.link(link.original(), link.path(), link.attributes()), tally.links);
      } catch (IOException e) {
        tally.fail(RestoreFailure.of(link.path(), e));
      }
    }
  }

  private interface Work<T> {
    void of(T item);
  }

  /** Does the same with every item, a few at a time; the first failure of the vault ends it. */
  private static <T> void inParallel(ExecutorService workers, List<T> items, Work<T> work)
      throws InterruptedException {
    List<Future<?>> futures = new ArrayList<>();
    for (T item : items) {
      futures.add(workers.submit(() -> work.of(item)));
    }
    @Nullable Throwable failure = null;
    for (Future<?> future : futures) {
      try {
        if (failure == null) {
          future.get();
        } else {
          future.cancel(true);
        }
      } catch (ExecutionException e) {
        failure = e.getCause();
      }
    }
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    }
  }
}
