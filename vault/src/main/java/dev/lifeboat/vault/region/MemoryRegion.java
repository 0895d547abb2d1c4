package dev.lifeboat.vault.region;

import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;

/**
 * A region in memory, for tests and simulations: gone with the process, with whatever clock it is
 * given as the region's own.
 */
public final class MemoryRegion implements Region {
  private final RegionName name;
  private final Clock clock;
  private final ConcurrentSkipListMap<String, Stored> objects = new ConcurrentSkipListMap<>();
  private volatile boolean closed;

  /** Not a record: nobody is to compare or print the bytes. */
  private static final class Stored {
    private final byte[] bytes;
    private final Instant modified;

    private Stored(byte[] bytes, Instant modified) {
      this.bytes = bytes;
      this.modified = modified;
    }
  }

  /** An empty region whose own clock is {@code clock}. */
  public MemoryRegion(RegionName name, Clock clock) {
    this.name = name;
    this.clock = clock;
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
    Stored before = objects.putIfAbsent(key.value(), new Stored(copy, clock.instant()));
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
    objects.remove(key.value());
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
            key.value(), (_, stored) -> new Stored(bytes.clone(), stored.modified));
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
