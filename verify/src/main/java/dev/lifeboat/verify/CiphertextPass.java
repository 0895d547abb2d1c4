package dev.lifeboat.verify;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Reads the bytes of every object in every region, or as many as a budget allows, and judges them
 * by their names and signatures: several objects at a time, packs piece by piece, so that memory
 * does not depend on their length.
 */
final class CiphertextPass {
  /** So much of a pack is read and hashed at a time. */
  private static final int PIECE_BYTES = 1 << 20;

  private final RegionSet regions;
  private final Listing listing;
  private final ObjectJudge judge;
  private final Damage damage;
  private final VerificationProgress progress;
  private final int threads;
  private final List<Finding> findings = new ArrayList<>();
  private long objects;
  private long bytes;

  CiphertextPass(
      RegionSet regions,
      Listing listing,
      ObjectJudge judge,
      Damage damage,
      int threads,
      VerificationProgress progress) {
    this.regions = regions;
    this.listing = listing;
    this.judge = judge;
    this.damage = damage;
    this.threads = threads;
    this.progress = progress;
  }

  List<Finding> findings() {
    return findings;
  }

  long objects() {
    return objects;
  }

  long bytes() {
    return bytes;
  }

  void checkEverything() throws InterruptedException {
    for (RegionName region : listing.regions()) {
      check(region, List.copyOf(listing.objects(region).keySet()));
    }
  }

  /**
   * Checks on from where the cursor stands in each region, round past the end, until the budget is
   * used up or every object had its turn. One object more than the budget allows may be read, so
   * that a budget smaller than the largest object still gets past it.
   *
   * @param budgetBytes for each region
   */
  void checkWithin(long budgetBytes, Cursor cursor) throws InterruptedException {
    for (RegionName region : listing.regions()) {
      NavigableMap<ObjectKey, Long> all = listing.objects(region);
      List<ObjectKey> order = new ArrayList<>();
      Optional<ObjectKey> last = cursor.last(region);
      if (last.isPresent()) {
        order.addAll(all.tailMap(last.get(), false).keySet());
        order.addAll(all.headMap(last.get(), true).keySet());
      } else {
        order.addAll(all.keySet());
      }
      List<ObjectKey> now = new ArrayList<>();
      long left = budgetBytes;
      for (ObjectKey key : order) {
        if (left <= 0) {
          break;
        }
        left -= all.getOrDefault(key, 0L);
        now.add(key);
      }
      check(region, now);
      if (!now.isEmpty()) {
        cursor.advance(region, now.getLast());
      }
    }
    cursor.save();
  }

  /** What reading one object showed. */
  private record Judged(long bytes, boolean read, Optional<Finding> finding) {}

  /** Checks objects of a region; findings come in the order of the objects. */
  private void check(RegionName name, List<ObjectKey> keys) throws InterruptedException {
    Region region = regions.region(name).orElseThrow();
    AtomicInteger next = new AtomicInteger();
    AtomicReferenceArray<Judged> judged = new AtomicReferenceArray<>(keys.size());
    try (ExecutorService workers =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().name("hash-", 0).daemon().factory())) {
      List<Future<?>> futures = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        futures.add(
            workers.submit(() -> {
              for (int at = next.getAndIncrement();
                  at < keys.size() && !Thread.currentThread().isInterrupted();
                  at = next.getAndIncrement()) {
                judged.set(at, judge(region, keys.get(at)));
              }
            }));
      }
      try {
        for (Future<?> future : futures) {
          future.get();
        }
      } catch (ExecutionException e) {
        next.set(keys.size());
        throw e.getCause() instanceof RuntimeException failure
            ? failure
            : new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        workers.shutdownNow();
        throw e;
      }
    }
    for (int i = 0; i < keys.size(); i++) {
      Judged one = judged.get(i);
      if (one == null) {
        throw new InterruptedException(
            "verification was stopped at %s in %s".formatted(keys.get(i), name));
      }
      bytes += one.bytes();
      objects += one.read() ? 1 : 0;
      one.finding().ifPresent(findings::add);
    }
  }

  private Judged judge(Region region, ObjectKey key) {
    try {
      long length = -1;
      Optional<String> fault;
      if (key.value().startsWith(ObjectKey.PACKS)) {
        length = region.stat(key).map(ObjectInfo::bytes).orElse(-1L);
      }
      Optional<Digest> hash = length < 0 ? Optional.empty() : hash(region, key, length);
      if (hash.isPresent()) {
        fault = ObjectJudge.packFault(key, hash.get());
      } else {
        byte[] object = region.read(key);
        length = object.length;
        fault = judge.fault(key, object);
      }
      synchronized (this) {
        progress.objects(1, length);
      }
      return new Judged(
          length,
          true,
          fault.map(text ->
              new Finding.WrongBytes(
                  region.name(),
                  key,
                  text,
                  damage.of(key),
                  listing.elsewhere(region.name(), key))));
    } catch (RegionException.Missing e) {
      // Removed since it was listed: reclamation may do that, and the next inventory will tell.
      return new Judged(0, false, Optional.empty());
    } catch (RegionException e) {
      return new Judged(
          0,
          false,
          Optional.of(
              new Finding.RegionUnreachable(region.name(), String.valueOf(e.getMessage()))));
    }
  }

  /** SHA-256 of an object; empty if it has become shorter meanwhile. */
  private static Optional<Digest> hash(Region region, ObjectKey key, long length)
      throws RegionException {
    MessageDigest sha256 = sha256();
    try {
      for (long at = 0; at < length; ) {
        int piece = (int) Math.min(PIECE_BYTES, length - at);
        sha256.update(region.read(key, at, piece));
        at += piece;
      }
    } catch (RegionException.Missing e) {
      return Optional.empty();
    }
    return Optional.of(Digest.read(sha256.digest(), 0));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
