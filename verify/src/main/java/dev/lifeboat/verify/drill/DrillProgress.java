package dev.lifeboat.verify.drill;

import dev.lifeboat.restore.RestoreProgress;

/** Told how far a drill is. Called from many threads; must return quickly. */
public interface DrillProgress extends RestoreProgress {
  DrillProgress NONE = new DrillProgress() {};

  /** A stage begins, of a dataset or, with an empty name, of the whole. */
  default void stage(String dataset, String stage) {}
}
