package dev.lifeboat.vault.region;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Finds out what a region really does, with objects below {@code probe/}, which it removes again
 * where it may.
 */
public final class RegionProbe {
  private static final int MEASURED_BYTES = 4 << 20;
  private static final int ROUND_TRIPS = 5;

  private final Region region;
  private final SecureRandom random;
  private final Clock clock;
  private final List<Result> results = new ArrayList<>();

  public RegionProbe(Region region, SecureRandom random, Clock clock) {
    this.region = region;
    this.random = random;
    this.clock = clock;
  }

  /** How one trial came out. */
  public enum Verdict {
    /** As it should be. */
    YES,
    /** Not, and Lifeboat does without. */
    NO,
    /** Not, and nothing works without. */
    FAILED
  }

  /**
   * One trial.
   *
   * @param detail what follows from it, or what was measured
   */
  public record Result(String trial, Verdict verdict, String detail) {}

  /** Something to try. */
  private interface Trial {
    String run() throws RegionException;
  }

  /** Tries everything that all regions have in common. */
  public List<Result> run() {
    byte[] name = new byte[8];
    random.nextBytes(name);
    String prefix = "probe/" + HexFormat.of().formatHex(name) + "/";
    ObjectKey small = new ObjectKey(prefix + "small");
    ObjectKey large = new ObjectKey(prefix + "large");
    // Not compressible, and never the same twice.
    byte[] bytes = new byte[MEASURED_BYTES];
    random.nextBytes(bytes);
    byte[] few = Arrays.copyOf(bytes, 1000);
    need(
        "put",
        () -> {
          if (!region.put(small, ByteBuffer.wrap(few))) {
            throw new RegionException.Permanent(
                region.name(), "says that a new object was there", null);
          }
          return "an object was stored";
        });
    need(
        "read",
        () -> {
          requireSame(few, region.read(small), small);
          return "it came back as it was";
        });
    need(
        "put again",
        () -> {
          if (region.put(small, ByteBuffer.wrap(few))) {
            throw new RegionException.Permanent(
                region.name(), "stores what is there a second time", null);
          }
          return "what is there is not stored twice";
        });
    need(
        "range",
        () -> {
          requireSame(Arrays.copyOfRange(few, 100, 117), region.read(small, 100, 17), small);
          return "a part of an object can be read";
        });
    need(
        "missing",
        () -> {
          if (region.stat(new ObjectKey(prefix + "none")).isPresent()) {
            throw new RegionException.Permanent(region.name(), "shows what is not there", null);
          }
          return "what is not there is said to be missing";
        });
    need(
        "listing",
        () -> {
          List<ObjectKey> listed = new ArrayList<>();
          region.list(prefix, info -> listed.add(info.key()));
          if (!listed.equals(List.of(small))) {
            throw new RegionException.Transient(
                region.name(), "lists %s behind a put of %s".formatted(listed, small), null);
          }
          return "what was stored is listed at once";
        });
    need("clock", this::clock);
    need("round trip", () -> roundTrip(small));
    need("throughput", () -> throughput(large, bytes));
    lock(small);
    cleanUp(List.of(small, large));
    return List.copyOf(results);
  }

  private void need(String trial, Trial run) {
    try {
      results.add(new Result(trial, Verdict.YES, run.run()));
    } catch (RegionException e) {
      results.add(new Result(trial, Verdict.FAILED, String.valueOf(e.getMessage())));
    }
  }

  private void requireSame(byte[] expected, byte[] found, ObjectKey key) throws RegionException {
    if (!Arrays.equals(expected, found)) {
      throw new RegionException.Permanent(
          region.name(), "gives back other bytes of %s than were stored".formatted(key), null);
    }
  }

  private String clock() throws RegionException {
    Instant before = clock.instant();
    Instant theirs = region.now();
    Duration off = Duration.between(before, theirs);
    // Times of services have whole seconds.
    return off.abs().compareTo(Duration.ofSeconds(2)) <= 0
        ? "agrees with this machine's"
        : "%d s %s this machine's; ages are told by the region's own clock"
            .formatted(off.abs().toSeconds(), off.isNegative() ? "behind" : "ahead of");
  }

  private String roundTrip(ObjectKey key) throws RegionException {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < ROUND_TRIPS; i++) {
      long before = System.nanoTime();
      Optional<ObjectInfo> _ = region.stat(key);
      best = Math.min(best, System.nanoTime() - before);
    }
    return "%.1f ms".formatted(best / 1e6);
  }

  private String throughput(ObjectKey key, byte[] bytes) throws RegionException {
    long start = System.nanoTime();
    boolean _ = region.put(key, ByteBuffer.wrap(bytes));
    long stored = System.nanoTime();
    requireSame(bytes, region.read(key), key);
    long read = System.nanoTime();
    return "%.1f MB/s up, %.1f MB/s down, of one object of 4 MiB"
        .formatted(rate(stored - start), rate(read - stored));
  }

  private static double rate(long nanos) {
    return MEASURED_BYTES * 1e3 / Math.max(1, nanos);
  }

  private void lock(ObjectKey key) {
    Optional<ObjectLock> rule = region.lock();
    if (rule.isEmpty()) {
      results.add(
          new Result(
              "lock", Verdict.NO, "none is configured: who may delete can delete everything"));
      return;
    }
    need(
        "lock",
        () -> {
          // The shortest that there is, so that the trial leaves nothing behind for long.
          Instant until = region.extendLock(key, region.now().plusSeconds(5));
          return "objects are locked (%s), this one until %s".formatted(rule.get().mode(), until);
        });
    try {
      region.delete(key);
      results.add(
          new Result(
              "delete of what is locked",
              Verdict.FAILED,
              "was not refused: the lock does not hold"));
    } catch (RegionException.Locked e) {
      results.add(new Result("delete of what is locked", Verdict.YES, "is refused"));
    } catch (RegionException e) {
      results.add(
          new Result("delete of what is locked", Verdict.YES, "is refused: " + e.getMessage()));
    }
  }

  private void cleanUp(List<ObjectKey> keys) {
    int left = 0;
    String why = "";
    for (ObjectKey key : keys) {
      try {
        if (region.lockedUntil(key).isPresent()) {
          Thread.sleep(Duration.ofSeconds(6));
        }
        region.delete(key);
      } catch (RegionException.Missing e) {
        // It was never stored.
      } catch (RegionException e) {
        left++;
        why = String.valueOf(e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        left++;
        why = "interrupted";
      }
    }
    results.add(
        left == 0
            ? new Result(
                "delete", Verdict.YES, "these credentials may delete; the trial left nothing")
            : new Result(
                "delete",
                Verdict.NO,
                "is refused (%s): %d objects stay below probe/".formatted(why, left)));
  }
}
