package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.index.IndexCodec;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.pack.PackFormat;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.Prologue;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Reads index objects and, where these do not tell, the footers of packs. Both are kept in the
 * local cache, still sealed.
 */
final class IndexLoader {
  /** Most footers are shorter, and come with one read. */
  private static final int TAIL_BYTES = 64 << 10;

  private final RegionSet regions;
  private final LocalCache cache;
  private final KeyRing keys;

  IndexLoader(RegionSet regions, LocalCache cache, KeyRing keys) {
    this.regions = regions;
    this.cache = cache;
    this.keys = keys;
  }

  /**
   * The index objects that any region lists.
   *
   * @throws VaultException.Unreachable if no region can be listed
   */
  List<ObjectKey> objects() {
    Set<ObjectKey> found = new TreeSet<>();
    SortedMap<RegionName, RegionException> failed =
        regions.list(
            IndexCodec.prefix(keys.tenant()),
            (_, info) -> {
              synchronized (found) {
                found.add(info.key());
              }
            });
    if (failed.size() == regions.regions().size()) {
      throw new VaultException.Unreachable("no region can be listed", List.copyOf(failed.values()));
    }
    return new ArrayList<>(found);
  }

  /**
   * Shows an index object's packs to the visitor.
   *
   * @return what is wrong with it, if it cannot be had: its packs' footers tell the same
   */
  Optional<VaultException> visit(ObjectKey key, IndexCodec.Visitor visitor) {
    try {
      byte[] object = object(key);
      Prologue prologue = Prologue.read(object, Prologue.Kind.INDEX, key.value());
      IndexCodec.open(key.value(), prologue, object, keys.of(prologue, key.value()), visitor);
      return Optional.empty();
    } catch (VaultException.Damaged
        | VaultException.Unreachable
        | VaultException.Untrusted
        | VaultException.KeyUnavailable e) {
      return Optional.of(e);
    }
  }

  private byte[] object(ObjectKey key) {
    byte[] cached = cache.get(key.value());
    if (cached != null && isNamed(key, cached)) {
      return cached;
    }
    byte[] object = regions.read(key, bytes -> isNamed(key, bytes));
    cache.put(key.value(), object);
    return object;
  }

  private boolean isNamed(ObjectKey key, byte[] bytes) {
    return IndexCodec.key(keys.tenant(), bytes).equals(key);
  }

  /** Keeps an index object that was just written. */
  void remember(ObjectKey key, byte[] object) {
    cache.put(key.value(), object);
  }

  /** The packs that are known to be of other tenants. */
  Set<PackId> foreign() {
    byte[] cached = cache.get(foreignName());
    Set<PackId> foreign = new HashSet<>();
    if (cached != null && cached.length % Digest.BYTES == 0) {
      for (int at = 0; at < cached.length; at += Digest.BYTES) {
        foreign.add(new PackId(Digest.read(cached, at)));
      }
    }
    return foreign;
  }

  void rememberForeign(Set<PackId> foreign) {
    byte[] bytes = new byte[foreign.size() * Digest.BYTES];
    int at = 0;
    for (PackId pack : foreign) {
      pack.value().write(bytes, at);
      at += Digest.BYTES;
    }
    cache.put(foreignName(), bytes);
  }

  private String foreignName() {
    return "foreign/" + keys.tenant();
  }

  /**
   * Reads the directory of a pack from its footer.
   *
   * @param packBytes length of the pack
   * @return nothing if the pack is another tenant's
   * @throws VaultException.Damaged if no region has it whole
   */
  Optional<PackDirectory> footer(PackId pack, long packBytes) {
    String name = "footers/" + pack;
    byte[] cached = cache.get(name);
    if (cached != null) {
      Optional<PackDirectory> directory = cachedFooter(pack, cached, packBytes);
      if (directory.isPresent()) {
        return directory;
      }
    }
    if (packBytes < PackFormat.HEADER_BYTES + PackFormat.TRAILER_BYTES) {
      throw new VaultException.Damaged(
          "pack %s has %d bytes, too few for a pack".formatted(pack, packBytes));
    }
    AtomicReference<@Nullable PackDirectory> found = new AtomicReference<>();
    AtomicReference<@Nullable VaultException> refused = new AtomicReference<>();
    boolean[] foreign = new boolean[1];
    ObjectKey key = ObjectKey.of(pack);
    try {
      // Header and footer prove each other: only together can they be called good.
      regions.read(
          key,
          0,
          PackFormat.HEADER_BYTES,
          header -> {
            try {
              Prologue prologue = Prologue.read(header, Prologue.Kind.PACK, key.value());
              if (!keys.owns(prologue)) {
                foreign[0] = true;
                return true;
              }
              found.set(footer(pack, packBytes, prologue, header, name));
              return true;
            } catch (VaultException.Damaged
                | VaultException.KeyUnavailable
                | VaultException.UnsupportedFormat e) {
              refused.set(e);
              return false;
            }
          });
    } catch (VaultException.Damaged e) {
      VaultException reason = refused.get();
      throw reason == null || reason instanceof VaultException.Damaged ? e : reason;
    }
    PackDirectory directory = found.get();
    if (directory == null && !foreign[0]) {
      throw new VaultException.Damaged("pack %s has no footer".formatted(pack));
    }
    return Optional.ofNullable(directory);
  }

  private PackDirectory footer(
      PackId pack, long packBytes, Prologue prologue, byte[] header, String cacheName) {
    byte[] indexKey = keys.of(prologue, "pack " + pack).indexKey().exposeSecret();
    byte[] headerHash = PackFormat.headerHash(header);
    ObjectKey key = ObjectKey.of(pack);
    int tail = (int) Math.min(TAIL_BYTES, packBytes - PackFormat.HEADER_BYTES);
    AtomicReference<@Nullable PackDirectory> found = new AtomicReference<>();
    int[] longer = new int[1];
    byte[] bytes =
        regions.read(
            key,
            packBytes - tail,
            tail,
            candidate -> {
              int length = PackFormat.footerBytes(candidate, packBytes);
              if (length < 0) {
                return false;
              }
              if (length + PackFormat.TRAILER_BYTES > tail) {
                longer[0] = length;
                return true;
              }
              return open(pack, indexKey, headerHash, candidate, length, packBytes, found);
            });
    if (found.get() == null) {
      int length = longer[0] + PackFormat.TRAILER_BYTES;
      bytes =
          regions.read(
              key,
              packBytes - length,
              length,
              candidate ->
                  open(pack, indexKey, headerHash, candidate, longer[0], packBytes, found));
    }
    PackDirectory directory = found.get();
    if (directory == null) {
      throw new VaultException.Damaged("pack %s has no footer".formatted(pack));
    }
    cache.put(
        cacheName,
        ByteBuffer.allocate(PackFormat.HEADER_BYTES + bytes.length).put(header).put(bytes).array());
    return directory;
  }

  private static boolean open(
      PackId pack,
      byte[] indexKey,
      byte[] headerHash,
      byte[] tail,
      int length,
      long packBytes,
      AtomicReference<@Nullable PackDirectory> found) {
    PackDirectory directory =
        PackFormat.openFooter(
            pack,
            indexKey,
            headerHash,
            tail,
            tail.length - PackFormat.TRAILER_BYTES - length,
            length,
            packBytes);
    found.set(directory);
    return directory != null;
  }

  private Optional<PackDirectory> cachedFooter(PackId pack, byte[] cached, long packBytes) {
    if (cached.length < PackFormat.HEADER_BYTES + PackFormat.TRAILER_BYTES) {
      return Optional.empty();
    }
    try {
      byte[] header = Arrays.copyOf(cached, PackFormat.HEADER_BYTES);
      byte[] tail = Arrays.copyOfRange(cached, PackFormat.HEADER_BYTES, cached.length);
      Prologue prologue = Prologue.read(header, Prologue.Kind.PACK, "a cached footer");
      int length = PackFormat.footerBytes(tail, packBytes);
      if (!keys.owns(prologue) || length < 0 || length + PackFormat.TRAILER_BYTES > tail.length) {
        return Optional.empty();
      }
      return Optional.ofNullable(
          PackFormat.openFooter(
              pack,
              keys.of(prologue, "a cached footer").indexKey().exposeSecret(),
              PackFormat.headerHash(header),
              tail,
              tail.length - PackFormat.TRAILER_BYTES - length,
              length,
              packBytes));
    } catch (VaultException e) {
      return Optional.empty();
    }
  }
}
