package dev.lifeboat.jobs;

import dev.lifeboat.jobs.report.NightReport;
import dev.lifeboat.sources.Progress;

/** Told how far a night is. Called from many threads; must return quickly and not throw. */
public interface NightProgress {
  NightProgress NONE = new NightProgress() {};

  /**
   * The night begins.
   *
   * @param night its id
   * @param continued whether an earlier run of this same night is continued
   */
  default void begins(String night, boolean continued) {}

  /** A part begins: {@code backup}, {@code replicate}, {@code verify}… */
  default void part(String part) {}

  /** A dataset's capture begins; what is returned is told of its bytes, items and places. */
  default Progress dataset(DatasetPlan dataset) {
    return Progress.NONE;
  }

  /** A dataset is through, well or not. */
  default void datasetDone(NightReport.Dataset dataset) {}
}
