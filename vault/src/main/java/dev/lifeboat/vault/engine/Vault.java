package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;

/** All regions and what is known of them: begins, lists and opens snapshots. */
// The bodies follow with the read path.
@SuppressWarnings("DoNotCallSuggester")
public final class Vault implements AutoCloseable {
  private final RegionSet regions;
  private final VaultDocument document;

  private Vault(RegionSet regions, VaultDocument document) {
    this.regions = regions;
    this.document = document;
  }

  public static Vault open(
      RegionSet regions,
      VaultDocument document,
      Path cache,
      Clock clock,
      SecureRandom random,
      EngineSettings settings) {
    return new Vault(regions, document);
  }

  public RegionSet regions() {
    return regions;
  }

  public VaultDocument document() {
    return document;
  }

  /** Begins a snapshot. */
  public SnapshotWriter begin(
      HostKeystore host, TenantName tenant, DatasetName dataset, String source) {
    return new SnapshotWriter();
  }

  /** Snapshots of all datasets of a tenant, oldest first. */
  public List<SnapshotRecord> snapshots(TenantWriteKeys tenant) {
    return snapshots(List.of(tenant));
  }

  /**
   * Snapshots written with any of these generations of a tenant's keys, oldest first.
   *
   * @param generations all of one tenant
   */
  public List<SnapshotRecord> snapshots(List<TenantWriteKeys> generations) {
    throw new UnsupportedOperationException("not written yet");
  }

  public SnapshotView open(SnapshotRecord snapshot, TenantReadKeys keys) {
    return open(snapshot, List.of(keys));
  }

  /**
   * Opens a snapshot whose packs may be of several generations of keys.
   *
   * @param generations all of one tenant; not closed with the view
   */
  public SnapshotView open(SnapshotRecord snapshot, List<TenantReadKeys> generations) {
    throw new UnsupportedOperationException("not written yet");
  }

  @Override
  public void close() {
    regions.close();
  }
}
