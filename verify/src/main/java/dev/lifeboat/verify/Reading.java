package dev.lifeboat.verify;

import dev.lifeboat.vault.reclaim.Proof;
import dev.lifeboat.vault.reclaim.ProofLedger;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.region.RegionName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * What one reading of a region came to, and what it proves. Safe for use by many threads.
 *
 * <p>Memory: the keys of what is not right, and eight bytes for each of the newest objects.
 */
final class Reading {
  /**
   * Some regions tell as the time of an object when its upload began: one that is listed after the
   * reading can be said to be so much older, and counts as unread.
   */
  static final Duration UPLOAD = Duration.ofHours(1);

  /** With more bad objects than this, what lies behind them is not said to be proven. */
  private static final int MOST_BAD = 64;

  private final RegionName region;
  private final Instant start;
  private final Consumer<ObjectInfo> sound;
  private final SortedSet<ObjectKey> bad = new TreeSet<>();
  private final SortedSet<Long> young = new TreeSet<>();
  private boolean tooManyYoung;
  private long objects;
  private long bytes;

  /** A range of keys all of whose objects that were stored since {@code from} were read. */
  record Range(String after, String upTo, Instant from) {}

  /** All keys, everything that was ever stored. */
  static final Range EVERYTHING = new Range("", "", Proof.EVER);

  /**
   * @param start by the region's clock, before it was listed
   * @param sound told of what was found right, by one thread at a time
   */
  Reading(RegionName region, Instant start, Consumer<ObjectInfo> sound) {
    this.region = region;
    this.sound = sound;
    this.start = Instant.ofEpochMilli(start.toEpochMilli());
  }

  /** Objects stored at this time or later are young. */
  static Instant settled(Instant start) {
    Instant settled = start.minus(UPLOAD);
    return settled.isBefore(Proof.EVER) ? Proof.EVER : settled;
  }

  RegionName region() {
    return region;
  }

  synchronized void good(ObjectInfo object, long length) {
    objects++;
    bytes += length;
    sound.accept(object);
    if (!object.modified().isBefore(settled(start))
        && !tooManyYoung
        && ObjectLock.covers(object.key())) {
      young.add(Proof.mark(object.key(), object.modified()));
      tooManyYoung = young.size() > ProofLedger.MOST_YOUNG;
      if (tooManyYoung) {
        young.clear();
      }
    }
  }

  /** Not right, or not to be had. */
  synchronized void bad(ObjectInfo object) {
    bad.add(object.key());
  }

  /** What is proven when all of these ranges were read to their ends. */
  synchronized List<Proof> proofs(Proof.Depth depth, List<Range> ranges) {
    Instant to = settled(start);
    List<Proof> proofs = new ArrayList<>();
    for (Range range : ranges) {
      if (range.from().isBefore(to)) {
        for (Range sound : without(range)) {
          proofs.add(proof(depth, sound, to, new TreeSet<>()));
        }
      }
    }
    if (!young.isEmpty()) {
      proofs.add(proof(depth, new Range("", "", to), to, young));
    }
    return objects == 0 ? List.of() : proofs;
  }

  private Proof proof(Proof.Depth depth, Range range, Instant to, SortedSet<Long> marks) {
    return new Proof(
        region, depth, range.after(), range.upTo(), range.from(), to, start, objects, bytes, marks);
  }

  /** The range around its bad objects. */
  private List<Range> without(Range range) {
    List<Range> sound = new ArrayList<>();
    String after = range.after();
    int left = MOST_BAD;
    for (ObjectKey key : bad) {
      String name = key.value();
      if (name.compareTo(after) <= 0
          || (!range.upTo().isEmpty() && name.compareTo(range.upTo()) > 0)) {
        continue;
      }
      String before = before(name);
      if (before.compareTo(after) > 0) {
        sound.add(new Range(after, before, range.from()));
      }
      after = name;
      if (--left == 0) {
        return sound;
      }
    }
    if (range.upTo().isEmpty() || after.compareTo(range.upTo()) < 0) {
      sound.add(new Range(after, range.upTo(), range.from()));
    }
    return sound;
  }

  /** Less than a key, and more than every other that is less: {@code ~} is in no key. */
  private static String before(String key) {
    int last = key.length() - 1;
    return key.substring(0, last) + (char) (key.charAt(last) - 1) + "~";
  }
}
