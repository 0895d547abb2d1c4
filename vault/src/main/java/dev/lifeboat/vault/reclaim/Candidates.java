package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.TenantId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds, in one region, what may be removed, and removes it. */
final class Candidates {
  private final RegionSet regions;
  private final Set<TenantId> tenants;

  Candidates(RegionSet regions, Set<TenantId> tenants) {
    this.regions = regions;
    this.tenants = tenants;
  }

  /**
   * The packs of a region.
   *
   * @param packs how many there are in all
   * @param unreferenced those that no manifest refers to, with their lengths
   */
  record Packs(long packs, Map<PackId, Long> unreferenced) {}

  Packs list(RegionName name, Set<PackId> referenced) throws RegionException {
    return regions.in(
        name,
        region -> {
          long[] packs = new long[1];
          Map<PackId, Long> unreferenced = new HashMap<>();
          region.list(
              ObjectKey.PACKS,
              info -> {
                PackId pack = packOf(info);
                if (pack == null) {
                  return; // Not ours to judge.
                }
                packs[0]++;
                if (!referenced.contains(pack)) {
                  unreferenced.put(pack, info.bytes());
                }
              });
          return new Packs(packs[0], unreferenced);
        });
  }

  private static @Nullable PackId packOf(ObjectInfo info) {
    String hex = info.key().lastSegment();
    if (hex.length() != 2 * Digest.BYTES) {
      return null;
    }
    try {
      PackId pack = PackId.parse(hex);
      return ObjectKey.of(pack).equals(info.key()) ? pack : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /**
   * Leaves only packs whose prologue names a tenant we know.
   *
   * @return how many were taken out
   */
  long retainKnown(RegionName name, Set<PackId> packs) throws RegionException {
    long before = packs.size();
    List<PackId> foreign = new ArrayList<>();
    for (PackId pack : packs) {
      ObjectKey key = ObjectKey.of(pack);
      try {
        byte[] head = regions.in(name, region -> region.read(key, 0, Prologue.BYTES));
        if (!tenants.contains(Prologue.read(head, Prologue.Kind.PACK, key.toString()).tenant())) {
          foreign.add(pack);
        }
      } catch (RegionException.Missing e) {
        foreign.add(pack); // Too short to be a pack, or gone.
      } catch (VaultException e) {
        foreign.add(pack); // Damaged, or of a later version: not ours to remove.
      }
    }
    packs.removeAll(Set.copyOf(foreign));
    return before - packs.size();
  }

  void sweepPacks(RegionName name, Set<PackId> packs) throws RegionException {
    for (PackId pack : packs.stream().sorted().toList()) {
      delete(name, ObjectKey.of(pack));
    }
  }

  /**
   * Removes those index objects that still describe no pack that is referred to.
   *
   * @return how many
   */
  long sweepIndexes(
      RegionName name, Set<ObjectKey> marked, Set<PackId> referenced, IndexReferences references)
      throws RegionException {
    long swept = 0;
    for (ObjectKey key : marked.stream().sorted().toList()) {
      if (isDead(name, key, referenced, references)) {
        delete(name, key);
        swept++;
      }
    }
    return swept;
  }

  /** Index objects of the tenants that describe no pack that is referred to. */
  List<ObjectKey> deadIndexes(
      RegionName name, Set<PackId> referenced, Collection<TenantId> of, IndexReferences references)
      throws RegionException {
    List<ObjectKey> dead = new ArrayList<>();
    for (TenantId tenant : of) {
      List<ObjectKey> listed =
          regions.in(
              name,
              region -> {
                List<ObjectKey> keys = new ArrayList<>();
                region.list("index/" + tenant.hex() + "/", info -> keys.add(info.key()));
                return keys;
              });
      for (ObjectKey key : listed) {
        if (isDead(name, key, referenced, references)) {
          dead.add(key);
        }
      }
    }
    return dead;
  }

  private boolean isDead(
      RegionName name, ObjectKey key, Set<PackId> referenced, IndexReferences references)
      throws RegionException {
    try {
      byte[] bytes = regions.in(name, region -> region.read(key));
      return Collections.disjoint(referenced, references.of(key, bytes));
    } catch (RegionException.Missing e) {
      return false;
    } catch (VaultException e) {
      return false; // Not understood, so not removed; it costs nothing but its bytes.
    }
  }

  private void delete(RegionName name, ObjectKey key) throws RegionException {
    Boolean _ =
        regions.in(
            name,
            region -> {
              region.delete(key);
              return true;
            });
  }
}
