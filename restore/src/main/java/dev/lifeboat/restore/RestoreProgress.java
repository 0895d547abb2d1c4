package dev.lifeboat.restore;

import dev.lifeboat.sources.Progress;

/** Told how far a restore is. Called from many threads; must return quickly. */
public interface RestoreProgress extends Progress {
  RestoreProgress NONE = new RestoreProgress() {};

  /** The plan is made: this many files with this many bytes are to be dealt with. */
  default void planned(long files, long bytes) {}
}
