package dev.lifeboat.bench.scale;

import dev.lifeboat.vault.region.MemoryRegion;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.Prologue;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * A region that lists what {@link SyntheticVault} makes up, reads it from {@link Manifests}, and
 * keeps what is put there besides. Counts what a store would bill.
 */
final class SyntheticRegion implements Region {
  /** As S3 lists. */
  private static final int KEYS_PER_REQUEST = 1000;

  private static final Instant STORED = Instant.parse("2026-06-01T02:00:00Z");
  private static final String SNAPSHOTS = "snapshots/";

  private final SyntheticVault vault;
  private final Manifests manifests;
  private final MemoryRegion others;
  private final AtomicLong listRequests = new AtomicLong();
  private final AtomicLong readRequests = new AtomicLong();
  private final AtomicLong bytesRead = new AtomicLong();

  SyntheticRegion(RegionName name, SyntheticVault vault, Manifests manifests, Clock clock) {
    this.vault = vault;
    this.manifests = manifests;
    this.others = new MemoryRegion(name, clock);
  }

  long listRequests() {
    return listRequests.get();
  }

  long readRequests() {
    return readRequests.get();
  }

  long bytesRead() {
    return bytesRead.get();
  }

  @Override
  public RegionName name() {
    return others.name();
  }

  @Override
  public boolean put(ObjectKey key, ByteBuffer bytes) throws RegionException {
    return others.put(key, bytes);
  }

  @Override
  public byte[] read(ObjectKey key, long offset, int length) throws RegionException {
    if (key.value().startsWith(ObjectKey.PACKS)) {
      readRequests.incrementAndGet();
      bytesRead.addAndGet(length);
      Prologue prologue =
          new Prologue(
              Prologue.Kind.PACK,
              vault.document().vault(),
              vault.tenant().id(),
              vault.tenant().generation());
      return Arrays.copyOf(prologue.toBytes(), length);
    }
    byte[] whole = read(key);
    return Arrays.copyOfRange(whole, (int) offset, (int) offset + length);
  }

  @Override
  public byte[] read(ObjectKey key) throws RegionException {
    if (!key.value().startsWith(SNAPSHOTS)) {
      return others.read(key);
    }
    readRequests.incrementAndGet();
    int slash = key.value().lastIndexOf('/') + 1;
    int place = place(key.value().substring(0, slash));
    for (int n = 0; n < Size.SNAPSHOTS_PER_DATASET; n++) {
      if (vault.manifestName(place, n).equals(key.lastSegment())) {
        byte[] manifest = manifests.read(place, n);
        bytesRead.addAndGet(manifest.length);
        return manifest;
      }
    }
    throw new RegionException.Missing(name(), key, "was never made up");
  }

  private int place(String directory) {
    int low = 0;
    int high = vault.size().datasets() - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (vault.directory(middle).compareTo(directory) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  @Override
  public Optional<ObjectInfo> stat(ObjectKey key) throws RegionException {
    return others.stat(key);
  }

  @Override
  public void list(String prefix, Consumer<ObjectInfo> each) throws RegionException {
    long[] keys = new long[1];
    Consumer<ObjectInfo> counting =
        info -> {
          if (keys[0]++ % KEYS_PER_REQUEST == 0) {
            listRequests.incrementAndGet();
          }
          each.accept(info);
        };
    ArrayDeque<ObjectInfo> besides = new ArrayDeque<>();
    others.list(prefix, besides::add);
    // In the order of names, as every region lists.
    listBefore(ObjectKey.PACKS, besides, counting);
    if (ObjectKey.PACKS.startsWith(prefix)) {
      listPacks(counting);
    }
    listBefore(SNAPSHOTS, besides, counting);
    if (SNAPSHOTS.startsWith(prefix) || prefix.startsWith(SNAPSHOTS)) {
      listManifests(prefix, counting);
    }
    besides.forEach(counting);
    if (keys[0] == 0) {
      listRequests.incrementAndGet();
    }
  }

  private static void listBefore(
      String name, ArrayDeque<ObjectInfo> besides, Consumer<ObjectInfo> each) {
    while (!besides.isEmpty() && besides.getFirst().key().value().compareTo(name) < 0) {
      each.accept(besides.removeFirst());
    }
  }

  private void listPacks(Consumer<ObjectInfo> each) {
    for (int i = 0; i < vault.size().packs(); i++) {
      each.accept(new ObjectInfo(ObjectKey.of(vault.pack(i)), Size.PACK_BYTES, STORED));
    }
  }

  private void listManifests(String prefix, Consumer<ObjectInfo> each) {
    for (int place = 0; place < vault.size().datasets(); place++) {
      String directory = vault.directory(place);
      if (directory.startsWith(prefix)) {
        for (int n = 0; n < Size.SNAPSHOTS_PER_DATASET; n++) {
          each.accept(
              new ObjectInfo(
                  new ObjectKey(directory + vault.manifestName(place, n)),
                  vault.manifestBytes(n),
                  STORED));
        }
      }
    }
  }

  @Override
  public void delete(ObjectKey key) throws RegionException {
    others.delete(key);
  }

  @Override
  public Instant now() throws RegionException {
    return others.now();
  }

  @Override
  public void close() {
    others.close();
  }
}
