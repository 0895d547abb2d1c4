package dev.lifeboat.vault.region;

import dev.lifeboat.vault.Digest;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A region in front of another one, which does whatever it is not told to do otherwise: what the
 * interface does by default included, so that nothing of the other is hidden by oversight.
 */
public abstract class ForwardingRegion implements Region {
  private final Region region;

  protected ForwardingRegion(Region region) {
    this.region = region;
  }

  @Override
  public RegionName name() {
    return region.name();
  }

  @Override
  public Optional<String> place() {
    return region.place();
  }

  @Override
  public boolean put(ObjectKey key, ByteBuffer bytes) throws RegionException {
    return region.put(key, bytes);
  }

  @Override
  public boolean copyFrom(Region source, ObjectKey key, Digest sha256) throws RegionException {
    return region.copyFrom(source, key, sha256);
  }

  @Override
  public byte[] read(ObjectKey key, long offset, int length) throws RegionException {
    return region.read(key, offset, length);
  }

  @Override
  public byte[] read(ObjectKey key) throws RegionException {
    return region.read(key);
  }

  @Override
  public Optional<ObjectInfo> stat(ObjectKey key) throws RegionException {
    return region.stat(key);
  }

  @Override
  public void list(String prefix, Consumer<ObjectInfo> each) throws RegionException {
    region.list(prefix, each);
  }

  @Override
  public void delete(ObjectKey key) throws RegionException {
    region.delete(key);
  }

  @Override
  public void deleteAll(Collection<ObjectKey> keys) throws RegionException {
    region.deleteAll(keys);
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
  public void replace(ObjectKey key, ByteBuffer bytes) throws RegionException {
    region.replace(key, bytes);
  }

  @Override
  public Optional<byte[]> readBeneath(
      ObjectKey key, long offset, int length, Predicate<byte[]> good) throws RegionException {
    return region.readBeneath(key, offset, length, good);
  }

  @Override
  public void listOverlays(String prefix, Consumer<Overlay> each) throws RegionException {
    region.listOverlays(prefix, each);
  }

  @Override
  public Instant now() throws RegionException {
    return region.now();
  }

  @Override
  public void ping() throws RegionException {
    region.ping();
  }

  @Override
  public void close() {
    region.close();
  }
}
