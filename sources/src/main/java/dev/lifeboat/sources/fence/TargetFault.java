package dev.lifeboat.sources.fence;

import dev.lifeboat.sources.SourceException;

/**
 * A fault to be made in what was brought back.
 *
 * @param name for example {@code dropped table}
 * @param what is done to which object
 * @param fact the beginning of the name of a sealed fact that must then be found different
 */
public record TargetFault(String name, String what, String fact, Act act) {
  /** Makes the fault. */
  @FunctionalInterface
  public interface Act {
    void seed() throws SourceException;
  }
}
