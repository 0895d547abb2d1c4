package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * A region that asks a hook before each operation and counts what is stored. Closing it leaves the
 * region behind it open, so that several vaults can be opened over the same one.
 */
public final class HookedRegion implements Region {
  /** What is about to be done. */
  public enum Operation {
    PUT,
    READ,
    STAT,
    LIST,
    DELETE,
    NOW
  }

  /** May refuse an operation, or stop the whole test there. */
  public interface Hook {
    /**
     * @param what key or prefix
     */
    void before(Operation operation, String what) throws RegionException;
  }

  private final Region region;
  private final AtomicLong packBytes = new AtomicLong();
  private final AtomicLong readBytes = new AtomicLong();
  private final AtomicLong reads = new AtomicLong();
  private volatile Hook hook = (_, _) -> {};

  public HookedRegion(Region region) {
    this.region = region;
  }

  public void hook(Hook next) {
    hook = next;
  }

  /** Fails every operation from now on. */
  public void down() {
    hook((operation, what) -> {
      throw new RegionException.Permanent(name(), operation + " " + what + ": down", null);
    });
  }

  public void up() {
    hook((_, _) -> {});
  }

  /** Bytes of packs that were stored and not there before. */
  public long packBytes() {
    return packBytes.get();
  }

  public long readBytes() {
    return readBytes.get();
  }

  public long reads() {
    return reads.get();
  }

  @Override
  public RegionName name() {
    return region.name();
  }

  @Override
  public boolean put(ObjectKey key, ByteBuffer bytes) throws RegionException {
    hook.before(Operation.PUT, key.value());
    boolean created = region.put(key, bytes);
    if (created && key.value().startsWith(ObjectKey.PACKS)) {
      packBytes.addAndGet(bytes.remaining());
    }
    return created;
  }

  @Override
  public byte[] read(ObjectKey key, long offset, int length) throws RegionException {
    hook.before(Operation.READ, key.value());
    readBytes.addAndGet(length);
    reads.incrementAndGet();
    return region.read(key, offset, length);
  }

  @Override
  public byte[] read(ObjectKey key) throws RegionException {
    hook.before(Operation.READ, key.value());
    byte[] bytes = region.read(key);
    readBytes.addAndGet(bytes.length);
    reads.incrementAndGet();
    return bytes;
  }

  @Override
  public Optional<ObjectInfo> stat(ObjectKey key) throws RegionException {
    hook.before(Operation.STAT, key.value());
    return region.stat(key);
  }

  @Override
  public void list(String prefix, Consumer<ObjectInfo> each) throws RegionException {
    hook.before(Operation.LIST, prefix);
    region.list(prefix, each);
  }

  @Override
  public void delete(ObjectKey key) throws RegionException {
    hook.before(Operation.DELETE, key.value());
    region.delete(key);
  }

  @Override
  public Optional<ObjectLock> lock() {
    return region.lock();
  }

  @Override
  public Optional<Instant> lockedUntil(ObjectKey key) throws RegionException {
    return region.lockedUntil(key);
  }

  @Override
  public Instant extendLock(ObjectKey key, Instant until) throws RegionException {
    return region.extendLock(key, until);
  }

  @Override
  public Instant now() throws RegionException {
    hook.before(Operation.NOW, "");
    return region.now();
  }

  @Override
  public void close() {}
}
