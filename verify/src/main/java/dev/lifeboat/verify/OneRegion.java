package dev.lifeboat.verify;

import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.region.Overlay;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A region lent to a vault of its own: closing that vault leaves the region open. */
record OneRegion(Region lent) implements Region {
  @Override
  public RegionName name() {
    return lent.name();
  }

  @Override
  public boolean put(ObjectKey key, ByteBuffer bytes) throws RegionException {
    return lent.put(key, bytes);
  }

  @Override
  public byte[] read(ObjectKey key, long offset, int length) throws RegionException {
    return lent.read(key, offset, length);
  }

  @Override
  public byte[] read(ObjectKey key) throws RegionException {
    return lent.read(key);
  }

  @Override
  public Optional<ObjectInfo> stat(ObjectKey key) throws RegionException {
    return lent.stat(key);
  }

  @Override
  public void list(String prefix, Consumer<ObjectInfo> each) throws RegionException {
    lent.list(prefix, each);
  }

  @Override
  public void delete(ObjectKey key) throws RegionException {
    lent.delete(key);
  }

  @Override
  public Optional<ObjectLock> lock() {
    return lent.lock();
  }

  @Override
  public Optional<Instant> lockedUntil(ObjectKey key) throws RegionException {
    return lent.lockedUntil(key);
  }

  @Override
  public Instant extendLock(ObjectKey key, Instant until) throws RegionException {
    return lent.extendLock(key, until);
  }

  @Override
  public void replace(ObjectKey key, ByteBuffer bytes) throws RegionException {
    lent.replace(key, bytes);
  }

  @Override
  public Optional<byte[]> readBeneath(
      ObjectKey key, long offset, int length, Predicate<byte[]> good) throws RegionException {
    return lent.readBeneath(key, offset, length, good);
  }

  @Override
  public void listOverlays(String prefix, Consumer<Overlay> each) throws RegionException {
    lent.listOverlays(prefix, each);
  }

  @Override
  public Instant now() throws RegionException {
    return lent.now();
  }

  @Override
  public void close() {}
}
