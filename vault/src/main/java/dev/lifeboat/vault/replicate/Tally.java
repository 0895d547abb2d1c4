package dev.lifeboat.vault.replicate;

import dev.lifeboat.vault.region.MergedListing;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Counts what is copied and what is not. */
final class Tally {
  private final ReplicationProgress progress;
  private final Map<RegionName, Region> regions = new TreeMap<>();
  private final SortedMap<RegionName, String> unreachable = new TreeMap<>();
  private final SortedMap<ObjectKey, String> conflicts = new TreeMap<>();

  private boolean stopped;

  private static final class Region {
    private long copied;
    private long bytes;
    private long missing;
    private final Map<ObjectKey, String> reasons = new LinkedHashMap<>();
  }

  Tally(Iterable<RegionName> names, ReplicationProgress progress) {
    names.forEach(name -> regions.put(name, new Region()));
    this.progress = progress;
  }

  void copied(RegionName to, ObjectKey key, long bytes) {
    synchronized (this) {
      Region region = region(to);
      region.copied++;
      if (region.reasons.remove(key) != null) {
        region.missing--;
      }
      region.bytes += bytes;
    }
    progress.copied(to, key, bytes);
  }

  synchronized void missing(RegionName in, ObjectKey key, String reason) {
    Region region = region(in);
    if (region.reasons.replace(key, reason) != null) {
      return; // It was tried again.
    }
    region.missing++;
    if (region.reasons.size() < ReplicationResult.REASONS) {
      region.reasons.put(key, reason);
    }
  }

  /** What was to be copied and was not begun, because time is up. */
  synchronized void stopped() {
    stopped = true;
  }

  synchronized void conflict(ObjectKey key, String what) {
    conflicts.putIfAbsent(key, what);
  }

  synchronized void failed(MergedListing listing) {
    listing
        .failed()
        .forEach((name, e) -> unreachable.putIfAbsent(name, String.valueOf(e.getMessage())));
  }

  synchronized boolean isReachable(RegionName name) {
    return !unreachable.containsKey(name);
  }

  /** Regions that could not get some object. */
  synchronized Set<RegionName> incomplete() {
    Set<RegionName> names = new HashSet<>(unreachable.keySet());
    regions.forEach((name, region) -> {
      if (region.missing > 0) {
        names.add(name);
      }
    });
    return names;
  }

  synchronized ReplicationResult result() {
    SortedMap<RegionName, ReplicationResult.PerRegion> done = new TreeMap<>();
    regions.forEach((name, r) -> {
      if (!unreachable.containsKey(name)) {
        List<ReplicationResult.NotCopied> reasons = new ArrayList<>();
        r.reasons.forEach(
            (key, reason) -> reasons.add(new ReplicationResult.NotCopied(key, reason)));
        done.put(name, new ReplicationResult.PerRegion(r.copied, r.bytes, r.missing, reasons));
      }
    });
    return new ReplicationResult(done, unreachable, conflicts, stopped);
  }

  private Region region(RegionName name) {
    Region region = regions.get(name);
    if (region == null) {
      throw new IllegalArgumentException("no such region: " + name);
    }
    return region;
  }
}
