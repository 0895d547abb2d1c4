package dev.lifeboat.sources;

import dev.lifeboat.vault.snapshot.Captured;

/** Something that can be captured into a snapshot, configured and ready. */
public interface Source {
  /** Name of the kind, as in the configuration: {@code directory}, {@code postgres}. */
  String kind();

  /**
   * Captures everything, streaming: no temporary copy of the whole is made.
   *
   * <p>What cannot be read is a {@link dev.lifeboat.vault.snapshot.Problem} of the result as long
   * as the rest is worth keeping. When nothing can be captured (the server does not answer, the
   * root directory is missing, authentication fails) this throws, and there is no snapshot: an
   * unreachable source never looks like an empty one.
   *
   * @throws SourceException if there is nothing to commit
   * @throws InterruptedException if the run is being stopped
   */
  Captured capture(CaptureContext context) throws SourceException, InterruptedException;
}
