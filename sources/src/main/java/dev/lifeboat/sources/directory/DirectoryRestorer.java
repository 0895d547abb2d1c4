package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.BringBackContext;
import dev.lifeboat.sources.Restorer;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.SnapshotSink;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.TreePath;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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
    RawPath root;
    try {
      root = RawPath.of(target);
    } catch (IllegalArgumentException e) {
      throw new SourceException.Refused(
          "a restored directory is checked where its files are, not at %s: give a file: URI"
              .formatted(target));
    }
    Set<TreePath> sparse = new HashSet<>();
    for (String fact : expected.facts().keySet()) {
      if (fact.startsWith(DirectorySource.SPARSE_FACT)) {
        sparse.add(TreePath.parse(fact.substring(DirectorySource.SPARSE_FACT.length())));
      }
    }
    return new DirectorySource(DirectorySettings.of(root))
        .measure(measure, context.progress(), sparse);
  }
}
