package dev.lifeboat.restore;

import dev.lifeboat.sources.directory.Overwrite;
import dev.lifeboat.sources.posix.RawPath;

/**
 * What is to be restored, where to, and how.
 *
 * @param target directory that becomes the snapshot's root
 * @param verify whether every file is read back and compared after it was written
 * @param sync whether every file is forced to the disk before it counts as written, and not only
 *     all of them at the end
 * @param threads how many packs are fetched and written at once, at least 1
 */
public record RestoreRequest(
    RawPath target,
    Selection selection,
    Overwrite overwrite,
    boolean verify,
    boolean sync,
    int threads) {
  public RestoreRequest {
    if (threads < 1) {
      throw new IllegalArgumentException("a restore needs at least one thread, not " + threads);
    }
  }
}
