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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
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
   * @param sweep those marked and due to which nothing refers, with their lengths
   * @param mark some of the others to which nothing refers
   * @param left how many there are beyond these
   * @param pendingBytes of those that stay because they are pending
   * @param watched those asked for that are there
   */
  record Packs(
      long packs,
      Map<PackId, Long> sweep,
      Map<PackId, Long> mark,
      long left,
      long pendingBytes,
      Set<PackId> watched) {}

  /**
   * Lists packs and sorts out what nothing refers to.
   *
   * @param due in marks that may be swept
   * @param pending in marks that may not be swept yet: neither swept nor marked again
   * @param fresh will be referred to soon: neither swept nor marked
   * @param watch which of these are there, is told
   * @param most how many to mark
   */
  Packs list(
      RegionName name,
      PackSet referenced,
      Set<PackId> due,
      Set<PackId> pending,
      Set<PackId> fresh,
      Set<PackId> watch,
      long most)
      throws RegionException {
    return regions.in(
        name,
        region -> {
          long[] packs = new long[3];
          Set<PackId> watched = new HashSet<>();
          Map<PackId, Long> sweep = new HashMap<>();
          Map<PackId, Long> mark = new HashMap<>();
          region.list(
              ObjectKey.PACKS,
              info -> {
                PackId pack = info.key().pack().orElse(null);
                if (pack == null) {
                  return; // Not ours to judge.
                }
                packs[0]++;
                if (watch.contains(pack)) {
                  watched.add(pack);
                }
                if (referenced.contains(pack) || fresh.contains(pack)) {
                  return;
                }
                if (pending.contains(pack)) {
                  packs[2] += info.bytes();
                  return;
                }
                if (due.contains(pack)) {
                  sweep.put(pack, info.bytes());
                } else if (mark.size() < most) {
                  mark.put(pack, info.bytes());
                } else {
                  packs[1]++;
                }
              });
          return new Packs(packs[0], sweep, mark, packs[1], packs[2], watched);
        });
  }

  /**
   * Leaves only packs whose prologue names a tenant we know.
   *
   * @return how many were taken out
   */
  long retainKnown(RegionName name, Map<PackId, Long> packs) throws RegionException {
    long before = packs.size();
    List<PackId> foreign = new ArrayList<>();
    for (PackId pack : packs.keySet()) {
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
    packs.keySet().removeAll(Set.copyOf(foreign));
    return before - packs.size();
  }

  void sweepPacks(RegionName name, Set<PackId> packs, Guard guard) throws RegionException {
    for (PackId pack : packs.stream().sorted().toList()) {
      guard.check(name);
      delete(name, ObjectKey.of(pack));
    }
  }

  /** Says before each removal whether it may still be done. */
  interface Guard {
    void check(RegionName region) throws RegionException;
  }

  /**
   * Removes those index objects that still describe no pack that is needed.
   *
   * @return how many
   */
  long sweepIndexes(
      RegionName name,
      Set<ObjectKey> marked,
      Predicate<PackId> needed,
      IndexReferences references,
      Guard guard)
      throws RegionException {
    long swept = 0;
    for (ObjectKey key : marked.stream().sorted().toList()) {
      if (isDead(name, key, needed, references)) {
        guard.check(name);
        delete(name, key);
        swept++;
      }
    }
    return swept;
  }

  /**
   * Index objects of the tenants that describe no pack that is needed.
   *
   * @param cache a directory for what index objects describe
   * @param most how many to find
   */
  List<ObjectKey> deadIndexes(
      RegionName name,
      Predicate<PackId> needed,
      IndexReferences references,
      Path cache,
      Digest binding,
      long most)
      throws RegionException {
    List<ObjectKey> dead = new ArrayList<>();
    for (TenantId tenant : tenants) {
      List<ObjectInfo> listed =
          regions.in(
              name,
              region -> {
                List<ObjectInfo> infos = new ArrayList<>();
                region.list("index/" + tenant.hex() + "/", infos::add);
                return infos;
              });
      if (listed.isEmpty()) {
        continue;
      }
      Path file = cache.resolve("index").resolve(name.value()).resolve(tenant.hex() + ".packs");
      try {
        new IndexTable(file, binding)
            .visit(
                listed,
                object -> packs(name, object.key(), references),
                (object, packs) -> {
                  if (dead.size() < most && packs.stream().noneMatch(needed)) {
                    dead.add(object.key());
                  }
                });
      } catch (IOException e) {
        throw new UncheckedIOException("cannot keep " + file, e);
      }
    }
    return dead;
  }

  /** What an index object describes; {@code null} if that cannot be learnt: then it stays. */
  private @Nullable Collection<PackId> packs(
      RegionName name, ObjectKey key, IndexReferences references) {
    try {
      byte[] bytes = regions.in(name, region -> region.read(key));
      return references.of(key, bytes);
    } catch (RegionException e) {
      return null; // Costs nothing but its bytes.
    } catch (VaultException e) {
      return null; // Not understood, so not removed.
    }
  }

  private boolean isDead(
      RegionName name, ObjectKey key, Predicate<PackId> needed, IndexReferences references)
      throws RegionException {
    try {
      byte[] bytes = regions.in(name, region -> region.read(key));
      return references.of(key, bytes).stream().noneMatch(needed);
    } catch (RegionException.Missing e) {
      return false;
    } catch (VaultException e) {
      return false; // Not understood, so not removed; it costs nothing but its bytes.
    }
  }

  private void delete(RegionName name, ObjectKey key) throws RegionException {
    regions.act(name, region -> region.delete(key));
  }
}
