package dev.lifeboat.vault.region;

import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A region in memory, for tests and simulations: gone with the process, with whatever clock it is
 * given as the region's own. Locks, if it is given any, end by that clock, and are of compliance
 * whatever their mode: nothing here shortens them.
 */
public final class MemoryRegion implements Region {
  private final RegionName name;
  private final Clock clock;
  private final @Nullable ObjectLock lock;
  private final AtomicLong refusedDeletes = new AtomicLong();
  private final ConcurrentSkipListMap<String, Stored> objects = new ConcurrentSkipListMap<>();
  private volatile boolean closed;

  /** Not a record: nobody is to compare or print the bytes. */
  private static final class Stored {
    private final byte[] bytes;
    private final Instant modified;
    private final @Nullable Instant lockedUntil;

    private Stored(byte[] bytes, Instant modified, @Nullable Instant lockedUntil) {
      this.bytes = bytes;
      this.modified = modified;
      this.lockedUntil = lockedUntil;
    }

    boolean isLocked(Instant now) {
      return lockedUntil != null && now.isBefore(lockedUntil);
    }
  }

  /** An empty region whose own clock is {@code clock}. */
  public MemoryRegion(RegionName name, Clock clock) {
    this(name, clock, null);
  }

  /**
   * As the other, with locks.
   *
   * @param lock put on everything that is stored; {@code null} for none
   */
  public MemoryRegion(RegionName name, Clock clock, @Nullable ObjectLock lock) {
    this.name = name;
    this.clock = clock;
    this.lock = lock;
  }

  @Override
  public RegionName name() {
    return name;
  }

  @Override
  public boolean put(ObjectKey key, ByteBuffer bytes) throws RegionException {
    requireOpen();
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    Instant now = clock.instant();
    Instant until = lock != null && ObjectLock.covers(key) ? lock.fresh(now) : null;
    Stored before = objects.putIfAbsent(key.value(), new Stored(copy, now, until));
    if (before == null) {
      return true;
    }
    if (before.bytes.length != copy.length) {
      throw new RegionException.Conflict(name, key, before.bytes.length, copy.length);
    }
    return false;
  }

  @Override
  public byte[] read(ObjectKey key, long offset, int length) throws RegionException {
    Regions.requireRange(offset, length);
    byte[] bytes = stored(key).bytes;
    if (offset + length > bytes.length) {
      throw new RegionException.Missing(
          name, key, Regions.endsBefore(bytes.length, offset, length));
    }
    return Arrays.copyOfRange(bytes, (int) offset, (int) offset + length);
  }

  @Override
  public byte[] read(ObjectKey key) throws RegionException {
    return stored(key).bytes.clone();
  }

  @Override
  public Optional<ObjectInfo> stat(ObjectKey key) throws RegionException {
    requireOpen();
    Stored stored = objects.get(key.value());
    return stored == null
        ? Optional.empty()
        : Optional.of(new ObjectInfo(key, stored.bytes.length, stored.modified));
  }

  @Override
  public void list(String prefix, Consumer<ObjectInfo> each) throws RegionException {
    requireOpen();
    Regions.requirePrefix(prefix);
    for (Map.Entry<String, Stored> entry : objects.tailMap(prefix).entrySet()) {
      if (!entry.getKey().startsWith(prefix)) {
        break;
      }
      each.accept(
          new ObjectInfo(
              new ObjectKey(entry.getKey()),
              entry.getValue().bytes.length,
              entry.getValue().modified));
    }
  }

  @Override
  public void delete(ObjectKey key) throws RegionException {
    requireOpen();
    Instant now = clock.instant();
    Stored left =
        objects.computeIfPresent(key.value(), (_, stored) -> stored.isLocked(now) ? stored : null);
    if (left != null) {
      refusedDeletes.incrementAndGet();
      throw new RegionException.Locked(name, key, left.lockedUntil);
    }
  }

  @Override
  public Optional<ObjectLock> lock() {
    return Optional.ofNullable(lock);
  }

  @Override
  public Optional<Instant> lockedUntil(ObjectKey key) throws RegionException {
    Stored stored = stored(key);
    return stored.isLocked(clock.instant())
        ? Optional.ofNullable(stored.lockedUntil)
        : Optional.empty();
  }

  @Override
  public Instant extendLock(ObjectKey key, Instant until) throws RegionException {
    requireOpen();
    if (lock == null) {
      return Region.super.extendLock(key, until);
    }
    Stored locked =
        objects.computeIfPresent(
            key.value(),
            (_, stored) ->
                stored.lockedUntil != null && !stored.lockedUntil.isBefore(until)
                    ? stored
                    : new Stored(stored.bytes, stored.modified, until));
    if (locked == null || locked.lockedUntil == null) {
      throw new RegionException.Missing(name, key, "is not there");
    }
    return locked.lockedUntil;
  }

  /** How many deletes a lock has refused so far. */
  public long refusedDeletes() {
    return refusedDeletes.get();
  }

  @Override
  public Instant now() throws RegionException {
    requireOpen();
    return clock.instant();
  }

  /**
   * Puts other bytes in the place of an object, as failing hardware or an intruder would: what no
   * region lets its users do. The time of the object stays.
   *
   * @throws IllegalStateException if there is no such object
   */
  public void tamper(ObjectKey key, byte[] bytes) {
    Stored changed =
        objects.computeIfPresent(
            key.value(),
            (_, stored) -> new Stored(bytes.clone(), stored.modified, stored.lockedUntil));
    if (changed == null) {
      throw new IllegalStateException("region " + name + " has no " + key + " to tamper with");
    }
  }

  @Override
  public void close() {
    closed = true;
  }

  private Stored stored(ObjectKey key) throws RegionException {
    requireOpen();
    Stored stored = objects.get(key.value());
    if (stored == null) {
      throw new RegionException.Missing(name, key, "is not there");
    }
    return stored;
  }

  private void requireOpen() throws RegionException {
    if (closed) {
      throw new RegionException.Permanent(name, "is closed", null);
    }
  }

  @Override
  public String toString() {
    return "MemoryRegion[%s, %d objects]".formatted(name, objects.size());
  }
}
