package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.SourceException;
import java.net.URI;
import java.util.Optional;

/**
 * A server that somebody gives so that snapshots are tried out there. It is not ours: what has to
 * be true of it before it is used is in {@link GivenServer}.
 *
 * @param target {@code postgres://user@host:port}, as for a restore; names no database
 * @param password if it asks for one; closed by whoever made it
 */
public record DisposableServer(URI target, Optional<Secret> password) {
  /**
   * @throws IllegalArgumentException if the target is none, saying why
   */
  public DisposableServer {
    try {
      if (!Target.parse(target, password).database().isEmpty()) {
        throw new IllegalArgumentException(
            "%s names a database: a drill is given a whole server, and needs it empty"
                .formatted(target));
      }
    } catch (SourceException.Refused e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /** Whether it is reached under the same address; a server can have others. */
  public boolean isAt(String host, int port) {
    try {
      return Target.parse(target, password).endpoint().isAt(host, port);
    } catch (SourceException.Refused e) {
      throw new IllegalStateException(e);
    }
  }
}
