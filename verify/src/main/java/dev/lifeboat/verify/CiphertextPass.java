package dev.lifeboat.verify;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Reads the bytes of objects and judges them by their names and signatures: several objects at a
 * time, packs piece by piece, so that memory does not depend on their length or number.
 */
final class CiphertextPass {
  /** So much of a pack is read and hashed at a time: where each request costs, few of them. */
  private static final int PIECE_BYTES = 4 << 20;

  /** Objects handed over to the threads and not yet begun. */
  private static final int QUEUED = 256;

  /** Packs that are looked up together. */
  private static final int TOGETHER = 256;

  /** How long whoever has nothing to read any more waits for others to need help. */
  private static final long HELP_MILLIS = 20;

  /** Reads a pack, and takes its hash on the way. */
  interface PackReader {
    /**
     * Reads all of a pack.
     *
     * @param idle takes work off the calling thread; {@code false} if nobody is idle
     * @return SHA-256 of it; empty if it has become shorter
     */
    Optional<Digest> read(Region region, ObjectInfo pack, Predicate<Runnable> idle)
        throws RegionException, InterruptedException;
  }

  /** Knows more of some packs than their names. */
  interface Packs {
    /**
     * Whether a pack is to be read by what {@link #find} gives; told of all, in ascending order.
     */
    boolean takes(ObjectInfo pack);

    /** What reads these packs, in their order. */
    List<PackReader> find(List<ObjectInfo> packs);

    /** Knows nothing, and leaves all packs to be hashed. */
    Packs NONE =
        new Packs() {
          @Override
          public boolean takes(ObjectInfo pack) {
            return false;
          }

          @Override
          public List<PackReader> find(List<ObjectInfo> packs) {
            return List.of();
          }
        };
  }

  private final RegionSet regions;
  private final ObjectJudge judge;
  private final Damage damage;
  private final VerificationProgress progress;
  private final int threads;
  private final List<Finding> findings = new ArrayList<>();
  private long objects;
  private long bytes;

  CiphertextPass(
      RegionSet regions,
      ObjectJudge judge,
      Damage damage,
      int threads,
      VerificationProgress progress) {
    this.regions = regions;
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

  /**
   * Checks every object of a region.
   *
   * @return whether the region could be listed to its end
   */
  boolean checkEverything(Reading reading, Packs packs) throws InterruptedException {
    RegionName name = reading.region();
    boolean whole = true;
    try (Workers workers = new Workers(region(name), reading, packs)) {
      try {
        region(name)
            .list(
                "",
                info -> {
                  if (!info.key().value().startsWith(Healer.QUARANTINE)) {
                    workers.check(info);
                  }
                });
      } catch (RegionException e) {
        whole = false;
        findings.add(new Finding.RegionUnreachable(name, String.valueOf(e.getMessage())));
      } catch (Stopped e) {
        throw new InterruptedException("verification was stopped in " + name);
      }
      workers.finish();
    }
    return whole;
  }

  /**
   * Checks these objects of a region, as long as there is time.
   *
   * @return how many of them, from the first on
   */
  int check(Reading reading, List<ObjectInfo> turn, BooleanSupplier isOver)
      throws InterruptedException {
    try (Workers workers = new Workers(region(reading.region()), reading, Packs.NONE)) {
      int count = 0;
      while (count < turn.size() && !isOver.getAsBoolean()) {
        workers.check(turn.get(count++));
      }
      workers.finish();
      return count;
    } catch (Stopped e) {
      throw new InterruptedException("verification was stopped in " + reading.region());
    }
  }

  private Region region(RegionName name) {
    return regions.region(name).orElseThrow();
  }

  /** Gets out of a listing when there is nobody any more who would check what it lists. */
  private static final class Stopped extends RuntimeException {
    private Stopped() {
      super(null, null, false, false);
    }
  }

  /** An object and its place in the order. */
  private record Task(long number, ObjectInfo object, PackReader how) {
    private Task by(PackReader other) {
      return new Task(number, object, other);
    }
  }

  /** Threads that check objects of one region; findings come in the order of the objects. */
  private final class Workers implements AutoCloseable {
    private static final Task END =
        new Task(
            -1,
            new ObjectInfo(new ObjectKey("end"), 0, java.time.Instant.EPOCH),
            CiphertextPass::hash);

    private final Region region;
    private final Reading reading;
    private final Packs packs;
    private final List<Task> waiting = new ArrayList<>();
    private final SynchronousQueue<Runnable> help = new SynchronousQueue<>();
    private final AtomicInteger busy = new AtomicInteger(threads);
    private final BlockingQueue<Task> queue = new ArrayBlockingQueue<>(QUEUED);
    private final TreeMap<Long, Finding> found = new TreeMap<>();
    private final ExecutorService workers =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().name("hash-", 0).daemon().factory());
    private final List<Future<?>> running = new ArrayList<>();
    private long next;

    private Workers(Region region, Reading reading, Packs packs) {
      this.region = region;
      this.reading = reading;
      this.packs = packs;
      for (int i = 0; i < threads; i++) {
        running.add(workers.submit(this::work));
      }
    }

    private Void work() throws InterruptedException {
      try {
        for (Task task = queue.take(); task.number >= 0; task = queue.take()) {
          judge(task);
        }
      } finally {
        busy.decrementAndGet();
      }
      while (busy.get() > 0) {
        Runnable others = help.poll(HELP_MILLIS, TimeUnit.MILLISECONDS);
        if (others != null) {
          others.run();
        }
      }
      return null;
    }

    private void check(ObjectInfo object) {
      Task task = new Task(next++, object, CiphertextPass::hash);
      if (!object.key().value().startsWith(ObjectKey.PACKS) || !packs.takes(object)) {
        put(task);
        return;
      }
      waiting.add(task);
      if (waiting.size() == TOGETHER) {
        checkWaiting();
      }
    }

    private void checkWaiting() {
      List<PackReader> readers = packs.find(waiting.stream().map(Task::object).toList());
      for (int i = 0; i < waiting.size(); i++) {
        put(waiting.get(i).by(readers.get(i)));
      }
      waiting.clear();
    }

    private void put(Task task) {
      try {
        queue.put(task);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Stopped();
      }
    }

    private void finish() throws InterruptedException {
      checkWaiting();
      for (int i = 0; i < threads; i++) {
        put(END);
      }
      for (Future<?> each : running) {
        try {
          each.get();
        } catch (ExecutionException e) {
          throw e.getCause() instanceof RuntimeException failure
              ? failure
              : new IllegalStateException(e.getCause());
        }
      }
      findings.addAll(found.values());
    }

    private void judge(Task task) throws InterruptedException {
      ObjectKey key = task.object.key();
      try {
        long length = task.object.bytes();
        Optional<Finding> finding;
        Optional<Digest> hash =
            key.value().startsWith(ObjectKey.PACKS)
                ? task.how.read(region, task.object, help::offer)
                : Optional.empty();
        if (hash.isPresent()) {
          finding = ObjectJudge.packFault(key, hash.get()).map(text -> wrong(key, text, false));
        } else {
          byte[] object = region.read(key);
          length = object.length;
          finding = judge.fault(key, object).map(text -> wrong(key, text, isUnsigned(key, object)));
        }
        note(task, length, finding);
      } catch (RegionException.Missing e) {
        // Removed since it was listed: reclamation may do that, and the next inventory will tell.
      } catch (RegionException e) {
        reading.bad(task.object);
        synchronized (found) {
          found.put(
              task.number,
              new Finding.RegionUnreachable(region.name(), String.valueOf(e.getMessage())));
        }
      }
    }

    private Finding wrong(ObjectKey key, String text, boolean unsigned) {
      RegionName name = region.name();
      boolean elsewhere = elsewhere(name, key);
      return unsigned
          ? new Finding.UnsignedManifest(name, key, text, damage.of(key), elsewhere)
          : new Finding.WrongBytes(name, key, text, damage.of(key), elsewhere);
    }

    private boolean isUnsigned(ObjectKey key, byte[] object) {
      return key.value().startsWith(References.SNAPSHOTS) && judge.isUnsigned(key, object);
    }

    private void note(Task task, long length, Optional<Finding> finding) {
      if (finding.isPresent()) {
        reading.bad(task.object);
      } else {
        reading.good(task.object, length);
      }
      synchronized (found) {
        bytes += length;
        objects++;
        progress.objects(1, length);
        finding.ifPresent(one -> found.put(task.number, one));
      }
    }

    @Override
    public void close() {
      workers.shutdownNow();
    }
  }

  /** Whether a region other than this one has the object. */
  private boolean elsewhere(RegionName region, ObjectKey key) {
    for (Region other : regions.regions()) {
      try {
        if (!other.name().equals(region) && other.stat(key).isPresent()) {
          return true;
        }
      } catch (RegionException e) {
        // Not known to have it.
      }
    }
    return false;
  }

  /** SHA-256 of an object; empty if it has become shorter meanwhile. */
  private static Optional<Digest> hash(Region region, ObjectInfo pack, Predicate<Runnable> idle)
      throws RegionException {
    ObjectKey key = pack.key();
    long length = pack.bytes();
    MessageDigest sha256 = Digest.sha256();
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
}
