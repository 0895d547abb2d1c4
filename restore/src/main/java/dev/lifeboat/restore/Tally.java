package dev.lifeboat.restore;

import dev.lifeboat.sources.directory.Outcome;
import dev.lifeboat.sources.directory.WriteWarning;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** Counts what a restore does, from many threads. */
final class Tally {
  final LongAdder files = new LongAdder();
  final LongAdder unchangedFiles = new LongAdder();
  final LongAdder directories = new LongAdder();
  final LongAdder others = new LongAdder();
  final LongAdder links = new LongAdder();
  final LongAdder bytesWritten = new LongAdder();
  final LongAdder bytesReused = new LongAdder();
  private final List<Outcome.Skipped> skipped = new ArrayList<>();
  private final List<RestoreFailure> failures = new ArrayList<>();

  /** Counts what was written, and keeps what was not. */
  void count(Outcome outcome, LongAdder written) {
    switch (outcome) {
      case Outcome.Written _ -> written.increment();
      case Outcome.Skipped skip -> skip(skip);
    }
  }

  synchronized void skip(Outcome.Skipped skip) {
    skipped.add(skip);
  }

  synchronized void fail(RestoreFailure failure) {
    failures.add(failure);
  }

  synchronized RestoreReport report(List<WriteWarning> warnings) {
    return new RestoreReport(
        files.sum(),
        unchangedFiles.sum(),
        directories.sum(),
        others.sum(),
        links.sum(),
        bytesWritten.sum(),
        bytesReused.sum(),
        skipped,
        warnings,
        failures);
  }
}
