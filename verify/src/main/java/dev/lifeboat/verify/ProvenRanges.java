package dev.lifeboat.verify;

import dev.lifeboat.vault.reclaim.Proof;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.RegionName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What is known of when the objects of one region were last proven, at one depth: the key space cut
 * where any proof begins or ends.
 */
final class ProvenRanges {
  /** Clocks that tell a region's time from its answers differ by so much at the most. */
  private static final Duration TOLERANCE = Duration.ofMinutes(5);

  /**
   * A piece of the key space that every proof covers wholly or not at all.
   *
   * @param after keys greater than this
   * @param upTo keys not greater than this; empty to the end
   * @param known every object stored before was proven at some time; {@link Proof#EVER} if there is
   *     no such time
   * @param base the least recent of these times
   */
  record Segment(String after, String upTo, Instant known, Instant base, List<Proof> proofs) {
    Segment {
      proofs = List.copyOf(proofs);
    }

    /** Whether nothing that was stored there is known to be proven for good. */
    boolean isUnknown() {
      return known.equals(Proof.EVER);
    }
  }

  private final NavigableMap<String, Segment> segments = new TreeMap<>();
  private final Optional<Instant> last;

  /**
   * @param now of the region: what claims to be of later counts for nothing
   */
  ProvenRanges(List<Proof> proofs, RegionName region, Proof.Depth depth, Instant now) {
    List<Proof> counting =
        proofs.stream()
            .filter(proof -> proof.region().equals(region) && proof.depth() == depth)
            .filter(proof -> !proof.time().isAfter(now.plus(TOLERANCE)))
            .toList();
    this.last = counting.stream().map(Proof::time).max(Instant::compareTo);
    TreeSet<String> cuts = new TreeSet<>();
    cuts.add("");
    for (Proof proof : counting) {
      cuts.add(proof.after());
      cuts.add(proof.upTo()); // Empty for the end, and then no cut.
    }
    for (String after : cuts) {
      String next = cuts.higher(after);
      String upTo = next == null ? "" : next;
      List<Proof> covering =
          counting.stream()
              .filter(proof -> proof.after().compareTo(after) <= 0)
              .filter(proof ->
                  proof.upTo().isEmpty() || (!upTo.isEmpty() && proof.upTo().compareTo(upTo) >= 0))
              .toList();
      segments.put(after, segment(after, upTo, covering));
    }
  }

  private static Segment segment(String after, String upTo, List<Proof> proofs) {
    Instant known = Proof.EVER;
    for (boolean grown = true; grown; ) {
      grown = false;
      for (Proof proof : proofs) {
        if (!proof.from().isAfter(known) && proof.to().isAfter(known)) {
          known = proof.to();
          grown = true;
        }
      }
    }
    List<Instant> bounds = new ArrayList<>(List.of(Proof.EVER));
    proofs.forEach(proof -> bounds.addAll(List.of(proof.from(), proof.to())));
    Instant end = known;
    Instant base =
        bounds.stream()
            .filter(bound -> bound.isBefore(end))
            .map(bound -> latest(proofs, bound).orElse(Proof.EVER))
            .min(Instant::compareTo)
            .orElse(Proof.EVER);
    return new Segment(after, upTo, known, base, proofs);
  }

  private static Optional<Instant> latest(List<Proof> proofs, Instant modified) {
    return proofs.stream()
        .filter(proof -> proof.isWithin(modified))
        .map(Proof::time)
        .max(Instant::compareTo);
  }

  /** When anything of the region was last read. */
  Optional<Instant> last() {
    return last;
  }

  /** All of the key space, in ascending order. */
  Collection<Segment> segments() {
    return Collections.unmodifiableCollection(segments.values());
  }

  Segment of(ObjectInfo object) {
    return segments.lowerEntry(object.key().value()).getValue();
  }

  /** When the bytes of an object were last proven. */
  Optional<Instant> lastProven(ObjectInfo object) {
    return of(object).proofs().stream()
        .filter(proof -> proof.covers(object))
        .map(Proof::time)
        .max(Instant::compareTo);
  }
}
