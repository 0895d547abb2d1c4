package dev.lifeboat.verify;

import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What regions list, all objects of each but what healing set aside. */
final class Listing {
  private final SortedMap<RegionName, NavigableMap<ObjectKey, Long>> objects = new TreeMap<>();
  private final SortedMap<RegionName, String> unreachable = new TreeMap<>();
  private final SortedSet<RegionName> lookedAt = new TreeSet<>();

  private Listing() {}

  /** Lists every region; one that cannot be listed to its end counts as unreachable. */
  static Listing of(List<Region> regions) {
    Listing listing = new Listing();
    for (Region region : regions) {
      NavigableMap<ObjectKey, Long> found = new TreeMap<>();
      try {
        region.list(
            "",
            info -> {
              if (!info.key().value().startsWith(Healer.QUARANTINE)) {
                found.put(info.key(), info.bytes());
              }
            });
        listing.objects.put(region.name(), found);
        listing.lookedAt.add(region.name());
      } catch (RegionException e) {
        listing.unreachable.put(region.name(), String.valueOf(e.getMessage()));
      }
    }
    return listing;
  }

  /**
   * The same, of which only some regions are to be looked at; the others still tell what there is.
   */
  Listing lookingAt(Set<RegionName> regions) {
    Listing narrower = new Listing();
    narrower.objects.putAll(objects);
    narrower.unreachable.putAll(unreachable);
    narrower.unreachable.keySet().retainAll(regions);
    narrower.lookedAt.addAll(lookedAt);
    narrower.lookedAt.retainAll(regions);
    return narrower;
  }

  /** Regions that were listed and are to be looked at. */
  SortedSet<RegionName> regions() {
    return Collections.unmodifiableSortedSet(lookedAt);
  }

  SortedMap<RegionName, String> unreachable() {
    return unreachable;
  }

  /** Lengths by key; of a listed region. */
  NavigableMap<ObjectKey, Long> objects(RegionName region) {
    return objects.getOrDefault(region, Collections.emptyNavigableMap());
  }

  /** Length of an object in a region. */
  Optional<Long> bytes(RegionName region, ObjectKey key) {
    return Optional.ofNullable(objects(region).get(key));
  }

  /** Every key that some region has, under a prefix. */
  SortedSet<ObjectKey> union(String prefix) {
    NavigableSet<ObjectKey> union = new TreeSet<>();
    for (Map<ObjectKey, Long> region : objects.values()) {
      region.keySet().stream().filter(key -> key.value().startsWith(prefix)).forEach(union::add);
    }
    return union;
  }

  /** Whether a region other than this one has the key. */
  boolean elsewhere(RegionName region, ObjectKey key) {
    return objects.entrySet().stream()
        .anyMatch(other -> !other.getKey().equals(region) && other.getValue().containsKey(key));
  }

  /** Objects in the regions that are to be looked at. */
  long count() {
    return lookedAt.stream().mapToLong(region -> objects(region).size()).sum();
  }
}
