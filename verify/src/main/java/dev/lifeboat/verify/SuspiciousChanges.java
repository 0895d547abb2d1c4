package dev.lifeboat.verify;

import dev.lifeboat.vault.snapshot.SnapshotHeader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * Finds snapshots that changed their dataset as it never changed before, as when somebody encrypts
 * the source. Pure: knows nothing but the counts in the headers.
 *
 * <p>Three measures of a snapshot are held against those of up to 30 before it: the share of the
 * predecessor's files that were changed or removed, the share that was removed, and, where at least
 * a tenth was changed, how much of the bytes that were read had to be stored (encrypted data
 * neither compress nor repeat). A measure is suspicious if it is large in itself (half, 30 %, 90
 * %), beyond the median of its history by six standard deviations as estimated by the median
 * absolute deviation (Hampel 1974), and if no more than one in twenty nights came within four
 * fifths of it: what happens every month is no surprise. With fewer than five nights there is no
 * history to break.
 */
public final class SuspiciousChanges {
  private static final int HISTORY = 30;
  private static final int LEAST_HISTORY = 5;
  private static final int LEAST_FILES = 20;
  private static final double DEVIATIONS = 6;

  /** Of normally distributed values, the standard deviation is so many times the MAD. */
  private static final double SIGMA = 1.4826;

  private static final double CLOSE = 0.8;
  private static final double RARE = 0.05;

  /** So long before the newest snapshot of a dataset it is still told of. */
  private static final Duration RECENT = Duration.ofDays(2);

  private static final List<Measure> MEASURES =
      List.of(
          new Measure("%.0f %% of its files were changed or removed", 0.5, s -> s.touched()),
          new Measure("%.0f %% of its files were removed", 0.3, s -> s.removed()),
          new Measure(
              "%.0f %% of what was read had to be stored: it neither compresses nor repeats",
              0.9, s -> s.stored()));

  private SuspiciousChanges() {}

  /**
   * A change that breaks the history of its dataset.
   *
   * @param snapshot the first after the change
   * @param before the last before it
   * @param why in words, with numbers
   */
  public record Change(SnapshotHeader snapshot, SnapshotHeader before, String why) {}

  private record Measure(String words, double least, Function<Step, OptionalDouble> value) {}

  /** A snapshot and its immediate predecessor. */
  private record Step(SnapshotHeader before, SnapshotHeader snapshot) {
    private double files() {
      return before.counts().files();
    }

    /** What part of the bytes that were read was not in the vault. */
    private double fresh() {
      SnapshotHeader.Counts now = snapshot.counts();
      return now.bytesRead() == 0 ? 0 : (double) now.bytesAdded() / now.bytesRead();
    }

    /**
     * Where a host lost its memory of files all of them look new, and none of what was read is:
     * then only how many fewer there are counts.
     */
    private double gone() {
      SnapshotHeader.Counts now = snapshot.counts();
      double known = fresh() < 0.5 ? now.files() : now.changedFiles() + now.unchangedFiles();
      return Math.max(0, files() - known);
    }

    /** Files with other attributes alone have no bytes to store. */
    OptionalDouble touched() {
      return share(gone() + (fresh() < 0.1 ? 0 : snapshot.counts().changedFiles()));
    }

    OptionalDouble removed() {
      return share(gone());
    }

    OptionalDouble stored() {
      SnapshotHeader.Counts now = snapshot.counts();
      boolean enough =
          now.changedFiles() + now.newFiles() >= LEAST_FILES
              && now.changedFiles() + now.newFiles() >= 0.1 * now.files()
              && now.bytesRead() > 0;
      return enough ? OptionalDouble.of(fresh()) : OptionalDouble.empty();
    }

    private OptionalDouble share(double files) {
      return files() < LEAST_FILES ? OptionalDouble.empty() : OptionalDouble.of(files / files());
    }
  }

  /**
   * Suspicious changes among the latest snapshots of each dataset.
   *
   * @param snapshots of any datasets, in any order
   */
  public static List<Change> recent(Collection<SnapshotHeader> snapshots) {
    Map<String, List<SnapshotHeader>> datasets = new LinkedHashMap<>();
    for (SnapshotHeader header : snapshots) {
      datasets
          .computeIfAbsent(header.tenant() + "/" + header.dataset(), _ -> new ArrayList<>())
          .add(header);
    }
    List<Change> changes = new ArrayList<>();
    datasets.values().forEach(dataset -> changes.addAll(ofDataset(dataset)));
    return changes;
  }

  private static List<Change> ofDataset(List<SnapshotHeader> dataset) {
    dataset.sort(Comparator.comparingLong(SnapshotHeader::sequence));
    List<Step> steps = new ArrayList<>();
    for (int i = 1; i < dataset.size(); i++) {
      SnapshotHeader before = dataset.get(i - 1);
      SnapshotHeader snapshot = dataset.get(i);
      if (snapshot.sequence() == before.sequence() + 1 && snapshot.complete()) {
        steps.add(new Step(before, snapshot));
      }
    }
    List<Change> changes = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      if (step.snapshot().time().isBefore(dataset.getLast().time().minus(RECENT))) {
        continue;
      }
      List<Step> history = steps.subList(Math.max(0, i - HISTORY), i);
      reason(step, history)
          .ifPresent(why -> changes.add(new Change(step.snapshot(), step.before(), why)));
    }
    return changes;
  }

  private static Optional<String> reason(Step step, List<Step> history) {
    if (history.size() < LEAST_HISTORY) {
      return Optional.empty();
    }
    List<String> reasons = new ArrayList<>();
    for (Measure measure : MEASURES) {
      OptionalDouble value = measure.value().apply(step);
      if (value.isEmpty() || value.getAsDouble() < measure.least()) {
        continue;
      }
      List<Double> before =
          history.stream()
              .map(measure.value())
              .filter(OptionalDouble::isPresent)
              .map(OptionalDouble::getAsDouble)
              .sorted()
              .toList();
      if (breaks(value.getAsDouble(), before)) {
        double usual = before.isEmpty() ? 0 : median(before);
        reasons.add(
            String.format(Locale.ROOT, measure.words(), 100 * value.getAsDouble())
                + String.format(Locale.ROOT, " (usually %.0f %%)", 100 * usual));
      }
    }
    return reasons.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", reasons));
  }

  private static boolean breaks(double value, List<Double> sorted) {
    if (sorted.isEmpty()) {
      return true; // In all the nights before there was not even enough to measure.
    }
    double median = median(sorted);
    double deviation =
        SIGMA * median(sorted.stream().map(each -> Math.abs(each - median)).sorted().toList());
    long close = sorted.stream().filter(each -> each >= CLOSE * value).count();
    return value > median + DEVIATIONS * deviation && close <= RARE * sorted.size();
  }

  private static double median(List<Double> sorted) {
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
