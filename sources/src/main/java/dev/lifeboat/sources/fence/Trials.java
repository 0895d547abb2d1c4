package dev.lifeboat.sources.fence;

import java.util.List;

/**
 * What was tried out.
 *
 * @param leftOut what could not be tried here, and why
 */
public record Trials(List<Trial> done, List<String> leftOut) {
  public Trials {
    done = List.copyOf(done);
    leftOut = List.copyOf(leftOut);
  }
}
