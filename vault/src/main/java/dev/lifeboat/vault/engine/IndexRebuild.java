package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.index.IndexCodec;
import dev.lifeboat.vault.index.Segment;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionSet;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Writes index objects for packs that none tells of, from the packs' own directories. Needs no key
 * that opens contents. Stopped on the way, some packs are in an index object again and others not
 * yet: those are found by their own directories as before.
 */
public final class IndexRebuild {
  /** A footer is read in one request or two, and as many directories fill an index object. */
  private static final int TOGETHER = 64;

  private final RegionSet regions;
  private final IndexLoader loader;
  private final KeyRing keys;
  private final SecureRandom random;
  private final List<PackProver.Wanted> waiting = new ArrayList<>();
  private final List<IndexCodec.Entry> entries = new ArrayList<>();
  private final List<ObjectKey> written = new ArrayList<>();
  private long packs;

  IndexRebuild(RegionSet regions, IndexLoader loader, KeyRing keys, SecureRandom random) {
    this.regions = regions;
    this.loader = loader;
    this.keys = keys;
    this.random = random;
  }

  /** Has the local cache forget what these index objects said. */
  public void forget(Set<Digest> names) {
    for (Segment segment : loader.segments()) {
      for (int i = 0; i < segment.objects(); i++) {
        if (names.contains(segment.object(i))) {
          loader.discard(segment);
          break;
        }
      }
    }
  }

  /** A pack that a snapshot needs. */
  public void add(PackProver.Wanted pack) {
    waiting.add(pack);
    if (waiting.size() == TOGETHER) {
      look();
    }
  }

  /**
   * Writes what is left.
   *
   * @return the index objects that were written, to every region that answered
   */
  public List<ObjectKey> finish() {
    look();
    write();
    return List.copyOf(written);
  }

  /** How many packs are in an index object again. */
  public long packs() {
    return packs;
  }

  private void look() {
    SnapshotPacks found = SnapshotPacks.indexed(waiting, loader);
    for (PackProver.Wanted pack : waiting) {
      if (found.indexObject(pack.pack()).isPresent()) {
        continue;
      }
      Optional<PackDirectory> directory;
      try {
        directory = loader.footer(pack.pack(), pack.bytes());
      } catch (VaultException e) {
        continue; // Found as damage of the pack; it is nobody's to tell here.
      }
      directory.ifPresent(own -> entries.add(IndexCodec.entry(pack.pack(), pack.bytes(), own)));
      if (entries.size() == TOGETHER) {
        write();
      }
    }
    waiting.clear();
  }

  private void write() {
    if (entries.isEmpty()) {
      return;
    }
    byte[] object = IndexCodec.seal(keys.vault(), keys.newest(), random, entries);
    ObjectKey key = IndexCodec.key(keys.tenant(), object);
    if (!regions.put(key, ByteBuffer.wrap(object)).held().isEmpty()) {
      written.add(key);
      packs += entries.size();
    }
    entries.clear();
  }
}
