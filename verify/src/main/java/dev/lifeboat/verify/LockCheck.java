package dev.lifeboat.verify;

import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.Locks;
import dev.lifeboat.vault.reclaim.NeededPacks;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Asks regions that lock whether some of what snapshots need is locked for as long as it should be.
 * Each object is a request, and so a few are drawn by lot every time.
 */
final class LockCheck {
  /** Packs, and as many manifests, that are asked for in each region. */
  static final int DRAWN = 50;

  /** What a snapshot took over from earlier ones is locked for longer in the night after it. */
  private static final Duration UPKEEP = Duration.ofDays(2);

  private final RegionSet regions;
  private final References references;
  private final Damage damage;
  private final SecureRandom random;
  private final List<Finding> findings = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  LockCheck(RegionSet regions, References references, Damage damage, SecureRandom random) {
    this.regions = regions;
    this.references = references;
    this.damage = damage;
    this.random = random;
  }

  List<Finding> findings() {
    return findings;
  }

  /** What was not looked at. */
  List<String> notes() {
    return notes;
  }

  /** Asks one region, if it locks. */
  void check(RegionName name) throws InterruptedException {
    Optional<ObjectLock> rule = regions.region(name).flatMap(Region::lock);
    if (rule.isEmpty()) {
      return;
    }
    Map<ObjectKey, Instant> newest = new TreeMap<>();
    long all = draw(newest);
    try {
      Instant now = regions.in(name, Region::now);
      Map<ObjectKey, Instant> wanted = new TreeMap<>();
      newest.forEach((key, time) -> {
        Instant until = rule.get().until(time).minus(tolerance(rule.get()));
        if (until.isAfter(now)) {
          wanted.put(key, until);
        }
      });
      ask(name, wanted, rule.get(), newest);
      if (all > newest.size()) {
        notes.add(
            "region %s: %d of the %d packs and manifests that snapshots need were asked for their locks, drawn by lot"
                .formatted(name, newest.size(), all));
      }
    } catch (RegionException e) {
      findings.add(new Finding.RegionUnreachable(name, String.valueOf(e.getMessage())));
    }
  }

  private static Duration tolerance(ObjectLock rule) {
    return rule.slack().compareTo(UPKEEP) < 0 ? rule.slack() : UPKEEP;
  }

  /** Draws packs and manifests, each with the newest snapshot that needs it; how many there are. */
  private long draw(Map<ObjectKey, Instant> drawn) {
    List<PackId> packs = new ArrayList<>();
    long count = 0;
    try (NeededPacks.Cursor cursor = references.packs()) {
      for (PackId pack = cursor.next(); pack != null; pack = cursor.next()) {
        count++;
        if (packs.size() < DRAWN) {
          packs.add(pack);
        } else {
          long place = random.nextLong(count);
          if (place < DRAWN) {
            packs.set((int) place, pack);
          }
        }
      }
    }
    references
        .newest(new HashSet<>(packs))
        .forEach((pack, time) -> drawn.put(ObjectKey.of(pack), time));
    List<References.Snapshot> snapshots = references.snapshots();
    for (int i = 0; i < Math.min(DRAWN, snapshots.size()); i++) {
      References.Snapshot one =
          snapshots.size() <= DRAWN
              ? snapshots.get(i)
              : snapshots.get(random.nextInt(snapshots.size()));
      drawn.put(one.key(), one.header().time());
    }
    return count + snapshots.size();
  }

  private void ask(
      RegionName name,
      Map<ObjectKey, Instant> wanted,
      ObjectLock rule,
      Map<ObjectKey, Instant> newest)
      throws RegionException, InterruptedException {
    List<ObjectKey> keys = List.copyOf(wanted.keySet());
    List<Optional<Instant>> answers =
        Locks.each(
            keys,
            key -> {
              try {
                return regions.in(name, region -> region.lockedUntil(key));
              } catch (RegionException.Missing e) {
                return Optional.of(Instant.MAX); // Found as missing by the inventory.
              }
            });
    for (int i = 0; i < keys.size(); i++) {
      ObjectKey key = keys.get(i);
      Optional<Instant> held = answers.get(i);
      Instant least = wanted.getOrDefault(key, Instant.MIN);
      if (held.filter(until -> !until.isBefore(least)).isEmpty()) {
        findings.add(
            new Finding.LockShort(
                name,
                key,
                held.orElse(null),
                rule.until(newest.getOrDefault(key, Instant.EPOCH)),
                damage.of(key)));
      }
    }
  }
}
