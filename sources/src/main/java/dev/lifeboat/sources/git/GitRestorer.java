package dev.lifeboat.sources.git;

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
 * Brings repositories back: {@code git-bare:/dir} writes each as a bare repository {@code
 * dir/<name>.git}, {@code git-clone:/dir} as a working clone {@code dir/<name>} with its default
 * branch checked out. A path of the selection is the name of a repository.
 */
public final class GitRestorer implements Restorer {
  @Override
  public String kind() {
    return GitSource.KIND;
  }

  @Override
  public boolean accepts(URI target) {
    return "git-bare".equals(target.getScheme()) || "git-clone".equals(target.getScheme());
  }

  @Override
  public void bringBack(
      SnapshotView snapshot, List<TreePath> selection, URI target, BringBackContext context)
      throws SourceException, InterruptedException {
    throw new UnsupportedOperationException(target.toString());
  }

  @Override
  public Expectations gather(
      URI target, Expectations expected, SnapshotSink measure, BringBackContext context)
      throws SourceException, InterruptedException {
    throw new UnsupportedOperationException(target.toString());
  }
}
