package dev.lifeboat.verify;

import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which objects of a region are read this time: on from where the last time stopped, round past the
 * end, until the budget is used up. Told of all objects in ascending order of their keys; holds
 * those that the budget allows.
 */
final class Turn {
  /** So many small objects are enough for one time, whatever the budget says. */
  private static final int MOST = 50_000;

  /** A first time counts as if the last had been a day before. */
  private static final Duration FIRST = Duration.ofDays(1);

  private final Optional<Cursor.Position> last;
  private final ReadBudget budget;
  private final Batch ahead;
  private final Batch wrapped;
  private long bytes;

  /** Objects in order, as many as a budget allows. */
  private static final class Batch {
    private final List<ObjectInfo> objects = new ArrayList<>();
    private long left;

    private Batch(long budget) {
      this.left = budget;
    }

    void offer(ObjectInfo object) {
      if (left > 0 && objects.size() < MOST) {
        left -= object.bytes();
        objects.add(object);
      }
    }
  }

  /**
   * @param last where the last time stopped, and when
   */
  Turn(Optional<Cursor.Position> last, ReadBudget budget) {
    this.last = last;
    this.budget = budget;
    this.ahead = new Batch(budget.bytes());
    this.wrapped = new Batch(budget.bytes());
  }

  /** An object of the region. */
  void offer(ObjectInfo object) {
    bytes += object.bytes();
    boolean behind = last.isPresent() && object.key().compareTo(last.get().key()) <= 0;
    (behind ? wrapped : ahead).offer(object);
  }

  /** All bytes that the region holds. */
  long bytes() {
    return bytes;
  }

  /**
   * The objects whose turn it is. One more than the budget allows may be among them, so that a
   * budget smaller than the largest object still gets past it.
   */
  List<ObjectInfo> objects(Instant now) {
    Batch turn = new Batch(share(now));
    ahead.objects.forEach(turn::offer);
    wrapped.objects.forEach(turn::offer);
    return turn.objects;
  }

  /** At least one byte, so that even an impatient operator's second run reads something. */
  private long share(Instant now) {
    if (budget.within().isEmpty()) {
      return budget.bytes();
    }
    Duration since =
        last.map(position -> Duration.between(position.time(), now))
            .filter(time -> !time.isNegative())
            .orElse(FIRST);
    double share = (double) since.toMillis() / budget.within().get().toMillis();
    return Math.clamp((long) Math.ceil(share * bytes), 1, Math.max(1, budget.bytes()));
  }

  /** In what time everything has its turn if this budget is read every day; empty if in time. */
  Optional<Duration> tooSlow() {
    if (budget.within().isEmpty() || budget.bytes() == 0) {
      return Optional.empty();
    }
    Duration round = Duration.ofDays((bytes + budget.bytes() - 1) / budget.bytes());
    return round.compareTo(budget.within().get()) > 0 ? Optional.of(round) : Optional.empty();
  }

  /** The key that the next time goes on behind. */
  static Optional<ObjectKey> end(List<ObjectInfo> objects) {
    return objects.isEmpty() ? Optional.empty() : Optional.of(objects.getLast().key());
  }
}
