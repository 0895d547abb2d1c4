package dev.lifeboat.sources.directory;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The threads that read files. Work waits in a short queue, which also bounds how many directories
 * are kept open for it. The first failure stops everything and is thrown at the walker.
 */
final class Crew implements AutoCloseable {
  private static final int QUEUED_PER_WORKER = 16;
  private static final int LOOK_UP_MILLIS = 200;

  private final ExecutorService threads;
  private final Semaphore room;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  Crew(int workers) {
    threads =
        Executors.newFixedThreadPool(
            workers, Thread.ofPlatform().name("directory-reader-", 1).daemon(true).factory());
    room = new Semaphore(workers * QUEUED_PER_WORKER);
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
