package dev.lifeboat.sources.directory;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The threads that read files. Work waits in a short queue, which also bounds how many directories
 * are kept open for it. The first failure stops everything and is thrown at the walker.
 *
 * <p>Threads that wait for a file system far away leave the processors idle: the more of their time
 * is spent reading, the more of them there are.
 */
final class Crew implements AutoCloseable {
  private static final int QUEUED_PER_WORKER = 16;
  private static final int LOOK_UP_MILLIS = 200;

  /** So many pieces of work tell whether reading waits. */
  private static final int MEASURED_AT_LEAST = 16;

  private final ThreadPoolExecutor threads;
  private final Semaphore room;
  private final int fewest;
  private final int most;
  private long pieces;
  private long nanos;
  private long readNanos;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  /**
   * @param fewest how many threads keep the processors busy when reading takes no time
   * @param most however long reading takes
   */
  Crew(int fewest, int most) {
    this.fewest = fewest;
    this.most = most;
    threads =
        new ThreadPoolExecutor(
            fewest,
            most,
            1,
            TimeUnit.MINUTES,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().name("directory-reader-", 1).daemon(true).factory());
    room = new Semaphore(fewest * QUEUED_PER_WORKER);
  }

  /**
   * Tells how long a piece of work took, and for how much of that it read. Readers that compute for
   * the n-th part of their time keep one processor busy by n.
   */
  synchronized void took(long all, long reading) {
    pieces++;
    nanos += all;
    readNanos += Math.clamp(reading, 0, all);
    int now = threads.getCorePoolSize();
    if (pieces < MEASURED_AT_LEAST || now == most) {
      return;
    }
    double computing = Math.max(1e-3, 1 - (double) readNanos / Math.max(1, nanos));
    int wanted = (int) Math.min(most, Math.round(fewest / computing));
    if (wanted > now) {
      threads.setCorePoolSize(wanted);
      room.release((wanted - now) * QUEUED_PER_WORKER);
    }
  }

  /** How many threads there may be now. */
  int size() {
    return threads.getCorePoolSize();
  }

  /** Hands work over, waiting for room. */
  void submit(Runnable work) throws InterruptedException {
    while (!room.tryAcquire(LOOK_UP_MILLIS, TimeUnit.MILLISECONDS)) {
      check();
    }
    check();
    threads.execute(() -> {
      try {
        if (failure.get() == null) {
          work.run();
        }
      } catch (RuntimeException | Error e) {
        failure.compareAndSet(null, e);
      } finally {
        room.release();
      }
    });
  }

  /** Throws what stopped a worker, and InterruptedException if this thread is to stop. */
  void check() throws InterruptedException {
    Throwable thrown = failure.get();
    if (thrown instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    if (thrown instanceof Error error) {
      throw error;
    }
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }

  /** Waits until all work is done. */
  void await() throws InterruptedException {
    threads.shutdown();
    while (!threads.awaitTermination(LOOK_UP_MILLIS, TimeUnit.MILLISECONDS)) {
      check();
    }
    check();
  }

  /** Stops what still runs; does not wait for a sink that does not heed interruption. */
  @Override
  public void close() {
    failure.compareAndSet(null, new IllegalStateException("the capture is over"));
    threads.shutdownNow();
  }
}
