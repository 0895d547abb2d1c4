package dev.lifeboat.verify;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.snapshot.ManifestCodec;
import dev.lifeboat.vault.snapshot.PackReference;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.VerifiedManifest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What the manifests of all regions refer to, as far as the keys at hand can tell. */
final class References {
  static final String SNAPSHOTS = "snapshots/";

  /** A manifest that at least one region holds unharmed. */
  record Snapshot(ObjectKey key, Digest digest, SnapshotHeader header) {
    /** As findings name it. */
    String name() {
      return header.dataset() + "/" + header.id();
    }
  }

  /**
   * A pack that some snapshot needs.
   *
   * @param bytes its length
   */
  record Use(long bytes, SortedSet<String> snapshots) {}

  private final List<Snapshot> snapshots = new ArrayList<>();
  private final Map<PackId, Use> packs = new TreeMap<>();
  private final List<Finding> findings = new ArrayList<>();
  private final SortedSet<String> unknownTenants = new TreeSet<>();
  private long foreignManifests;

  private References() {}

  /** Reads every manifest from the first region that has it unharmed. */
  static References load(RegionSet regions, Listing listing, VaultDocument document, KeyRing keys) {
    References references = new References();
    for (ObjectKey key : listing.union(SNAPSHOTS)) {
      references.read(key, regions, listing, document, keys);
    }
    return references;
  }

  /** In order of their keys. */
  List<Snapshot> snapshots() {
    return snapshots;
  }

  Map<PackId, Use> packs() {
    return packs;
  }

  /** Manifests that are bad wherever they were read. */
  List<Finding> findings() {
    return findings;
  }

  /** Ids of tenants whose manifests nobody here can open, so that their packs are not checked. */
  SortedSet<String> unknownTenants() {
    return unknownTenants;
  }

  /** How many manifests those are. */
  long foreignManifests() {
    return foreignManifests;
  }

  /** The snapshots that need any of these packs. */
  Hurt hurt(Collection<PackId> needed) {
    SortedSet<String> names = new TreeSet<>();
    for (PackId pack : needed) {
      Use use = packs.get(pack);
      if (use != null) {
        names.addAll(use.snapshots());
      }
    }
    return Hurt.of(names);
  }

  /** Snapshots by the digest of their manifests. */
  Map<Digest, Snapshot> byDigest() {
    Map<Digest, Snapshot> byDigest = new HashMap<>();
    snapshots.forEach(snapshot -> byDigest.put(snapshot.digest(), snapshot));
    return byDigest;
  }

  private void read(
      ObjectKey key, RegionSet regions, Listing listing, VaultDocument document, KeyRing keys) {
    List<Finding> bad = new ArrayList<>();
    for (RegionName name : listing.regions()) {
      Region region = regions.region(name).orElseThrow();
      if (listing.bytes(name, key).isEmpty()) {
        continue;
      }
      try {
        byte[] manifest = region.read(key);
        Prologue prologue = ManifestCodec.prologue(key, manifest);
        Optional<TenantWriteKeys> opener = keys.find(prologue.tenant(), prologue.generation());
        if (opener.isEmpty()) {
          unknownTenants.add(prologue.tenant().hex());
          foreignManifests++;
          return;
        }
        VerifiedManifest verified = ManifestCodec.open(key, manifest, document, opener.get());
        add(new Snapshot(key, ManifestCodec.digest(manifest), verified.header()), verified.packs());
        return;
      } catch (VaultException e) {
        bad.add(
            new Finding.WrongBytes(
                name, key, String.valueOf(e.getMessage()), Hurt.of(List.of(key.value())), false));
      } catch (RegionException e) {
        bad.add(new Finding.RegionUnreachable(name, String.valueOf(e.getMessage())));
      }
    }
    findings.addAll(bad);
  }

  private void add(Snapshot snapshot, List<PackReference> needed) {
    snapshots.add(snapshot);
    for (PackReference reference : needed) {
      packs
          .computeIfAbsent(reference.pack(), _ -> new Use(reference.bytes(), new TreeSet<>()))
          .snapshots()
          .add(snapshot.name());
    }
  }
}
