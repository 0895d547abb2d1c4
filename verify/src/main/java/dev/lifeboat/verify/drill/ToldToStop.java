package dev.lifeboat.verify.drill;

/**
 * Tells a drill that somebody stops from one that fails: what is interrupted fails in one way or
 * another, and that says nothing of the copy.
 */
final class ToldToStop {
  private ToldToStop() {}

  /**
   * Does nothing if this thread was not told to stop.
   *
   * @param e what was thrown
   * @throws InterruptedException if it was
   */
  static void check(Exception e) throws InterruptedException {
    if (Thread.interrupted()) {
      InterruptedException told = new InterruptedException("told to stop: " + e.getMessage());
      told.initCause(e);
      throw told;
    }
  }
}
