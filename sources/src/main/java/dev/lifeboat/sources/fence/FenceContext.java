package dev.lifeboat.sources.fence;

import java.io.IOException;
import java.nio.file.Path;
import java.util.SortedMap;

/**
 * What a place is made with.
 *
 * @param directory an empty directory of this place alone (mode 0700), removed by the caller
 * @param temporary where a directory may be made when {@code directory} does not do, because
 *     another user must reach it or because its path is too long for a socket
 * @param name unique; for what must have a name outside of {@code directory}
 * @param owner who makes places under such names, one at a time: what is found under another name
 *     of the same owner was left by one that died
 * @param marks told of everything that will lie outside of {@code directory} before it is made, so
 *     that somebody else can remove it after a crash
 */
public record FenceContext(
    Path directory,
    Path temporary,
    String name,
    String owner,
    Marks marks,
    Origins origins,
    Children children) {

  /** Where what is made is written down. */
  @FunctionalInterface
  public interface Marks {
    /** Safe on disk when this returns. */
    void directory(Path path) throws IOException;
  }

  /** Which servers snapshots were taken of: nothing may ever be brought back there to try it. */
  @FunctionalInterface
  public interface Origins {
    /**
     * Identifier of a server's data, as a source puts it among the versions of a snapshot, to a
     * dataset that came from there. Of all snapshots that the regions hold.
     *
     * @throws dev.lifeboat.vault.VaultException if that cannot be known
     */
    SortedMap<String, String> servers();
  }
}
