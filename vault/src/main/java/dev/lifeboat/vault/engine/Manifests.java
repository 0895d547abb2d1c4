package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.snapshot.ManifestCodec;
import dev.lifeboat.vault.snapshot.SnapshotHeader;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Lists and reads manifests, merged over the regions, each verified before it is believed. */
final class Manifests {
  private final RegionSet regions;
  private final VaultDocument document;
  private final LocalCache cache;

  Manifests(RegionSet regions, VaultDocument document, LocalCache cache) {
    this.regions = regions;
    this.document = document;
    this.cache = cache;
  }

  /**
   * The snapshots under a prefix.
   *
   * @throws VaultException.Unreachable if no region can be listed
   */
  SnapshotListing list(KeyRing keys, String prefix) {
    SortedMap<ObjectKey, SortedSet<RegionName>> found = new TreeMap<>();
    SortedMap<RegionName, RegionException> unlisted =
        regions.list(
            prefix,
            (region, info) -> {
              synchronized (found) {
                found.computeIfAbsent(info.key(), _ -> new TreeSet<>()).add(region);
              }
            });
    if (unlisted.size() == regions.regions().size()) {
      throw new VaultException.Unreachable(
          "no region can be listed", List.copyOf(unlisted.values()));
    }
    List<SnapshotRecord> snapshots = new ArrayList<>();
    List<Unreadable> unreadable = new ArrayList<>();
    for (Map.Entry<ObjectKey, SortedSet<RegionName>> entry : found.entrySet()) {
      ObjectKey key = entry.getKey();
      try {
        Verified manifest = read(key, keys);
        snapshots.add(
            new SnapshotRecord(
                key, ManifestCodec.digest(manifest.bytes), manifest.header, entry.getValue()));
      } catch (VaultException e) {
        unreadable.add(new Unreadable(key, entry.getValue(), e));
      }
    }
    snapshots.sort(
        Comparator.comparing((SnapshotRecord snapshot) -> snapshot.header().time())
            .thenComparingLong(snapshot -> snapshot.header().sequence())
            .thenComparing(snapshot -> snapshot.header().id()));
    return new SnapshotListing(snapshots, unreadable, unlisted);
  }

  /** The bytes of a manifest that was listed before. */
  byte[] read(ObjectKey key, Digest digest, KeyRing keys) {
    byte[] cached = cache.get(key.value());
    if (cached != null && ManifestCodec.digest(cached).equals(digest)) {
      return cached;
    }
    Verified manifest = read(key, keys);
    if (!ManifestCodec.digest(manifest.bytes).equals(digest)) {
      throw new VaultException.Conflict(
          "%s is another manifest than the one that was listed".formatted(key));
    }
    return manifest.bytes;
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

  private Verified read(ObjectKey key, KeyRing keys) {
    byte[] cached = cache.get(key.value());
    if (cached != null) {
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
    SnapshotHeader verified = header.get();
    if (verified == null) {
      throw new VaultException.Damaged(key + " was not verified");
    }
    cache.put(key.value(), bytes);
    return new Verified(bytes, verified);
  }

  private SnapshotHeader header(ObjectKey key, byte[] bytes, KeyRing keys) {
    Prologue prologue = ManifestCodec.prologue(key, bytes);
    return ManifestCodec.header(key, bytes, document, keys.of(prologue, key.value()));
  }
}
