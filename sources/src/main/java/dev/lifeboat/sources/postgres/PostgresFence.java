package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.fence.Fence;
import dev.lifeboat.sources.fence.FenceContext;
import dev.lifeboat.sources.fence.Fenced;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import java.nio.file.Path;
import java.util.Optional;

/** A PostgreSQL server of its own, of the programs that are installed on this machine. */
public final class PostgresFence implements Fence {
  private final Optional<Path> binaries;

  /**
   * @param binaries the directory of {@code initdb} and {@code postgres}; empty to look below
   *     {@code /usr/lib/postgresql} and in {@code PATH}
   */
  public PostgresFence(Optional<Path> binaries) {
    this.binaries = binaries;
  }

  @Override
  public String kind() {
    return PostgresSource.KIND;
  }

  @Override
  public Fenced raise(SnapshotHeader snapshot, FenceContext context)
      throws SourceException, InterruptedException {
    String version = snapshot.tools().getOrDefault("postgresql", "0").replaceFirst("\\D.*", "");
    ServerPrograms programs =
        ServerPrograms.find(binaries, version.isEmpty() ? 0 : Integer.parseInt(version));
    return new FencedPostgres(FencedServer.start(programs, context), context.children());
  }
}
