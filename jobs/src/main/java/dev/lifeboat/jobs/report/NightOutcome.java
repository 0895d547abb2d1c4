package dev.lifeboat.jobs.report;

/** How a night ended, from best to worst. The command line gives each its exit code. */
public enum NightOutcome {
  /** Everything was done, and nothing found wrong. */
  COMPLETE,
  /** Every dataset has its snapshot, but one at least is partial. */
  INCOMPLETE,
  /** Verification found something wrong. */
  FINDINGS,
  /** A source or a region could not be reached. */
  UNREACHABLE,
  /** A dataset has no snapshot of this night, or a part of the night failed. */
  FAILED,
  /** It was stopped before its end; starting again continues it. */
  INTERRUPTED;

  /** The worse of the two. */
  public NightOutcome and(NightOutcome other) {
    return compareTo(other) >= 0 ? this : other;
  }
}
