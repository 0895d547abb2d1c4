package dev.lifeboat.verify.drill;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.region.ForwardingRegion;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Collection;

/** A region that a drill reads from. Nothing a drill does can change it. */
abstract class ReadOnlyRegion extends ForwardingRegion {
  ReadOnlyRegion(Region region) {
    super(region);
  }

  private RegionException refused(ObjectKey key) {
    return new RegionException.Permanent(
        name(), "a drill changes nothing in a region, and not " + key, null);
  }

  @Override
  public boolean put(ObjectKey key, ByteBuffer bytes) throws RegionException {
    throw refused(key);
  }

  @Override
  public boolean copyFrom(Region source, ObjectKey key, Digest sha256) throws RegionException {
    throw refused(key);
  }

  @Override
  public void delete(ObjectKey key) throws RegionException {
    throw refused(key);
  }

  @Override
  public void deleteAll(Collection<ObjectKey> keys) throws RegionException {
    for (ObjectKey key : keys) {
      throw refused(key);
    }
  }

  @Override
  public void replace(ObjectKey key, ByteBuffer bytes) throws RegionException {
    throw refused(key);
  }

  @Override
  public Instant extendLock(ObjectKey key, Instant until) throws RegionException {
    throw refused(key);
  }
}
