package dev.lifeboat.verify;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.HostReferences;
import dev.lifeboat.vault.engine.SnapshotListing;
import dev.lifeboat.vault.engine.Unreadable;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.NeededPacks;
import dev.lifeboat.vault.reclaim.UpkeepCache;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What the manifests of all regions refer to, as far as the keys at hand can tell. What was read
 * and verified before is not read again; which manifests there are is asked of the regions anew.
 *
 * <p>Memory: the headers of the snapshots. Packs lie in files of the local cache.
 */
final class References implements AutoCloseable {
  static final String SNAPSHOTS = "snapshots/";

  /** A manifest that at least one region holds unharmed. */
  record Snapshot(ObjectKey key, Digest digest, SnapshotHeader header) {
    /** As findings name it. */
    String name() {
      return header.dataset() + "/" + header.id();
    }
  }

  private final List<Snapshot> snapshots = new ArrayList<>();
  private final Map<ObjectKey, String> names = new HashMap<>();
  private final List<Finding> findings = new ArrayList<>();
  private final Set<TenantId> tenants = new HashSet<>();
  private final Set<ObjectKey> foreign = new HashSet<>();
  private final NeededPacks needed;

  private References(NeededPacks needed) {
    this.needed = needed;
  }

  /**
   * Learns what is there. Regions that do not answer are passed over: whoever lists them all finds
   * those.
   *
   * @param cache in use until this is closed
   */
  static References load(Vault vault, KeyRing keys, HostReferences host, UpkeepCache cache)
      throws InterruptedException {
    Set<TenantId> tenants = new HashSet<>();
    keys.all().forEach(tenant -> tenants.add(tenant.id()));
    References references =
        new References(NeededPacks.survey(vault.regions(), tenants, host.manifests(), cache));
    try {
      references.tenants.addAll(tenants);
      for (List<TenantWriteKeys> tenant : keys.byTenant()) {
        references.add(vault, tenant);
      }
      return references;
    } catch (RuntimeException | Error e) {
      references.close();
      throw e;
    }
  }

  private void add(Vault vault, List<TenantWriteKeys> generations) {
    SnapshotListing listing;
    try {
      listing = vault.list(generations);
    } catch (VaultException.Unreachable e) {
      return; // Nobody can be listed: that is found of each region.
    }
    for (SnapshotRecord record : listing.snapshots()) {
      Snapshot snapshot = new Snapshot(record.key(), record.digest(), record.header());
      snapshots.add(snapshot);
      names.put(snapshot.key(), snapshot.name());
    }
    for (Unreadable unreadable : listing.unreadable()) {
      switch (unreadable.why()) {
        case VaultException.KeyUnavailable _ -> foreign.add(unreadable.key());
        case VaultException.Unreachable _ -> {} // Found of the regions.
        default -> {
          String why = String.valueOf(unreadable.why().getMessage());
          Hurt hurt = Hurt.of(List.of(unreadable.key().value()));
          boolean unsigned = unreadable.why() instanceof VaultException.Untrusted;
          for (RegionName region : unreadable.regions()) {
            findings.add(
                unsigned
                    ? new Finding.UnsignedManifest(region, unreadable.key(), why, hurt, false)
                    : new Finding.WrongBytes(region, unreadable.key(), why, hurt, false));
          }
        }
      }
    }
  }

  /** Oldest first, tenant by tenant. */
  List<Snapshot> snapshots() {
    return snapshots;
  }

  /** Every pack that a snapshot needs, in ascending order of ids. The caller closes it. */
  NeededPacks.Cursor packs() {
    return needed.packs();
  }

  /** Whether a snapshot needs this pack. */
  boolean needs(PackId pack) {
    return needed.contains(pack);
  }

  /** Manifests that are bad wherever they were read. */
  List<Finding> findings() {
    return findings;
  }

  /** Whether nobody here has keys for this manifest, so that its packs are not looked for. */
  boolean isForeign(ObjectKey manifest) {
    return foreign.contains(manifest)
        || tenants.stream()
            .noneMatch(tenant -> manifest.value().startsWith(SNAPSHOTS + tenant.hex() + "/"));
  }

  /** What a snapshot is called, by its manifest's key; the key itself if that cannot be read. */
  String name(ObjectKey manifest) {
    return names.getOrDefault(manifest, manifest.value());
  }

  /** Of each of these packs, the time of the newest snapshot that needs it. */
  SortedMap<PackId, Instant> newest(Set<PackId> packs) {
    return needed.newest(packs);
  }

  /** The snapshots that need any of these packs. */
  Hurt hurt(Iterable<PackId> packs) {
    SortedSet<String> hurt = new TreeSet<>();
    for (PackId pack : packs) {
      needed.manifestsNeeding(pack).forEach(manifest -> hurt.add(name(manifest)));
    }
    return Hurt.of(hurt);
  }

  @Override
  public void close() {
    needed.close();
  }
}
