package dev.lifeboat.vault.region;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/** Calls on one region, with a limit of time and, for those that may pass, another attempt. */
final class Attempts {
  /** A region that is well answers its smallest request sooner, however busy it is. */
  private static final Duration PROBE = Duration.ofSeconds(30);

  /** One operation on a region. */
  interface Call<T> {
    T run() throws RegionException;
  }

  /** Marks the failure of a call on a region that answers nothing else either. */
  private static final class Hung extends Exception {
    private Hung() {
      super("the region answers nothing at all", null, false, false);
    }
  }

  private final RetryPolicy policy;
  private final RandomGenerator jitter;
  private final ExecutorService threads;

  Attempts(RetryPolicy policy, RandomGenerator jitter, ExecutorService threads) {
    this.policy = policy;
    this.jitter = jitter;
    this.threads = threads;
  }

  /** A failure that no further attempt is made after. */
  static RegionException hung(RegionName region, String why) {
    return new RegionException.Transient(region, why, new Hung());
  }

  /** Whether the region answered nothing: to ask it again at once would only cost time. */
  static boolean isHung(RegionException e) {
    return e.getCause() instanceof Hung;
  }

  /**
   * Tries again whatever failed with {@link RegionException.Transient}, and nothing else; but not
   * where the region hangs.
   */
  <T> T retrying(RegionName region, Call<T> call) throws RegionException {
    for (int attempt = 1; ; attempt++) {
      Duration asked;
      try {
        return call.run();
      } catch (RegionException.Transient e) {
        if (attempt >= policy.attempts() || isHung(e) || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        asked = e.pause();
      }
      pause(region, attempt, asked);
    }
  }

  /**
   * One attempt, in a thread of its own that is interrupted when time is up. As long as it gets
   * nowhere, the region is pinged now and then: one that does not even answer that hangs, and
   * nothing more is to be expected of the attempt.
   *
   * @param limit for an attempt that gets nowhere although the region answers
   * @param progress grows while the attempt gets somewhere; odd while the region itself is waiting
   *     for somebody
   */
  <T> T limited(Region region, Duration limit, AtomicLong progress, Call<T> call)
      throws RegionException {
    Future<T> future = threads.submit(call::run);
    try {
      Duration waited = Duration.ZERO;
      long seen = progress.get();
      while (true) {
        Duration left = limit.minus(waited);
        Duration slice = left.compareTo(policy.patience()) < 0 ? left : policy.patience();
        try {
          return future.get(slice.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          waited = waited.plus(slice);
        }
        long now = progress.get();
        if (now != seen || (now & 1) == 1) {
          seen = now;
          waited = Duration.ZERO;
        } else if (!answers(region)) {
          future.cancel(true);
          throw hung(
              region.name(),
              "no answer within %s, nor to the smallest request"
                  .formatted(seconds(policy.patience())));
        } else if (waited.compareTo(limit) >= 0) {
          future.cancel(true);
          throw new RegionException.Transient(
              region.name(), "no answer within %s".formatted(seconds(limit)), null);
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RegionException failure) {
        throw failure;
      }
      throw new RegionException.Permanent(region.name(), "failed unexpectedly: " + e.getCause(), e);
    } catch (InterruptedException e) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      throw new RegionException.Transient(region.name(), "interrupted", e);
    }
  }

  private boolean answers(Region region) throws InterruptedException {
    Duration patience = policy.patience().compareTo(PROBE) < 0 ? policy.patience() : PROBE;
    var probe =
        threads.submit(() -> {
          region.ping();
          return true;
        });
    try {
      return probe.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      probe.cancel(true);
      return false;
    }
  }

  private static String seconds(Duration time) {
    return time.toSeconds() + " s";
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
