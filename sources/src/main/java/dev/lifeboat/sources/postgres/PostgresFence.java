package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.SourceException;
import dev.lifeboat.sources.fence.Fence;
import dev.lifeboat.sources.fence.FenceContext;
import dev.lifeboat.sources.fence.Fenced;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A PostgreSQL server of its own, of the programs that are installed on this machine; or the one
 * that was given for a dataset.
 */
public final class PostgresFence implements Fence {
  private final Optional<Path> binaries;
  private final Map<String, DisposableServer> given;

  /**
   * @param binaries the directory of {@code initdb} and {@code postgres}; empty to look below
   *     {@code /usr/lib/postgresql} and in {@code PATH}
   * @param given dataset, as {@code name} or {@code tenant/name}, to a server for it
   */
  public PostgresFence(Optional<Path> binaries, Map<String, DisposableServer> given) {
    this.binaries = binaries;
    this.given = Map.copyOf(given);
  }

  @Override
  public String kind() {
    return PostgresSource.KIND;
  }

  @Override
  public Fenced raise(SnapshotHeader snapshot, FenceContext context)
      throws SourceException, InterruptedException {
    DisposableServer server =
        given.getOrDefault(
            snapshot.tenant() + "/" + snapshot.dataset(), given.get(snapshot.dataset().value()));
    return new FencedPostgres(
        server == null
            ? FencedServer.start(ServerPrograms.find(binaries, major(snapshot)), context)
            : GivenServer.take(server, binaries, snapshot, context));
  }

  /** The version that the snapshot's server had; 0 if that is not known. */
  static int major(SnapshotHeader snapshot) {
    String version =
        snapshot.tools().getOrDefault(PostgresSource.SERVER, "").replaceFirst("\\D.*", "");
    return version.isEmpty() ? 0 : Integer.parseInt(version);
  }
}
