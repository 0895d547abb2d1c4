package dev.lifeboat.restore;

import dev.lifeboat.sources.directory.ExistingFile;
import dev.lifeboat.sources.directory.Outcome;
import dev.lifeboat.sources.directory.Overwrite;
import dev.lifeboat.sources.directory.TreeWriter;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.snapshot.ChunkReader;
import dev.lifeboat.vault.snapshot.FrameSink;
import dev.lifeboat.vault.snapshot.OpenedFrame;
import dev.lifeboat.vault.tree.Node;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Carries out plans, part by part: directories, then what the target has already, then pack by pack
 * what has to be fetched, then all that needs other nodes to be there.
 *
 * <p>Damage to one frame costs the files that need it and no others. What concerns the vault as a
 * whole (no region answers, the key is wrong) ends the run; started again, it goes on with what is
 * there.
 */
final class RestoreRun {
  /** Files with some but not all of their chunks that are kept open, well below common limits. */
  private static final int MAX_OPEN_FILES = 256;

  private final RestoreRequest request;
  private final ChunkReader chunks;
  private final TreeWriter tree;
  private final ContentCheck check;
  private final RestoreProgress progress;
  private final Tally tally = new Tally();
  private final List<RestorePlan.PlannedLink> links = new ArrayList<>();
  private final SequencedSet<FileState> open = new LinkedHashSet<>();

  RestoreRun(
      RestoreRequest request, ChunkReader chunks, TreeWriter tree, RestoreProgress progress) {
    this.request = request;
    this.chunks = chunks;
    this.tree = tree;
    this.check = new ContentCheck(chunks);
    this.progress = progress;
  }

  /**
   * Restores a part, but for hard links: they may join files of different parts.
   *
   * @throws VaultException if the vault failed as a whole
   */
  void part(RestorePlan part) throws InterruptedException {
    part.failures().forEach(tally::fail);
    makeDirectories(part);
    try {
      try (ExecutorService workers =
          Executors.newFixedThreadPool(
              request.threads(), Thread.ofPlatform().name("restore-", 0).factory())) {
        try {
          // Into an empty directory nothing has to be compared; files without bytes are made here.
          boolean nothingThere = tree.wasEmpty();
          inParallel(
              workers,
              part.files(),
              file -> {
                if (!nothingThere || file.chunks().isEmpty()) {
                  file.state(this).useWhatExists();
                }
              });
        } finally {
          workers.shutdownNow();
        }
      }
      chunks.read(
          part.pieces().entrySet().stream()
              .map(pack -> pack.getValue().wanted(pack.getKey()))
              .iterator(),
          request.threads(),
          new Writing(part));
    } finally {
      // What is unfinished stays under its temporary name, for the next run.
      part.files().forEach(PlannedFile::giveUp);
    }
    makeOthers(part);
    links.addAll(part.links());
  }

  /**
   * Ends a restore whose parts are all done.
   *
   * @throws IOException if the attributes of a directory cannot be set at all
   */
  RestoreReport finish() throws IOException {
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

  private void makeDirectories(RestorePlan part) {
    for (RestorePlan.PlannedDirectory directory : part.directories()) {
      try {
        tally.count(tree.directory(directory.path(), directory.attributes()), tally.directories);
      } catch (IOException e) {
        tally.fail(RestoreFailure.of(directory.path(), e));
      }
    }
  }

  /** Writes what arrives to the files that want it. */
  private final class Writing implements FrameSink {
    private final RestorePlan part;

    private Writing(RestorePlan part) {
      this.part = part;
    }

    @Override
    public boolean wants(PackId pack, int frame) {
      for (Piece piece : pieces(pack, frame)) {
        if (piece.file().wants(piece.number())) {
          return true;
        }
      }
      return false;
    }

    @Override
    public void opened(PackId pack, int frame, OpenedFrame opened) {
      @Nullable Piece last = null;
      boolean right = false;
      for (Piece piece : pieces(pack, frame)) {
        PlannedFile file = piece.file();
        if (!file.wants(piece.number())) {
          continue;
        }
        // Many files may share a chunk: it is compared with its id once.
        ChunkId id = file.chunks().get(piece.number());
        if (last == null
            || last.offsetInFrame() != piece.offsetInFrame()
            || !last.file().chunks().get(last.number()).equals(id)) {
          right = opened.holds(piece.offsetInFrame(), piece.bytes(), id);
          progress.at(file.path().toString());
        }
        last = piece;
        if (right) {
          write(piece, opened.bytes());
        } else {
          file.state(RestoreRun.this)
              .fail(
                  new RestoreFailure(
                      file.path(),
                      "frame %d of pack %s holds other bytes than chunk %s: whoever wrote it was broken"
                          .formatted(frame, pack, id)));
        }
      }
    }

    @Override
    public void damaged(PackId pack, int frame, VaultException.Damaged why) {
      for (Piece piece : pieces(pack, frame)) {
        PlannedFile file = piece.file();
        if (file.wants(piece.number())) {
          file.state(RestoreRun.this).fail(RestoreFailure.of(file.path(), why));
        }
      }
    }

    private List<Piece> pieces(PackId pack, int frame) {
      PackPieces wanted = part.pieces().get(pack);
      return wanted == null ? List.of() : wanted.in(frame);
    }
  }

  private void write(Piece piece, byte[] bytes) {
    PlannedFile file = piece.file();
    if (file.chunks().size() > 1 || file.node().extents() != null || !tree.wasEmpty()) {
      file.state(this).write(piece.number(), bytes, piece.offsetInFrame(), piece.bytes());
      return;
    }
    try {
      Outcome outcome =
          tree.write(file.path(), file.node(), bytes, piece.offsetInFrame(), piece.bytes());
      tally.count(outcome, tally.files);
      file.settle();
      if (outcome instanceof Outcome.Written) {
        written(piece.bytes());
        fileFinished(file);
      }
    } catch (IOException e) {
      file.state(this).fail(RestoreFailure.of(file.path(), e));
    }
  }

  private void makeOthers(RestorePlan part) {
    for (RestorePlan.PlannedOther other : part.others()) {
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
    for (RestorePlan.PlannedLink link : links) {
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
  private <T> void inParallel(ExecutorService workers, List<T> items, Work<T> work)
      throws InterruptedException {
    AtomicInteger next = new AtomicInteger();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    List<Future<?>> futures = new ArrayList<>();
    for (int i = 0; i < request.threads(); i++) {
      futures.add(
          workers.submit(() -> {
            try {
              for (int at = next.getAndIncrement();
                  at < items.size()
                      && failure.get() == null
                      && !Thread.currentThread().isInterrupted();
                  at = next.getAndIncrement()) {
                work.of(items.get(at));
              }
            } catch (RuntimeException | Error e) {
              failure.compareAndSet(null, e);
            }
          }));
    }
    for (Future<?> future : futures) {
      try {
        future.get();
      } catch (ExecutionException e) {
        failure.compareAndSet(null, e.getCause());
      }
    }
    switch (failure.get()) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }
}
