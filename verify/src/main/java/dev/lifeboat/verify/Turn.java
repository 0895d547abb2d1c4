package dev.lifeboat.verify;

import dev.lifeboat.vault.reclaim.Proof;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectLock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Which objects of a region are read this time: what was never proven before what was, the least
 * recently proven first, until the budget is used up. Told of all objects; holds those that the
 * budget allows. What is of the moment, as leases are, has no turn.
 *
 * <p>Objects have their turn with all others of their {@link ProvenRanges.Segment}, so that what
 * was added last night and what was proven a week ago become one range again, and the ledger stays
 * short. What was stored within the last hour comes last: it has to be read again before it can be
 * counted.
 */
final class Turn {
  /** So many small objects are enough for one time, whatever the budget says. */
  static final int MOST = 50_000;

  /** Without an earlier reading, and for the next one: a day. */
  private static final Duration USUAL = Duration.ofDays(1);

  private static final Comparator<Candidate> ORDER =
      Comparator.comparing(Candidate::rank)
          .thenComparing(Candidate::time)
          .thenComparing(candidate -> candidate.object().key());

  /** In the order of the turns. */
  private enum Rank {
    NEVER,
    PROVEN,
    YOUNG
  }

  private record Candidate(Rank rank, Instant time, ObjectInfo object) {}

  private final ProvenRanges proven;
  private final ReadBudget budget;
  private final Instant now;
  private final Instant settled;
  private final TreeSet<Candidate> candidates = new TreeSet<>(ORDER);
  private long candidateBytes;
  private long bytes;
  private long dueBytes;
  private boolean someLeft;

  /**
   * @param now of the region, before it was listed
   */
  Turn(ProvenRanges proven, ReadBudget budget, Instant now) {
    this.proven = proven;
    this.budget = budget;
    this.now = now;
    this.settled = Reading.settled(now);
  }

  /** An object of the region. */
  void offer(ObjectInfo object) {
    if (!ObjectLock.covers(object.key())) {
      return;
    }
    bytes += object.bytes();
    Candidate candidate = candidate(object);
    if (isDue(candidate)) {
      dueBytes += object.bytes();
    }
    boolean full = candidateBytes >= budget.bytes() || candidates.size() >= MOST;
    if (full && (candidates.isEmpty() || ORDER.compare(candidate, candidates.last()) > 0)) {
      someLeft = true;
      return;
    }
    candidates.add(candidate);
    candidateBytes += object.bytes();
    while (candidates.size() > MOST
        || candidateBytes - candidates.last().object().bytes() >= budget.bytes()) {
      if (candidates.size() == 1) {
        break;
      }
      candidateBytes -= candidates.removeLast().object().bytes();
      someLeft = true;
    }
  }

  private Candidate candidate(ObjectInfo object) {
    if (!object.modified().isBefore(settled)) {
      return new Candidate(Rank.YOUNG, Proof.EVER, object);
    }
    ProvenRanges.Segment segment = proven.of(object);
    return object.modified().isBefore(segment.known())
        ? new Candidate(Rank.PROVEN, segment.base(), object)
        : new Candidate(Rank.NEVER, segment.known(), object);
  }

  /** Whether it would be too late for an object the next time. */
  private boolean isDue(Candidate candidate) {
    if (budget.within().isEmpty()) {
      return false;
    }
    Instant since =
        switch (candidate.rank()) {
          case NEVER, YOUNG -> candidate.object().modified();
          case PROVEN -> candidate.time();
        };
    Duration pause = pause().compareTo(USUAL) < 0 ? USUAL : pause();
    // And a quarter: no night begins to the minute a day after the one before.
    Instant next = now.plus(pause).plus(pause.dividedBy(4));
    return !since.plus(budget.within().get()).isAfter(next);
  }

  /** How long it is since the last reading. */
  private Duration pause() {
    return proven
        .last()
        .map(last -> Duration.between(last, now))
        .filter(time -> !time.isNegative())
        .orElse(USUAL);
  }

  /** All bytes that have their turn some time. */
  long bytes() {
    return bytes;
  }

  /**
   * The objects whose turn it is, in the order of the turns: a share of everything, and at least so
   * many that nothing is left that would be too late the next time. One more than the budget allows
   * may be among them, so that a budget smaller than the largest object still gets past it.
   */
  List<ObjectInfo> objects() {
    long left = budget.bytes();
    long share = share();
    long due = dueBytes;
    List<ObjectInfo> objects = new ArrayList<>();
    for (Candidate candidate : candidates) {
      boolean wanted = share > 0 || due > 0;
      if (!wanted || (left <= 0 && !objects.isEmpty())) {
        break;
      }
      long length = candidate.object().bytes();
      left -= length;
      share -= length;
      due -= isDue(candidate) ? length : 0;
      objects.add(candidate.object());
    }
    return objects;
  }

  /**
   * A share of everything for the time that has passed. At least one byte, so that even an
   * impatient operator's second run reads something.
   */
  private long share() {
    if (budget.within().isEmpty()) {
      return budget.bytes();
    }
    double share = (double) pause().toMillis() / budget.within().get().toMillis();
    return Math.max(1, (long) Math.ceil(share * bytes));
  }

  /** In what time everything has its turn if this budget is read every day; empty if in time. */
  Optional<Duration> tooSlow() {
    if (budget.within().isEmpty() || budget.bytes() == 0) {
      return Optional.empty();
    }
    Duration round = Duration.ofDays((bytes + budget.bytes() - 1) / budget.bytes());
    return round.compareTo(budget.within().get()) > 0 ? Optional.of(round) : Optional.empty();
  }

  /**
   * What is read to its end when the first of {@link #objects} were read.
   *
   * @param count how many of them
   */
  List<Reading.Range> ranges(int count) {
    if (count == 0) {
      return List.of();
    }
    if (count == candidates.size() && !someLeft) {
      return List.of(Reading.EVERYTHING);
    }
    Candidate last = candidates.stream().skip(count - 1L).findFirst().orElseThrow();
    List<Reading.Range> ranges = new ArrayList<>();
    for (ProvenRanges.Segment segment : proven.segments()) {
      Optional<Instant> from = Optional.empty();
      String split = "";
      switch (last.rank()) {
        case YOUNG -> from = Optional.of(Proof.EVER);
        case NEVER -> {
          int order = segment.known().compareTo(last.time());
          if (order <= 0) {
            from = Optional.of(segment.known());
            split = order == 0 ? last.object().key().value() : "";
          }
        }
        case PROVEN -> {
          int order = segment.isUnknown() ? -1 : segment.base().compareTo(last.time());
          from = Optional.of(order <= 0 ? Proof.EVER : segment.known());
          split = order == 0 ? last.object().key().value() : "";
        }
      }
      if (from.isEmpty()) {
        continue;
      }
      if (split.isEmpty() || (!segment.upTo().isEmpty() && segment.upTo().compareTo(split) <= 0)) {
        join(ranges, new Reading.Range(segment.after(), segment.upTo(), from.get()));
        continue;
      }
      boolean begun = segment.after().compareTo(split) < 0;
      if (begun) {
        join(ranges, new Reading.Range(segment.after(), split, from.get()));
      }
      if (last.rank() == Rank.PROVEN) {
        // What was added there since is read, too: it came before.
        String rest = begun ? split : segment.after();
        join(ranges, new Reading.Range(rest, segment.upTo(), segment.known()));
      }
    }
    return ranges;
  }

  private static void join(List<Reading.Range> ranges, Reading.Range next) {
    if (!ranges.isEmpty()) {
      Reading.Range before = ranges.getLast();
      if (before.upTo().equals(next.after()) && before.from().equals(next.from())) {
        ranges.set(ranges.size() - 1, new Reading.Range(before.after(), next.upTo(), next.from()));
        return;
      }
    }
    ranges.add(next);
  }
}
