package dev.lifeboat.jobs;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a night is to do.
 *
 * @param home state directory: job repository under {@code state/}, reports under {@code reports/},
 *     logs under {@code logs/}, locks under {@code locks/}, what sources keep under {@code
 *     datasets/}
 * @param datasets none is allowed, and makes a failed night: nothing was protected
 * @param work what the parts do
 * @param concurrency how many datasets are captured at once
 * @param continueWithin a night that was killed or stopped is continued if it began less than this
 *     ago; an older one is given up for a new one. Zero always begins anew
 * @param retryFailed whether a night that came to its end, but failed, is continued too: only what
 *     failed is then captured. Otherwise the next run is a new night and captures everything, as it
 *     must be when nights follow each other closely
 * @param keepReports how many reports and runs of each job the history keeps
 * @param progress told as the night goes on
 */
public record NightPlan(
    Path home,
    List<DatasetPlan> datasets,
    NightWork work,
    int concurrency,
    Duration continueWithin,
    boolean retryFailed,
    int keepReports,
    NightProgress progress) {
  /** Longer than a bad night, shorter than the way to the next. */
  public static final Duration CONTINUE_WITHIN = Duration.ofHours(20);

  /** A year and a bit of nights. */
  public static final int KEEP_REPORTS = 400;

  public NightPlan {
    datasets = List.copyOf(datasets);
    Set<String> ids = new HashSet<>();
    for (DatasetPlan dataset : datasets) {
      if (!ids.add(dataset.id())) {
        throw new IllegalArgumentException(
            "dataset %s stands twice in the plan".formatted(dataset));
      }
    }
    if (concurrency < 1) {
      throw new IllegalArgumentException("concurrency %d: at least 1".formatted(concurrency));
    }
    if (continueWithin.isNegative()) {
      throw new IllegalArgumentException("continueWithin is negative: " + continueWithin);
    }
    if (keepReports < 1) {
      throw new IllegalArgumentException("keepReports %d: at least 1".formatted(keepReports));
    }
  }

  /** With the customary bounds. */
  public NightPlan(
      Path home,
      List<DatasetPlan> datasets,
      NightWork work,
      int concurrency,
      NightProgress progress) {
    this(home, datasets, work, concurrency, CONTINUE_WITHIN, false, KEEP_REPORTS, progress);
  }

  /** The same, which continues a night that failed. */
  public NightPlan retryingFailed() {
    return new NightPlan(
        home, datasets, work, concurrency, continueWithin, true, keepReports, progress);
  }
}
