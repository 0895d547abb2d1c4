package dev.lifeboat.sources.fence;

import java.io.IOException;
import java.nio.file.Path;

/**
 * What a place is made with.
 *
 * @param directory an empty directory of this place alone (mode 0700), removed by the caller
 * @param temporary where a directory may be made when {@code directory} does not do, because
 *     another user must reach it or because its path is too long for a socket
 * @param name unique; for what must have a name outside of {@code directory}
 * @param marks told of everything that will lie outside of {@code directory} before it is made, so
 *     that somebody else can remove it after a crash
 */
public record FenceContext(
    Path directory, Path temporary, String name, Marks marks, Children children) {

  /** Where what is made is written down. */
  @FunctionalInterface
  public interface Marks {
    /** Safe on disk when this returns. */
    void directory(Path path) throws IOException;
  }
}
