package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackBuilder;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The memory in which packs are filled and out of which they are uploaded, shared by all snapshots
 * that a vault writes at once. Safe for use by many threads.
 *
 * <p>Whoever waits for a buffer has no pack open. Buffers come back from uploads, which end well or
 * not, and from packs that others are filling, or are abandoned: nobody waits for ever.
 */
final class PackBuffers {
  private static final int LOOK_UP_MILLIS = 1000;

  /** Who waits so long waits for a region, not for a pack that is just being finished. */
  private static final int LONG_NANOS = 2_000_000_000;

  private final int bytes;
  private final int most;
  private final Deque<byte[]> free = new ArrayDeque<>();
  private int made;

  /**
   * @param most how many there are at most; they are made when they are first needed, and kept
   */
  PackBuffers(int packBytes, int most) {
    this.bytes = PackBuilder.bufferBytes(packBytes);
    this.most = most;
  }

  /**
   * A buffer for one pack, once there is one.
   *
   * @throws VaultException what {@code failure} has, if the session fails meanwhile; {@link
   *     VaultException.Conflict} if this thread is interrupted
   */
  byte[] take(Failure failure) {
    return take(failure, () -> {});
  }

  /**
   * As the other.
   *
   * @param pressing run now and then when it takes long, without any lock
   */
  byte[] take(Failure failure, Runnable pressing) {
    long from = System.nanoTime();
    while (true) {
      failure.check();
      byte[] buffer = poll();
      if (buffer != null) {
        return buffer;
      }
      if (System.nanoTime() - from > LONG_NANOS) {
        pressing.run();
      }
    }
  }

  private synchronized byte @Nullable [] poll() {
    long from = System.nanoTime();
    while (free.isEmpty()
        && made >= most
        && System.nanoTime() - from < LOOK_UP_MILLIS * 1_000_000L) {
      try {
        wait(LOOK_UP_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new VaultException.Conflict("interrupted");
      }
    }
    byte[] buffer = free.pollFirst();
    if (buffer == null && made < most) {
      made++;
      return new byte[bytes];
    }
    return buffer;
  }

  synchronized void give(byte[] buffer) {
    free.addFirst(buffer);
    notifyAll();
  }

  /**
   * Gives up buffers that a failed session still has: one of its threads might yet write into them,
   * so that nobody else may get them. Others are made in their place.
   */
  synchronized void abandon(int count) {
    made -= count;
    notifyAll();
  }
}
