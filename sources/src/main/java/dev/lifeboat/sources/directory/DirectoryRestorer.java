package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.BringBackContext;
import dev.lifeboat.sources.Restorer;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.SnapshotSink;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.TreePath;
import java.net.URI;
import java.util.List;

/**
 * The check of directories. Their way back is files, and any snapshot can be written as files, so
 * there is no other target.
 */
public final class DirectoryRestorer implements Restorer {
  @Override
  public String kind() {
    return DirectorySource.KIND;
  }

  @Override
  public boolean accepts(URI target) {
    return false;
  }

  @Override
  public void bringBack(
      SnapshotView snapshot, List<TreePath> selection, URI target, BringBackContext context)
      throws SourceException {
    throw new SourceException.Refused(
        "a directory is restored to files, not to %s: use restore --to DIRECTORY"
            .formatted(target));
  }

  @Override
  public Expectations gather(
      URI target, Expectations expected, SnapshotSink measure, BringBackContext context)
      throws SourceException, InterruptedException {
    throw new UnsupportedOperationException(target.toString());
  }
}
