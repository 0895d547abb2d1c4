package dev.lifeboat.verify.drill;

import dev.lifeboat.sources.fence.FenceContext;
import dev.lifeboat.sources.postgres.PostgresSource;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.SnapshotListing;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The servers that any snapshot in the regions was taken of. Reads every manifest, so only when it
 * is asked, and once; it has to be asked first while the vault is open.
 */
final class KnownServers implements FenceContext.Origins {
  private final Vault vault;
  private final Map<TenantName, List<TenantReadKeys>> keys;
  private @Nullable SortedMap<String, String> known;

  KnownServers(Vault vault, Map<TenantName, List<TenantReadKeys>> keys) {
    this.vault = vault;
    this.keys = keys;
  }

  @Override
  public SortedMap<String, String> servers() {
    SortedMap<String, String> servers = known;
    if (servers == null) {
      servers = read();
      known = servers;
    }
    return servers;
  }

  private SortedMap<String, String> read() {
    SortedMap<String, String> servers = new TreeMap<>();
    for (List<TenantReadKeys> generations : keys.values()) {
      SnapshotListing listing =
          vault.list(generations.stream().map(TenantReadKeys::write).toList());
      if (!listing.unreadable().isEmpty()) {
        throw new VaultException.Damaged(
            "%d manifests cannot be read, so that nobody knows whether a snapshot was taken of the server that was given: drill without one, or mend them with lifeboat verify --heal"
                .formatted(listing.unreadable().size()));
      }
      for (SnapshotRecord record : listing.snapshots()) {
        SnapshotHeader header = record.header();
        String system = header.tools().get(PostgresSource.SYSTEM);
        if (system != null) {
          servers.put(system, header.tenant() + "/" + header.dataset());
        }
      }
    }
    return servers;
  }
}
