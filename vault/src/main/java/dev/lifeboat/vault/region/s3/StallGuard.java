package dev.lifeboat.vault.region.s3;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Interrupts a thread whose peer takes no more bytes. A socket has a timeout for reading, but none
 * for writing: a peer that stopped reading would hold a writer until the whole attempt is over.
 *
 * <p>Made by the thread that is watched, and closed by it.
 */
final class StallGuard implements AutoCloseable {
  private static final long IDLE = Long.MAX_VALUE;

  private final Thread watched = Thread.currentThread();
  private final long stallNanos;
  private volatile long sendingSince = IDLE;
  private boolean fired;
  private boolean closed;
  private @Nullable Thread watcher;

  StallGuard(Duration stall) {
    this.stallNanos = stall.toNanos();
  }

  /** Bytes were handed to the connection: it has a while to ask for more. */
  void sending() {
    sendingSince = System.nanoTime();
    if (watcher == null) {
      watcher = Thread.ofVirtual().name("stall-guard").start(this::watch);
    }
  }

  /** Nothing is waiting to be sent. */
  void idle() {
    sendingSince = IDLE;
  }

  private void watch() {
    try {
      while (true) {
        Thread.sleep(Duration.ofNanos(stallNanos / 4));
        synchronized (this) {
          if (closed) {
            return;
          }
          long since = sendingSince;
          if (since != IDLE && System.nanoTime() - since > stallNanos) {
            fired = true;
            watched.interrupt();
            return;
          }
        }
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  /**
   * Ends the watch, and takes back the interrupt that it caused.
   *
   * @return whether it did
   */
  boolean stalled() {
    close();
    return fired;
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      if (fired) {
        boolean _ = Thread.interrupted();
      }
    }
    if (watcher != null) {
      watcher.interrupt();
    }
  }
}
