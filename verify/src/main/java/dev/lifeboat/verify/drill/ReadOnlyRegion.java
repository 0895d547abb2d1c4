package dev.lifeboat.verify.drill;

import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A region that a drill reads from. Nothing a drill does can change it. */
abstract class ReadOnlyRegion implements Region {
  private final Region region;

  ReadOnlyRegion(Region region) {
    this.region = region;
  }

  final Region region() {
    return region;
  }

  private RegionException refused(ObjectKey key) {
    return new RegionException.Permanent(
        name(), "a drill changes nothing in a region, and not " + key, null);
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
    throw refused(key);
  }

  @Override
  public void delete(ObjectKey key) throws RegionException {
    throw refused(key);
  }

  @Override
  public void replace(ObjectKey key, ByteBuffer bytes) throws RegionException {
    throw refused(key);
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
  public Optional<byte[]> readBeneath(
      ObjectKey key, long offset, int length, Predicate<byte[]> good) throws RegionException {
    return region.readBeneath(key, offset, length, good);
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
  public Instant now() throws RegionException {
    return region.now();
  }

  @Override
  public void close() {
    region.close();
  }
}
