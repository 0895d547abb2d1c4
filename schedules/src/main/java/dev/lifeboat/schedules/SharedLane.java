package dev.lifeboat.schedules;

import dev.lifeboat.schedules.store.Membership;
import dev.lifeboat.schedules.store.SharedStoreException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The lane of all hosts that share a store. While the database does not answer, nobody enters who
 * has not; who passes, passes on.
 */
final class SharedLane implements Lane {
  private static final Duration LOOK = Duration.ofMillis(300);
  private static final Duration LATER = Duration.ofSeconds(2);

  private final Membership membership;
  private final CountDownLatch closed = new CountDownLatch(1);

  SharedLane(Membership membership) {
    this.membership = membership;
  }

  @Override
  public Optional<Pass> enter(int priority, Instant due) {
    long turn = membership.queue(priority, due);
    boolean taken = false;
    try {
      Duration pause = Duration.ZERO;
      while (!closed.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
        try {
          switch (membership.pass(turn)) {
            case TAKEN -> {
              taken = true;
              return Optional.of(() -> membership.leave(turn));
            }
            case GONE -> {
              return Optional.empty();
            }
            case WAITS -> pause = LOOK;
          }
        } catch (SharedStoreException e) {
          pause = LATER;
        }
      }
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      if (!taken) {
        membership.leave(turn);
      }
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
