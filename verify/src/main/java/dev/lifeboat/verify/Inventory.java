package dev.lifeboat.verify;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.index.IndexCodec;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.KeyObjects;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.RecipientName;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Compares listings with references: every region must hold every vault document, key object,
 * manifest and forgetting, every pack that a snapshot needs, and an index of it.
 *
 * <p>A pack that no snapshot needs, left by an interrupted night, may lie in one region only.
 */
final class Inventory {
  private final RegionSet regions;
  private final Listing listing;
  private final References references;
  private final VaultDocument document;
  private final KeyRing keys;
  private final Forgotten forgotten;
  private final List<Finding> findings = new ArrayList<>();

  Inventory(
      RegionSet regions,
      Listing listing,
      References references,
      VaultDocument document,
      KeyRing keys,
      Forgotten forgotten) {
    this.regions = regions;
    this.listing = listing;
    this.references = references;
    this.document = document;
    this.keys = keys;
    this.forgotten = forgotten;
  }

  List<Finding> take() {
    listing
        .unreachable()
        .forEach((name, reason) -> findings.add(new Finding.RegionUnreachable(name, reason)));
    findings.addAll(references.findings());
    requireEverywhere(VaultDocument.PREFIX, Hurt.EVERYTHING);
    requireEverywhere(KeyObjects.PREFIX, Hurt.EVERYTHING);
    requireEverywhere("ledger/forgotten/", Hurt.NONE);
    requireDocument();
    requireKeys();
    requireManifests();
    requirePacks();
    requireIndex();
    requireChain();
    return findings;
  }

  private void requireEverywhere(String prefix, Hurt hurt) {
    for (ObjectKey key : listing.union(prefix)) {
      for (RegionName region : listing.regions()) {
        require(region, key, hurt);
      }
    }
  }

  private void require(RegionName region, ObjectKey key, Hurt hurt) {
    if (listing.bytes(region, key).isEmpty()) {
      findings.add(new Finding.Missing(region, key, hurt, listing.elsewhere(region, key)));
    }
  }

  private void requireDocument() {
    for (RegionName region : listing.regions()) {
      if (!listing.union(VaultDocument.PREFIX).contains(document.key())) {
        findings.add(new Finding.Missing(region, document.key(), Hurt.EVERYTHING, false));
      }
    }
  }

  /** The kit must open every generation of every tenant's keys. */
  private void requireKeys() {
    SortedSet<ObjectKey> present = listing.union(KeyObjects.PREFIX);
    for (TenantWriteKeys tenant : keys.all()) {
      ObjectKey key =
          new KeyObjects.Address(tenant.id(), tenant.generation(), RecipientName.KIT).key();
      if (!present.contains(key)) {
        findings.add(
            new Finding.KeyMissing(
                tenant.name().value(),
                tenant.generation(),
                RecipientName.KIT.value(),
                Hurt.EVERYTHING));
      }
    }
  }

  private void requireManifests() {
    Map<ObjectKey, String> names = new HashMap<>();
    references.snapshots().forEach(snapshot -> names.put(snapshot.key(), snapshot.name()));
    for (ObjectKey key : listing.union(References.SNAPSHOTS)) {
      if (forgotten.manifest(key)) {
        continue;
      }
      Hurt hurt = Hurt.of(List.of(names.getOrDefault(key, key.value())));
      for (RegionName region : listing.regions()) {
        require(region, key, hurt);
      }
    }
  }

  private void requirePacks() {
    references
        .packs()
        .forEach((pack, use) -> {
          ObjectKey key = ObjectKey.of(pack);
          Hurt hurt = Hurt.of(use.snapshots());
          for (RegionName region : listing.regions()) {
            require(region, key, hurt);
            listing
                .bytes(region, key)
                .filter(bytes -> bytes != use.bytes())
                .ifPresent(bytes ->
                    findings.add(
                        new Finding.WrongLength(
                            region,
                            key,
                            use.bytes(),
                            bytes,
                            hurt,
                            listing.elsewhere(region, key))));
          }
        });
  }

  /**
   * Every needed pack that some index object covers must be covered in every region. Packs that
   * none covers are read through their footers; that is slower and no damage.
   */
  private void requireIndex() {
    Map<ObjectKey, Set<PackId>> covers = new HashMap<>();
    for (ObjectKey key : listing.union("index/")) {
      readIndex(key, covers);
    }
    for (RegionName region : listing.regions()) {
      Set<PackId> covered = new HashSet<>();
      covers.forEach((key, packs) -> {
        if (listing.bytes(region, key).isPresent()) {
          covered.addAll(packs);
        }
      });
      covers.forEach((key, packs) -> {
        if (listing.bytes(region, key).isPresent() || covered.containsAll(packs)) {
          return;
        }
        findings.add(
            new Finding.Missing(
                region, key, references.hurt(packs), listing.elsewhere(region, key)));
      });
    }
  }

  private void readIndex(ObjectKey key, Map<ObjectKey, Set<PackId>> covers) {
    try {
      Set<PackId> packs = new HashSet<>();
      byte[] object =
          regions.read(key, bytes -> IndexCodec.key(ObjectJudge.tenant(key), bytes).equals(key));
      Prologue prologue = Prologue.read(object, Prologue.Kind.INDEX, key.value());
      TenantWriteKeys opener = keys.find(prologue.tenant(), prologue.generation()).orElse(null);
      if (opener == null) {
        return;
      }
      IndexCodec.open(key.value(), prologue, object, opener, new Names(packs));
      packs.retainAll(references.packs().keySet());
      if (!packs.isEmpty()) {
        covers.put(key, packs);
      }
    } catch (VaultException e) {
      for (RegionName region : listing.regions()) {
        if (listing.bytes(region, key).isPresent()) {
          findings.add(
              new Finding.WrongBytes(
                  region, key, String.valueOf(e.getMessage()), Hurt.NONE, false));
        }
      }
    }
  }

  /** Notes which packs an index object tells of, and passes over what it tells. */
  private record Names(Set<PackId> packs) implements IndexCodec.Visitor {
    @Override
    public boolean wants(PackId pack, long bytes) {
      packs.add(pack);
      return false;
    }

    @Override
    public void pack(PackId pack, long bytes, PackDirectory directory) {}
  }

  private void requireChain() {
    Map<Digest, References.Snapshot> present = references.byDigest();
    for (References.Snapshot snapshot : references.snapshots()) {
      Digest previous = snapshot.header().previous();
      if (previous != null && !present.containsKey(previous) && !forgotten.digest(previous)) {
        findings.add(
            new Finding.LostSnapshot(
                snapshot.header().dataset().value(),
                snapshot.header().id().hex(),
                Hurt.of(new TreeSet<>(List.of(snapshot.name())))));
      }
    }
  }
}
