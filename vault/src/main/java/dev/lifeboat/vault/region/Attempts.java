package dev.lifeboat.vault.region;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;

/** Calls on one region, with a limit of time and, for those that may pass, another attempt. */
final class Attempts {
  /** One operation on a region. */
  interface Call<T> {
    T run() throws RegionException;
  }

  private final RetryPolicy policy;
  private final RandomGenerator jitter;
  private final ExecutorService threads;

  Attempts(RetryPolicy policy, RandomGenerator jitter, ExecutorService threads) {
    this.policy = policy;
    this.jitter = jitter;
    this.threads = threads;
  }

  /** Tries again whatever failed with {@link RegionException.Transient}, and nothing else. */
  <T> T retrying(RegionName region, Duration patience, Call<T> call) throws RegionException {
    for (int attempt = 1; ; attempt++) {
      Duration asked;
      try {
        return limited(region, patience, call);
      } catch (RegionException.Transient e) {
        if (attempt >= policy.attempts() || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        asked = e.pause();
      }
      pause(region, attempt, asked);
    }
  }

  /** One attempt, in a thread of its own that is interrupted when time is up. */
  <T> T limited(RegionName region, Duration patience, Call<T> call) throws RegionException {
    Future<T> future = threads.submit(call::run);
    try {
      return future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RegionException failure) {
        throw failure;
      }
      throw new RegionException.Permanent(region, "failed unexpectedly: " + e.getCause(), e);
    } catch (TimeoutException e) {
      future.cancel(true);
      throw new RegionException.Transient(
          region, "no answer within %d s".formatted(patience.toSeconds()), e);
    } catch (InterruptedException e) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      throw new RegionException.Transient(region, "interrupted", e);
    }
  }

  /**
   * Waits before the next attempt.
   *
   * @param asked what the region asked for: the jitter comes on top of it, so that those whom it
   *     sent away do not come back in step
   */
  void pause(RegionName region, int attempt, Duration asked) throws RegionException {
    try {
      Thread.sleep(asked.plus(policy.pauseAfter(attempt, jitter)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RegionException.Transient(region, "interrupted", e);
    }
  }
}
