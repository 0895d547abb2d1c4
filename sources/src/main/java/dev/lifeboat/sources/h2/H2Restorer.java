package dev.lifeboat.sources.h2;

import dev.lifeboat.sources.BringBackContext;
import dev.lifeboat.sources.Restorer;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.SnapshotSink;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.TreePath;
import java.net.URI;
import java.util.List;

/** Brings an H2 database back, into a {@code jdbc:h2:…} target, with user SA unless it says so. */
public final class H2Restorer implements Restorer {
  @Override
  public String kind() {
    return H2Source.KIND;
  }

  @Override
  public boolean accepts(URI target) {
    return "jdbc".equals(target.getScheme()) && target.getSchemeSpecificPart().startsWith("h2:");
  }

  @Override
  public void bringBack(
      SnapshotView snapshot, List<TreePath> selection, URI target, BringBackContext context)
      throws SourceException, InterruptedException {
    throw new UnsupportedOperationException();
  }

  @Override
  public Expectations gather(
      URI target, Expectations expected, SnapshotSink measure, BringBackContext context)
      throws SourceException, InterruptedException {
    throw new UnsupportedOperationException();
  }
}
