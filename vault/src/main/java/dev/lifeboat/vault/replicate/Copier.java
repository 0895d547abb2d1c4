package dev.lifeboat.vault.replicate;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.PutReport;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Copies single objects, and only what is right. Safe for use by many threads. */
final class Copier {

  private final RegionSet regions;
  private final Tally tally;
  private final Optional<Replicator.Until> deadline;

  Copier(RegionSet regions, Tally tally, Optional<Replicator.Until> deadline) {
    this.regions = regions;
    this.tally = tally;
    this.deadline = deadline;
  }

  /** Whether time is up: nothing more is to be begun. */
  boolean isOver() {
    return deadline.filter(end -> !end.left().isPositive()).isPresent()
        || Thread.currentThread().isInterrupted();
  }

  /** Why nothing can be copied to a region at present; {@code null} if it can. */
  @Nullable String outage(RegionName to) {
    return regions.outages().get(to);
  }

  /**
   * Copies an object that is named by its hash, from the region where reading costs least and the
   * bytes are right.
   *
   * @return who has it now
   */
  Set<RegionName> named(ObjectKey key, Collection<RegionName> holders, Set<RegionName> to) {
    Set<RegionName> done = new HashSet<>();
    Set<RegionName> rest = new HashSet<>(to);
    Digest name = name(key);
    if (name != null) {
      for (RegionName target : to) {
        try {
          if (regions.copy(holders, target, key, name)) {
            done.add(target);
            rest.remove(target);
            tally.copied(target, key, 0);
          }
        } catch (RegionException.Doubtful e) {
          rest.remove(target);
          tally.missing(target, key, String.valueOf(e.getMessage()));
        }
      }
    }
    if (rest.isEmpty()) {
      return done;
    }
    byte[] bytes;
    try {
      bytes = regions.readCheapest(key, found -> Digest.of(found).equals(name));
    } catch (VaultException e) {
      rest.forEach(target -> tally.missing(target, key, String.valueOf(e.getMessage())));
      return done;
    }
    done.addAll(store(key, bytes, rest));
    return done;
  }

  /** Copies an object of which all copies must be equal. */
  Set<RegionName> agreed(ObjectKey key, Set<RegionName> holders, Set<RegionName> to) {
    byte[] bytes = agreed(key, holders);
    if (bytes == null) {
      to.forEach(target -> tally.missing(target, key, "no copy that can be trusted"));
      return Set.of();
    }
    return store(key, bytes, to);
  }

  Set<RegionName> store(ObjectKey key, byte[] bytes, Set<RegionName> to) {
    Duration left = deadline.map(Replicator.Until::left).orElse(RegionSet.FOREVER);
    PutReport report = regions.put(key, ByteBuffer.wrap(bytes), to, left);
    report.held().forEach(target -> tally.copied(target, key, bytes.length));
    report
        .failed()
        .forEach((target, e) -> tally.missing(target, key, String.valueOf(e.getMessage())));
    return report.held();
  }

  /** The bytes that all holders have; {@code null}, and a conflict, if they differ. */
  byte @Nullable [] agreed(ObjectKey key, Set<RegionName> holders) {
    SortedMap<RegionName, byte[]> copies = new TreeMap<>();
    for (RegionName holder : holders) {
      try {
        copies.put(holder, regions.in(holder, region -> region.read(key)));
      } catch (RegionException e) {
        // One copy fewer to compare; none at all is what counts.
      }
    }
    byte[] first = null;
    for (Map.Entry<RegionName, byte[]> copy : copies.entrySet()) {
      if (first == null) {
        first = copy.getValue();
      } else if (!Arrays.equals(first, copy.getValue())) {
        tally.conflict(
            key,
            "%s and %s hold different bytes under this key"
                .formatted(copies.firstKey(), copy.getKey()));
        return null;
      }
    }
    return first;
  }

  private static @Nullable Digest name(ObjectKey key) {
    try {
      return Digest.parse(key.lastSegment());
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
