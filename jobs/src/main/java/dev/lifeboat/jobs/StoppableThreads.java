package dev.lifeboat.jobs;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Runs work on threads of its own, which may be interrupted, so that those which write the state
 * database never are: an interrupt in the midst of file I/O would close the database's file.
 */
final class StoppableThreads {
  private final Set<Thread> threads = new HashSet<>();
  private boolean stopping;

  /** Whether {@link #stop} was called. */
  synchronized boolean isStopping() {
    return stopping;
  }

  /** Interrupts all work, now and later. */
  synchronized void stop() {
    stopping = true;
    threads.forEach(Thread::interrupt);
  }

  /**
   * Runs {@code work} on a thread of its own and waits for its end, through interrupts of the
   * caller.
   *
   * @throws ExecutionException with whatever the work threw
   * @throws InterruptedException if there is to be no more work; nothing was run
   */
  <T> T call(String name, Callable<T> work) throws ExecutionException, InterruptedException {
    FutureTask<T> task = new FutureTask<>(work);
    Thread thread = Thread.ofPlatform().name(name).unstarted(task);
    synchronized (this) {
      if (stopping) {
        throw new InterruptedException("stopping");
      }
      threads.add(thread);
      thread.start();
    }
    try {
      return waitFor(task);
    } finally {
      synchronized (this) {
        threads.remove(thread);
      }
    }
  }

  /** Waits for a task whatever happens to this thread; an interrupt is kept for later. */
  static <T> T waitFor(FutureTask<T> task) throws ExecutionException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
