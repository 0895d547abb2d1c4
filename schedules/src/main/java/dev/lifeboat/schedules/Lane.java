package dev.lifeboat.schedules;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Where one may pass at a time: of those that wait, the one of the highest priority goes first. */
final class Lane {
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

  /** Waits for its turn; false if there will be none any more. */
  synchronized boolean enter(int priority, Instant due) {
    Turn turn = new Turn(priority, due, turns++);
    waiting.add(turn);
    try {
      while (!closed
          && (taken || waiting.stream().min(ORDER).orElseThrow().number() != turn.number())) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      boolean _ = waiting.remove(turn);
      notifyAll();
    }
    taken = !closed || taken;
    return !closed;
  }

  /** Lets the next one in. */
  synchronized void leave() {
    taken = false;
    notifyAll();
  }

  /** Lets nobody in any more. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }
}
