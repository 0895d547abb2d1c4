package dev.lifeboat.schedules.run;

import java.time.Instant;

/**
 * Told of the runs of a service, each after it is kept. Called on the thread of the run: must
 * return soon and not throw; what it throws is logged and hurts no run.
 */
public interface RunListener {
  /** An attempt begins. After a crash the next attempt at the same run does, with no end before. */
  default void begins(Run run) {}

  /**
   * An attempt ended: {@code DONE}, {@code FAILED}, {@code OVERRAN}, {@code STOPPED} or {@code
   * INTERRUPTED}. Only the first is a success.
   */
  default void ends(Run run) {}

  /** A job was due and is not run ({@code NOT_RUN}), for the reason that the run has. */
  default void leftOut(Run run) {}

  /** A job that is due waits until then, for a reason in words; then it is looked at again. */
  default void waits(String job, String why, Instant until) {}
}
