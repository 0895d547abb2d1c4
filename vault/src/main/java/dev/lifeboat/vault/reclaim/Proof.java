package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * That a host read, and found right, every object of a region whose key lies in a range and that
 * was stored in a span of time. Once true it stays so: whoever repeats it, forgets it, or shows it
 * again later can make nobody believe more than was read.
 *
 * @param after keys greater than this; empty for all from the first
 * @param upTo keys not greater than this; empty for all to the last
 * @param from objects stored at this time or later, by the region's clock, to the millisecond
 * @param to objects stored before this time
 * @param time when reading began, by the region's clock, to the millisecond
 * @param objects that were read
 * @param bytes of them
 * @param young {@linkplain #mark marks} of objects in the range that were read although they were
 *     stored at {@code to} or later: these alone, and none that came with them
 */
public record Proof(
    RegionName region,
    Depth depth,
    String after,
    String upTo,
    Instant from,
    Instant to,
    Instant time,
    long objects,
    long bytes,
    SortedSet<Long> young) {
  /** What was compared. */
  public enum Depth {
    /** Bytes with names and signatures. */
    CIPHERTEXT("ciphertext"),
    /** Contents with chunk ids, of the packs that snapshots needed. */
    DEEP("deep");

    private final String id;

    Depth(String id) {
      this.id = id;
    }

    /** As records have it. */
    String id() {
      return id;
    }

    /** Refuses a name that is none. */
    static Depth of(String id) {
      return Arrays.stream(values())
          .filter(depth -> depth.id.equals(id))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("no depth of a proof: " + id));
    }
  }

  /** Before everything that a region ever stored. */
  public static final Instant EVER = Instant.EPOCH;

  public Proof {
    if ((!upTo.isEmpty() && after.compareTo(upTo) >= 0)
        || from.isBefore(EVER)
        || to.isBefore(from)
        || time.isBefore(to)
        || objects < 0
        || bytes < 0) {
      throw new IllegalArgumentException(
          "no proof of %s: keys after '%s' up to '%s', stored from %s to %s, read at %s"
              .formatted(region, after, upTo, from, to, time));
    }
    from = Instant.ofEpochMilli(from.toEpochMilli());
    to = Instant.ofEpochMilli(to.toEpochMilli());
    time = Instant.ofEpochMilli(time.toEpochMilli());
    young = Collections.unmodifiableSortedSet(new TreeSet<>(young));
  }

  /** Whether the key lies in the range. */
  public boolean spans(String key) {
    return key.compareTo(after) > 0 && (upTo.isEmpty() || key.compareTo(upTo) <= 0);
  }

  /** Whether this object was read. */
  public boolean covers(ObjectInfo object) {
    return spans(object.key().value())
        && (isWithin(object.modified())
            || (!young.isEmpty() && young.contains(mark(object.key(), object.modified()))));
  }

  /** Whether an object of this age in the range was read, and every other of that age too. */
  public boolean isWithin(Instant modified) {
    return !modified.isBefore(from) && modified.isBefore(to);
  }

  /** Whether the other is of the same objects as far as their times go, whatever their keys. */
  boolean isWithinTimesOf(Proof other) {
    return region.equals(other.region)
        && depth == other.depth
        && !other.time.isBefore(time)
        && !other.from.isAfter(from)
        && !other.to.isBefore(to);
  }

  /** The same without what it says of single objects. */
  Proof withoutYoung() {
    return new Proof(region, depth, after, upTo, from, to, time, objects, bytes, new TreeSet<>());
  }

  /** The first eight bytes of SHA-256 of the key, a zero byte, and the time in milliseconds. */
  public static long mark(ObjectKey key, Instant modified) {
    MessageDigest sha256 = Digest.sha256();
    sha256.update(key.value().getBytes(StandardCharsets.US_ASCII));
    sha256.update((byte) 0);
    sha256.update(ByteBuffer.allocate(Long.BYTES).putLong(0, modified.toEpochMilli()));
    return ByteBuffer.wrap(sha256.digest()).getLong();
  }
}
