package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.BringBackContext;
import dev.lifeboat.sources.Restorer;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.SnapshotSink;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.TreePath;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Brings PostgreSQL databases back into a running server. */
public final class PostgresRestorer implements Restorer {
  private final Optional<Path> binaries;
  private final int parallelism;

  /**
   * A restorer.
   *
   * @param binaries the directory of {@code pg_restore}; empty to look in {@code PATH} and below
   *     {@code /usr/lib/postgresql}
   * @param parallelism how many tables and indexes are written at the same time
   */
  public PostgresRestorer(Optional<Path> binaries, int parallelism) {
    this.binaries = binaries;
    this.parallelism = parallelism;
  }

  @Override
  public String kind() {
    return PostgresSource.KIND;
  }

  @Override
  public boolean accepts(URI target) {
    return "postgres".equals(target.getScheme()) || "postgresql".equals(target.getScheme());
  }

  @Override
  public void bringBack(
      SnapshotView snapshot, List<TreePath> selection, URI target, BringBackContext context)
      throws SourceException, InterruptedException {
    throw new UnsupportedOperationException("" + binaries + parallelism);
  }

  @Override
  public Expectations gather(
      URI target, Expectations expected, SnapshotSink measure, BringBackContext context)
      throws SourceException, InterruptedException {
    throw new UnsupportedOperationException();
  }
}
