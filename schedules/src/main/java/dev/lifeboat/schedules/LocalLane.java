package dev.lifeboat.schedules;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The lane of one process. */
final class LocalLane implements Lane {
  private final List<Turn> waiting = new ArrayList<>();
  private boolean taken;
  private boolean closed;

  private long turns;

  /**
   * @param number in the order in which they came
   */
  private record Turn(int priority, Instant due, long number) {}

  /** The order in which those that wait at once go: by priority, then by when they were due. */
  private static final Comparator<Turn> ORDER =
      Comparator.comparingInt(Turn::priority)
          .reversed()
          .thenComparing(Turn::due)
          .thenComparingLong(Turn::number);

  @Override
  public synchronized Optional<Pass> enter(int priority, Instant due) {
    Turn turn = new Turn(priority, due, turns++);
    waiting.add(turn);
    try {
      while (!closed
          && (taken || waiting.stream().min(ORDER).orElseThrow().number() != turn.number())) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      boolean _ = waiting.remove(turn);
      notifyAll();
    }
    taken = !closed || taken;
    return closed ? Optional.empty() : Optional.of(this::leave);
  }

  private synchronized void leave() {
    taken = false;
    notifyAll();
  }

  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
  }
}
