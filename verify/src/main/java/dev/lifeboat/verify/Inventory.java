package dev.lifeboat.verify;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.Forgetting;
import dev.lifeboat.vault.reclaim.NeededPacks;
import dev.lifeboat.vault.reclaim.SealedDocuments;
import dev.lifeboat.vault.region.MergedListing;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.KeyObjects;
import dev.lifeboat.vault.seal.RecipientName;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Compares listings with references: every region must hold every vault document, key object,
 * manifest, forgetting and evidence, every pack that a snapshot needs, and an index of it.
 *
 * <p>A pack that no snapshot needs, left by an interrupted night, may lie in one region only.
 *
 * <p>All regions are listed once, side by side, and nothing of the listings is kept: memory does
 * not depend on how much there is.
 */
final class Inventory {
  private final RegionSet regions;
  private final Set<RegionName> only;
  private final References references;
  private final VaultDocument document;
  private final Forgetting forgetting;
  private final Chain chain;
  private final IndexCover index;
  private final Seen seen;
  private final List<Finding> findings = new ArrayList<>();
  private final Map<ObjectKey, TenantWriteKeys> keysOwed = new TreeMap<>();
  private final SortedSet<String> unknownTenants = new TreeSet<>();
  private final SortedMap<RegionName, Long> counts = new TreeMap<>();
  private boolean documentSeen;
  private boolean allListed;
  private long foreignManifests;

  /** Is told what is there, in ascending order of keys. */
  interface Seen {
    /** Any object. */
    void object(RegionName region, ObjectInfo info);

    /** A pack that a snapshot needs, behind {@link #object}. */
    void needed(RegionName region, ObjectInfo info);

    /** A pack that no snapshot needs of which anybody here knows, behind {@link #object}. */
    void unneeded(RegionName region, ObjectInfo info);
  }

  /**
   * @param only regions to look at; the others still tell what there is
   * @param seen told of what the regions hold that are looked at
   */
  Inventory(
      RegionSet regions,
      Set<RegionName> only,
      References references,
      VaultDocument document,
      KeyRing keys,
      Forgetting forgetting,
      Chain chain,
      IndexCover index,
      Seen seen) {
    this.regions = regions;
    this.only = only;
    this.references = references;
    this.document = document;
    this.forgetting = forgetting;
    this.chain = chain;
    this.index = index;
    this.seen = seen;
    // The kit must open every generation of every tenant's keys.
    for (TenantWriteKeys tenant : keys.all()) {
      keysOwed.put(
          new KeyObjects.Address(tenant.id(), tenant.generation(), RecipientName.KIT).key(),
          tenant);
    }
  }

  List<Finding> take() throws InterruptedException {
    findings.addAll(references.findings());
    regions.regions().stream()
        .filter(region -> isLookedAt(region.name()))
        .forEach(region -> counts.put(region.name(), 0L));
    try (MergedListing listing = regions.merged("");
        NeededPacks.Cursor needed = references.packs()) {
      Needed packs = new Needed(needed);
      for (MergedListing.Row row = listing.next(); row != null; row = listing.next()) {
        look(row, packs, listing);
      }
      packs.before(null, listing);
      allListed = listing.failed().isEmpty();
      listing
          .failed()
          .forEach((name, why) -> {
            counts.remove(name);
            if (isLookedAt(name)) {
              findings.add(new Finding.RegionUnreachable(name, String.valueOf(why.getMessage())));
            }
          });
    }
    requireDocument();
    requireKeys();
    findings.addAll(index.findings(counts.keySet()));
    findings.addAll(chain.end());
    return findings;
  }

  /** Regions that were looked at, listed to their end. */
  SortedSet<RegionName> regions() {
    return new TreeSet<>(counts.keySet());
  }

  /** Objects in the regions that were looked at. */
  long count() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Ids of tenants whose manifests nobody here can open, so that their packs are not checked. */
  SortedSet<String> unknownTenants() {
    return unknownTenants;
  }

  /** Whether all manifests of all regions were seen, and what they need is known. */
  boolean knowsAllNeeds() {
    return allListed && foreignManifests == 0 && references.findings().isEmpty();
  }

  /** How many manifests those are. */
  long foreignManifests() {
    return foreignManifests;
  }

  private boolean isLookedAt(RegionName region) {
    return only.isEmpty() || only.contains(region);
  }

  private void look(MergedListing.Row row, Needed packs, MergedListing listing) {
    String key = row.key().value();
    if (key.startsWith(Healer.QUARANTINE)) {
      return;
    }
    row.held()
        .forEach((region, info) -> {
          if (isLookedAt(region)) {
            counts.merge(region, 1L, Long::sum);
            seen.object(region, info);
          }
        });
    if (key.startsWith(ObjectKey.PACKS)) {
      packs.row(row, listing);
    } else if (key.startsWith(References.SNAPSHOTS)) {
      manifest(row);
    } else if (key.startsWith(IndexCover.PREFIX)) {
      index.row(row);
    } else if (key.startsWith(Forgetting.PREFIX)) {
      chain.record(row.key());
      requireEverywhere(row, Hurt.NONE);
    } else if (key.startsWith(SealedDocuments.EVIDENCE) || key.startsWith(SealedDocuments.AUDIT)) {
      requireEverywhere(row, Hurt.NONE);
    } else if (key.startsWith(VaultDocument.PREFIX)) {
      documentSeen |= row.key().equals(document.key());
      requireEverywhere(row, Hurt.EVERYTHING);
    } else if (key.startsWith(KeyObjects.PREFIX)) {
      keysOwed.remove(row.key());
      requireEverywhere(row, Hurt.EVERYTHING);
    }
  }

  private void requireEverywhere(MergedListing.Row row, Hurt hurt) {
    for (RegionName region : row.lacking().keySet()) {
      if (isLookedAt(region)) {
        findings.add(new Finding.Missing(region, row.key(), hurt, true));
      }
    }
  }

  private void manifest(MergedListing.Row row) {
    if (references.isForeign(row.key())) {
      foreignManifests++;
      unknownTenants.add(row.key().value().split("/", -1)[1]);
    }
    if (row.lacking().keySet().stream().anyMatch(this::isLookedAt) && !isForgotten(row.key())) {
      requireEverywhere(row, Hurt.of(List.of(references.name(row.key()))));
    }
  }

  /** Whether a manifest was, or is being, removed on record; a record nobody can read is none. */
  private boolean isForgotten(ObjectKey manifest) {
    try {
      return forgetting.find(manifest).isPresent();
    } catch (VaultException e) {
      return false;
    }
  }

  private void requireDocument() {
    if (!documentSeen) {
      for (RegionName region : counts.keySet()) {
        findings.add(new Finding.Missing(region, document.key(), Hurt.EVERYTHING, false));
      }
    }
  }

  private void requireKeys() {
    for (TenantWriteKeys tenant : keysOwed.values()) {
      findings.add(
          new Finding.KeyMissing(
              tenant.name().value(),
              tenant.generation(),
              RecipientName.KIT.value(),
              Hurt.EVERYTHING));
    }
  }

  /** The needed packs beside the listed ones, both in ascending order. */
  private final class Needed {
    private final NeededPacks.Cursor cursor;
    private @Nullable PackId pack;
    private @Nullable ObjectKey key;

    private Needed(NeededPacks.Cursor cursor) {
      this.cursor = cursor;
      advance();
    }

    private void advance() {
      pack = cursor.next();
      key = pack == null ? null : ObjectKey.of(pack);
    }

    /** Needed packs before a key, or all that are left: no region that was listed has them. */
    void before(@Nullable ObjectKey listed, MergedListing listing) {
      while (pack != null && key != null && (listed == null || key.compareTo(listed) < 0)) {
        Hurt hurt = references.hurt(List.of(pack));
        for (RegionName region : counts.keySet()) {
          if (!listing.failed().containsKey(region)) {
            findings.add(new Finding.Missing(region, key, hurt, false));
          }
        }
        advance();
      }
    }

    void row(MergedListing.Row row, MergedListing listing) {
      before(row.key(), listing);
      if (pack == null || !row.key().equals(key)) {
        row.held()
            .forEach((region, info) -> {
              if (isLookedAt(region)) {
                seen.unneeded(region, info);
              }
            });
        return;
      }
      row.held()
          .forEach((region, info) -> {
            if (isLookedAt(region)) {
              seen.needed(region, info);
            }
          });
      long bytes = cursor.bytes();
      List<RegionName> lacking =
          row.lacking().keySet().stream().filter(Inventory.this::isLookedAt).toList();
      Map<RegionName, Long> wrong = new HashMap<>();
      row.held()
          .forEach((region, info) -> {
            if (isLookedAt(region) && info.bytes() != bytes) {
              wrong.put(region, info.bytes());
            }
          });
      if (!lacking.isEmpty() || !wrong.isEmpty()) {
        Hurt hurt = references.hurt(List.of(pack));
        lacking.forEach(region -> findings.add(new Finding.Missing(region, row.key(), hurt, true)));
        wrong.forEach((region, found) ->
            findings.add(
                new Finding.WrongLength(
                    region, row.key(), bytes, found, hurt, row.held().size() > 1)));
      }
      advance();
    }
  }
}
