package dev.lifeboat.sources.directory;

import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.Problem;
import dev.lifeboat.vault.tree.Bytes;
import dev.lifeboat.vault.tree.Node;
import dev.lifeboat.vault.tree.TreePath;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/** What a capture counts. Used by many threads. */
final class Tally {
  private static final int MOST_PROBLEMS = 10_000;

  /** Every sparse file is named in the expectations, which are to stay small. */
  static final int MOST_SPARSE = 10_000;

  final LongAdder files = new LongAdder();
  final LongAdder directories = new LongAdder();
  final LongAdder symlinks = new LongAdder();
  final LongAdder specials = new LongAdder();
  final LongAdder bytes = new LongAdder();
  final LongAdder size = new LongAdder();
  final LongAdder fresh = new LongAdder();
  final LongAdder changed = new LongAdder();
  final LongAdder unchanged = new LongAdder();
  final LongAdder bytesRead = new LongAdder();
  private final List<Problem> problems = new ArrayList<>();
  private final SortedMap<TreePath, Bytes> sparse = new TreeMap<>();
  private long moreProblems;
  private long moreSparse;

  void node(Node node) {
    switch (node) {
      case Node.File file -> {
        files.increment();
        bytes.add(file.content().bytes());
        size.add(file.bytes());
      }
      case Node.Directory _ -> directories.increment();
      case Node.Symlink _ -> symlinks.increment();
      case Node.Special _ -> specials.increment();
    }
  }

  synchronized void problem(String subject, Problem.Kind kind, String detail) {
    if (problems.size() < MOST_PROBLEMS) {
      problems.add(new Problem(subject, kind, detail));
    } else {
      moreProblems++;
    }
  }

  synchronized void sparse(TreePath path, Bytes digest) {
    if (sparse.size() < MOST_SPARSE) {
      sparse.put(path, digest);
    } else {
      moreSparse++;
    }
  }

  synchronized boolean tooManySparse() {
    return moreSparse > 0;
  }

  synchronized SortedMap<TreePath, Bytes> sparse() {
    return new TreeMap<>(sparse);
  }

  synchronized List<Problem> problems() {
    List<Problem> sorted = new ArrayList<>(problems);
    sorted.sort(Comparator.comparing(Problem::subject));
    if (moreProblems > 0) {
      sorted.add(
          new Problem(
              "/", Problem.Kind.UNREADABLE, "and %d more problems".formatted(moreProblems)));
    }
    return sorted;
  }

  Captured.Counts counts() {
    return new Captured.Counts(
        files.sum(),
        directories.sum(),
        symlinks.sum() + specials.sum(),
        bytes.sum(),
        fresh.sum(),
        changed.sum(),
        unchanged.sum(),
        bytesRead.sum());
  }
}
