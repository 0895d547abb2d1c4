package dev.lifeboat.verify.drill;

/** What a drill showed. */
public enum Verdict {
  /** Something was brought back and checked, every check passed, every goal was met. */
  PASS,
  /** The copy does not come back, not as it was, not in time, or broken copies go unnoticed. */
  FAIL,
  /** Nothing was shown: the drill could not begin, was stopped, or there was nothing to check. */
  NOT_RUN
}
