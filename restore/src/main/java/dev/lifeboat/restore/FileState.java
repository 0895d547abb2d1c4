package dev.lifeboat.restore;

import dev.lifeboat.sources.directory.ExistingFile;
import dev.lifeboat.sources.directory.FileWriter;
import dev.lifeboat.sources.directory.Outcome;
import dev.lifeboat.sources.directory.TreeWriter;
import java.io.IOException;
import java.util.BitSet;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * A file while it is being written: which of its chunks are there, and the descriptor, which may be
 * given up in between when too many files are open.
 *
 * <p>Writes hold the read lock, so that several threads fill one large file; whatever changes the
 * descriptor holds the write lock.
 */
final class FileState {
  private final PlannedFile file;
  private final RestoreRun run;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final BitSet done = new BitSet();

  private @Nullable FileWriter writer;
  private boolean begunBefore;

  FileState(PlannedFile file, RestoreRun run) {
    this.file = file;
    this.run = run;
  }

  /** Whether a chunk of the file still has to come. */
  boolean wants(int chunk) {
    if (file.isSettled()) {
      return false;
    }
    synchronized (done) {
      return !done.get(chunk);
    }
  }

  /** Writes a chunk, and finishes the file if it was the last one missing. */
  void write(int chunk, byte[] bytes, int from, int length) {
    if (!wants(chunk)) {
      return;
    }
    try {
      boolean whole = writeWithReadLock(chunk, bytes, from, length);
      if (whole) {
        finish();
      }
    } catch (IOException e) {
      fail(RestoreFailure.of(file.path(), e));
    }
  }

  private boolean writeWithReadLock(int chunk, byte[] bytes, int from, int length)
      throws IOException {
    // The descriptor may be given up between opening it and locking: then it is opened again.
    while (true) {
      open();
      lock.readLock().lock();
      try {
        if (!wants(chunk)) {
          return false;
        }
        if (writer != null) {
          writer.write(file.offset(chunk), bytes, from, length);
          run.written(length);
          return markDone(chunk);
        }
      } finally {
        lock.readLock().unlock();
      }
    }
  }

  private boolean markDone(int chunk) {
    synchronized (done) {
      done.set(chunk);
      return done.cardinality() == file.chunks().size();
    }
  }

  /** Opens the file if it is not; a file that turns out to be whole or not wanted is settled. */
  private void open() throws IOException {
    lock.writeLock().lock();
    try {
      if (writer != null || file.isSettled()) {
        return;
      }
      switch (run.tree().begin(file.path(), file.node())) {
        case TreeWriter.Begun.Skipped skipped -> {
          run.tally().skip(skipped.outcome());
          settle();
        }
        case TreeWriter.Begun.Writing writing -> {
          writer = writing.writer();
          if (begunBefore) {
            countDoneAgain(writer);
          } else {
            begunBefore = true;
            keepWhatIsRight(writer);
          }
          run.opened(this);
        }
      }
    } finally {
      lock.writeLock().unlock();
    }
    if (!file.isSettled() && isWhole()) {
      finish();
    }
  }

  private boolean isWhole() {
    synchronized (done) {
      return done.cardinality() == file.chunks().size();
    }
  }

  private void countDoneAgain(FileWriter opened) {
    synchronized (done) {
      done.stream().forEach(chunk -> opened.keep(file.offset(chunk), file.bytes(chunk)));
    }
  }

  /**
   * Takes over the chunks that an interrupted run of the same restore left, after checking them.
   */
  private void keepWhatIsRight(FileWriter opened) throws IOException {
    if (!opened.resumed()) {
      return;
    }
    run.check()
        .compare(
            file,
            opened::read,
            new BitSet(),
            (chunk, _) -> {
              opened.keep(file.offset(chunk), file.bytes(chunk));
              run.reused(file.bytes(chunk));
              markDone(chunk);
            });
  }

  /**
   * Deals with what stands in the file's place: equal content is left, equal chunks are copied
   * instead of fetched. A file without content is written here altogether.
   */
  void useWhatExists() {
    try (ExistingFile existing = run.tree().existing(file.path(), file.node()).orElse(null)) {
      if (existing != null) {
        BitSet right = new BitSet();
        if (existing.looksEqual() || run.mayReplace()) {
          int wrong =
              run.check().compare(file, existing::read, right, (chunk, _) -> right.set(chunk));
          if (wrong == 0 && existing.sameShape()) {
            leave();
            return;
          }
        }
        for (int chunk = right.nextSetBit(0);
            chunk >= 0 && wants(chunk);
            chunk = right.nextSetBit(chunk + 1)) {
          copy(existing, chunk);
        }
      }
      if (file.chunks().isEmpty()) {
        open();
      }
    } catch (IOException e) {
      fail(RestoreFailure.of(file.path(), e));
    }
  }

  private void leave() throws IOException {
    run.tree().attributes(file.path(), file.node());
    run.tally().unchangedFiles.increment();
    run.reused(file.contentBytes());
    settle();
  }

  /** Copies a chunk from the file that is to be replaced, naming it once more: it may change. */
  private void copy(ExistingFile existing, int chunk) throws IOException {
    byte[] bytes = new byte[file.bytes(chunk)];
    if (existing.read(file.offset(chunk), bytes, 0, bytes.length)
        && run.names(bytes, file.chunks().get(chunk))) {
      write(chunk, bytes, 0, bytes.length);
    }
  }

  private void finish() throws IOException {
    lock.writeLock().lock();
    try {
      if (file.isSettled() || writer == null) {
        return;
      }
      FileWriter whole = writer;
      Outcome outcome = whole.finish();
      run.tally().count(outcome, run.tally().files);
      settle();
    } finally {
      lock.writeLock().unlock();
    }
    run.fileFinished(file);
  }

  void fail(RestoreFailure failure) {
    lock.writeLock().lock();
    try {
      if (!file.isSettled()) {
        run.tally().fail(failure);
        settle();
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void settle() {
    file.settle();
    closeWriter();
  }

  /** Gives up the descriptor if nobody is writing; what was written stays. */
  boolean tryGiveUp() {
    if (!lock.writeLock().tryLock()) {
      return false;
    }
    try {
      closeWriter();
      return true;
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Gives up the descriptor, waiting for whoever is writing. */
  void giveUp() {
    lock.writeLock().lock();
    try {
      closeWriter();
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void closeWriter() {
    FileWriter open = writer;
    if (open != null) {
      writer = null;
      open.close();
      run.closed(this);
    }
  }
}
