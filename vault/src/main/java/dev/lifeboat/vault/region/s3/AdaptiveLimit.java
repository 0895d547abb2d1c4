package dev.lifeboat.vault.region.s3;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How many requests a region gets at once: one more whenever as many as are allowed went well, half
 * as many when it asks to slow down or does not answer (additive increase, multiplicative decrease,
 * as TCP does: Chiu and Jain, 1989).
 *
 * <p>Of the requests that were under way together only the first failure counts: they all tell of
 * the same moment.
 */
final class AdaptiveLimit {
  static final int FIRST = 8;
  static final int MOST = 32;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private double limit = FIRST;
  private int running;
  private long round;

  /** What is needed for one request. */
  final class Permit {
    private final long begun;

    private Permit(long begun) {
      this.begun = begun;
    }

    /** The request was answered. */
    void succeeded() {
      release(begun, 1);
    }

    /** It failed for a reason that tells nothing about how busy the region is. */
    void ended() {
      release(begun, 0);
    }

    /** The region is too busy, or does not answer. */
    void overloaded() {
      release(begun, -1);
    }
  }

  /** Waits until another request may begin. */
  Permit acquire() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (running >= (int) limit) {
        changed.await();
      }
      running++;
      return new Permit(round);
    } finally {
      lock.unlock();
    }
  }

  private void release(long begun, int outcome) {
    lock.lock();
    try {
      running--;
      if (outcome > 0) {
        limit = Math.min(MOST, limit + 1 / limit);
      } else if (outcome < 0 && begun == round) {
        limit = Math.max(1, limit / 2);
        round++;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  int current() {
    lock.lock();
    try {
      return (int) limit;
    } finally {
      lock.unlock();
    }
  }
}
