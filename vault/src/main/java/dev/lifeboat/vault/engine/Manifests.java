package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.MergedListing;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.snapshot.ManifestCodec;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import dev.lifeboat.vault.snapshot.VerifiedManifest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Lists and reads manifests, merged over the regions, each verified before it is believed. */
final class Manifests {
  private final RegionSet regions;
  private final VaultDocument document;
  private final LocalCache cache;
  private final VerifiedSnapshots verified;

  Manifests(RegionSet regions, VaultDocument document, LocalCache cache) {
    this.regions = regions;
    this.document = document;
    this.cache = cache;
    this.verified = new VerifiedSnapshots(cache, document);
  }

  /** What the regions list of one dataset, and what is known of it. */
  private static final class Group {
    private final String directory;
    private final NavigableMap<ObjectKey, SortedMap<RegionName, ObjectInfo>> rows = new TreeMap<>();

    private Group(String directory) {
      this.directory = directory;
    }
  }

  /**
   * The snapshots under a prefix. Regions are always asked which there are; of those that were
   * verified before, nothing is fetched again.
   *
   * @throws VaultException.Unreachable if no region can be listed
   */
  SnapshotListing list(KeyRing keys, String prefix) {
    List<SnapshotRecord> snapshots = new ArrayList<>();
    List<Unreadable> unreadable = new ArrayList<>();
    SortedMap<RegionName, RegionException> unlisted = new TreeMap<>();
    try (MergedListing listing = regions.merged(prefix)) {
      Group group = null;
      for (MergedListing.Row row = listing.next(); row != null; row = listing.next()) {
        String key = row.key().value();
        String directory = key.substring(0, key.lastIndexOf('/') + 1);
        if (group == null || !group.directory.equals(directory)) {
          add(group, keys, listing.failed().isEmpty(), snapshots, unreadable);
          group = new Group(directory);
        }
        group.rows.put(row.key(), row.held());
      }
      add(group, keys, listing.failed().isEmpty(), snapshots, unreadable);
      unlisted.putAll(listing.failed());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VaultException.Unreachable("interrupted while snapshots were listed", List.of());
    }
    if (unlisted.size() == regions.regions().size()) {
      throw new VaultException.Unreachable(
          "no region can be listed", List.copyOf(unlisted.values()));
    }
    snapshots.sort(
        Comparator.comparing((SnapshotRecord snapshot) -> snapshot.header().time())
            .thenComparingLong(snapshot -> snapshot.header().sequence())
            .thenComparing(snapshot -> snapshot.header().id()));
    return new SnapshotListing(snapshots, unreadable, unlisted);
  }

  private void add(
      @Nullable Group group,
      KeyRing keys,
      boolean whole,
      List<SnapshotRecord> snapshots,
      List<Unreadable> unreadable) {
    if (group == null) {
      return;
    }
    Map<String, VerifiedSnapshots.Row> known = verified.load(group.directory, keys);
    NavigableMap<String, VerifiedSnapshots.Row> now = new TreeMap<>();
    List<ObjectKey> fresh = new ArrayList<>();
    group.rows.forEach((key, held) -> {
      VerifiedSnapshots.Row row = known.get(key.lastSegment());
      // Another length is another object, whatever it is: what is known is not of it.
      if (row == null || !haveLength(held, row.bytes())) {
        try {
          Verified manifest = read(key, keys, held);
          row =
              new VerifiedSnapshots.Row(
                  manifest.bytes.length, ManifestCodec.digest(manifest.bytes), manifest.header);
          fresh.add(key);
          if (key.equals(group.rows.lastKey())) {
            cache.put(key.value(), manifest.bytes); // The one that is opened next, most likely.
          }
        } catch (VaultException e) {
          unreadable.add(new Unreadable(key, new TreeSet<>(held.keySet()), e));
          return;
        }
      }
      now.put(key.lastSegment(), row);
      snapshots.add(
          new SnapshotRecord(key, row.digest(), row.header(), new TreeSet<>(held.keySet())));
    });
    if (!whole) {
      known.forEach(now::putIfAbsent);
    }
    if (!fresh.isEmpty() || now.size() != known.size()) {
      verified.store(group.directory, keys, now);
      forgetBytes(group, known, fresh);
    }
  }

  private static boolean haveLength(SortedMap<RegionName, ObjectInfo> held, long bytes) {
    return held.values().stream().allMatch(info -> info.bytes() == bytes);
  }

  /** Of the manifests themselves only the newest is kept: they can be large, and few are opened. */
  private void forgetBytes(
      Group group, Map<String, VerifiedSnapshots.Row> known, List<ObjectKey> fresh) {
    ObjectKey newest = group.rows.lastEntry().getKey();
    known.keySet().stream()
        .max(Comparator.naturalOrder())
        .map(name -> new ObjectKey(group.directory + name))
        .filter(key -> !key.equals(newest))
        .ifPresent(key -> cache.remove(key.value()));
    for (ObjectKey key : fresh) {
      if (!key.equals(newest)) {
        cache.remove(key.value());
      }
    }
  }

  /** The bytes of a manifest that was listed before. */
  byte[] read(ObjectKey key, Digest digest, KeyRing keys) {
    byte[] cached = cache.get(key.value());
    if (cached != null && ManifestCodec.digest(cached).equals(digest)) {
      return cached;
    }
    Verified manifest = read(key, keys, Collections.emptySortedMap());
    if (!ManifestCodec.digest(manifest.bytes).equals(digest)) {
      throw new VaultException.Conflict(
          "%s is another manifest than the one that was listed".formatted(key));
    }
    cache.put(key.value(), manifest.bytes);
    return manifest.bytes;
  }

  /** Verifies a manifest's bytes and opens what the index key opens. */
  VerifiedManifest open(ObjectKey key, byte[] manifest, KeyRing keys) {
    Prologue prologue = ManifestCodec.prologue(key, manifest);
    return ManifestCodec.open(key, manifest, document, keys.of(prologue, key.value()));
  }

  void remember(ObjectKey key, byte[] manifest) {
    cache.put(key.value(), manifest);
  }

  private static final class Verified {
    private final byte[] bytes;
    private final SnapshotHeader header;

    private Verified(byte[] bytes, SnapshotHeader header) {
      this.bytes = bytes;
      this.header = header;
    }
  }

  /**
   * @param held what regions list of it; bytes of another length are not taken from the cache
   */
  private Verified read(ObjectKey key, KeyRing keys, SortedMap<RegionName, ObjectInfo> held) {
    byte[] cached = cache.get(key.value());
    if (cached != null && haveLength(held, cached.length)) {
      try {
        return new Verified(cached, header(key, cached, keys));
      } catch (VaultException e) {
        // The regions know better; what is wrong with theirs is thrown below.
        cache.remove(key.value());
      }
    }
    AtomicReference<@Nullable SnapshotHeader> header = new AtomicReference<>();
    AtomicReference<@Nullable VaultException> refused = new AtomicReference<>();
    byte[] bytes;
    try {
      bytes =
          regions.read(
              key,
              candidate -> {
                try {
                  header.set(header(key, candidate, keys));
                  return true;
                } catch (VaultException e) {
                  refused.set(e);
                  return false;
                }
              });
    } catch (VaultException.Damaged e) {
      VaultException reason = refused.get();
      throw reason == null ? e : reason;
    }
    SnapshotHeader opened = header.get();
    if (opened == null) {
      throw new VaultException.Damaged(key + " was not verified");
    }
    return new Verified(bytes, opened);
  }

  private SnapshotHeader header(ObjectKey key, byte[] bytes, KeyRing keys) {
    return open(key, bytes, keys).header();
  }
}
