package dev.lifeboat.verify;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.reclaim.ProofLedger;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Mends what a good copy in another region can mend.
 *
 * <p>The good copy is read and judged before anything is touched. Bad bytes are first copied to
 * {@code quarantine/} in their region, for whoever wants to know what happened, then removed, and
 * the good ones put in their place. A crash in between leaves the object missing where it was bad,
 * which the next run finds and mends; the good copy is never written to.
 */
final class Healer {
  /** Prefix of what was set aside; no part of the vault any more. */
  static final String QUARANTINE = "quarantine/";

  private final RegionSet regions;
  private final ObjectJudge judge;
  private final List<String> healed = new ArrayList<>();
  private final Set<String> tried = new HashSet<>();
  private final Set<String> mended = new HashSet<>();
  private final Set<ObjectKey> setAside = new HashSet<>();
  private boolean lacksIndex;

  Healer(RegionSet regions, ObjectJudge judge) {
    this.regions = regions;
    this.judge = judge;
  }

  /** What was mended, in words. */
  List<String> healed() {
    return healed;
  }

  /** Whether index objects have to be made anew. */
  boolean lacksIndex() {
    return lacksIndex;
  }

  /** Index objects that are gone from their places. */
  Set<ObjectKey> setAside() {
    return setAside;
  }

  /** Whether this was mended. */
  boolean mended(Finding finding) {
    return switch (finding) {
      case Finding.BadCopy bad -> mended.contains(place(bad.region(), bad.key()));
      case Finding.StaleIndex stale -> mended.contains(place(stale.region(), stale.key()));
      case Finding.Overlaid over -> mended.contains(place(over.region(), over.key()));
      case Finding.Unrestorable _,
          Finding.LostSnapshot _,
          Finding.KeyMissing _,
          Finding.SuspiciousChange _,
          Finding.Unindexed _,
          Finding.LockShort _,
          Finding.ClockSkew _,
          Finding.Orphans _,
          Finding.RegionUnreachable _ ->
          false;
    };
  }

  private static String place(RegionName region, ObjectKey key) {
    return region + " " + key;
  }

  /** Mends if possible. */
  void heal(Finding finding) {
    switch (finding) {
      case Finding.BadCopy bad -> replace(bad.region(), bad.key());
      case Finding.StaleIndex stale -> setAside(stale.region(), stale.key());
      case Finding.Overlaid over -> bringBack(over.region(), over.key());
      case Finding.Unrestorable _,
          Finding.LostSnapshot _,
          Finding.KeyMissing _,
          Finding.SuspiciousChange _,
          Finding.LockShort _,
          Finding.ClockSkew _,
          Finding.Orphans _,
          Finding.RegionUnreachable _ -> {}
      case Finding.Unindexed _ -> lacksIndex = true;
    }
  }

  /** Puts the good version on top again: of this region if it has one, or else of another. */
  private void bringBack(RegionName name, ObjectKey key) {
    if (!tried.add(place(name, key))) {
      return;
    }
    Region region = regions.region(name).orElseThrow();
    try {
      Optional<byte[]> good = ownCopy(region, key).or(() -> goodCopy(name, key));
      if (good.isEmpty()) {
        return;
      }
      region.replace(key, ByteBuffer.wrap(good.get()));
      if (judge.fault(key, region.read(key)).isEmpty()) {
        mended(name, key, "the good version is on top again");
      }
    } catch (RegionException e) {
      // The finding stands, and is found again by the verification that follows the healing.
      return;
    }
  }

  /** What the region itself has unharmed, on top or beneath. */
  private Optional<byte[]> ownCopy(Region region, ObjectKey key) throws RegionException {
    byte[] bytes = region.read(key);
    return judge.fault(key, bytes).isEmpty()
        ? Optional.of(bytes)
        : region.readBeneath(key, 0, Region.WHOLE, older -> judge.fault(key, older).isEmpty());
  }

  private void replace(RegionName name, ObjectKey key) {
    if (!tried.add(place(name, key))) {
      return;
    }
    Region bad = regions.region(name).orElseThrow();
    Optional<byte[]> good = goodCopy(name, key);
    try {
      if (good.isEmpty()) {
        if (Remedies.isRebuilt(key)) {
          moveAway(bad, key);
        } else if (isDisposable(key) && quarantine(bad, key)) {
          bad.delete(key);
          mended(name, key, "set aside; nothing depends on it");
        }
        return;
      }
      if (quarantine(bad, key)) {
        bad.replace(key, ByteBuffer.wrap(good.get()));
      } else {
        bad.put(key, ByteBuffer.wrap(good.get()));
      }
      byte[] after = bad.read(key);
      if (judge.fault(key, after).isEmpty()) {
        mended(name, key, "copied from another region");
      }
    } catch (RegionException e) {
      // The finding stands, and is found again by the verification that follows the healing.
      return;
    }
  }

  /** An index object that says what is not true: as if it were not there, packs tell themselves. */
  private void setAside(RegionName name, ObjectKey key) {
    if (!tried.add(place(name, key))) {
      return;
    }
    try {
      moveAway(regions.region(name).orElseThrow(), key);
    } catch (RegionException e) {
      // Locked, or out of reach: the finding stands.
      return;
    }
  }

  private void moveAway(Region region, ObjectKey key) throws RegionException {
    if (quarantine(region, key)) {
      region.delete(key);
    }
    lacksIndex = true;
    setAside.add(key);
    mended(region.name(), key, "set aside; packs tell themselves what it should");
  }

  private void mended(RegionName region, ObjectKey key, String how) {
    mended.add(place(region, key));
    healed.add("%s in %s: %s".formatted(key, region, how));
  }

  /** Leases, marks and proofs are statements of the moment: a broken one is better gone. */
  private static boolean isDisposable(ObjectKey key) {
    return key.value().startsWith("leases/")
        || key.value().startsWith("trash/")
        || key.value().startsWith(ProofLedger.PREFIX);
  }

  /** Keeps what is there under another name; false if nothing is there. */
  private static boolean quarantine(Region region, ObjectKey key) throws RegionException {
    byte[] bad;
    try {
      bad = region.read(key);
    } catch (RegionException.Missing e) {
      return false;
    }
    ObjectKey kept =
        new ObjectKey("%s%d/%s".formatted(QUARANTINE, region.now().toEpochMilli(), key.value()));
    region.put(kept, ByteBuffer.wrap(bad));
    return true;
  }

  private Optional<byte[]> goodCopy(RegionName except, ObjectKey key) {
    for (Region region : regions.regions()) {
      if (region.name().equals(except)) {
        continue;
      }
      try {
        byte[] bytes = region.read(key);
        if (judge.fault(key, bytes).isEmpty()) {
          return Optional.of(bytes);
        }
      } catch (RegionException | VaultException e) {
        // Not a good copy; another region may have one.
      }
    }
    return Optional.empty();
  }
}
