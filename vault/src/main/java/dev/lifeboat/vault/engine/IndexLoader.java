package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.index.FreshPacks;
import dev.lifeboat.vault.index.IndexCodec;
import dev.lifeboat.vault.index.Segment;
import dev.lifeboat.vault.index.SegmentKey;
import dev.lifeboat.vault.index.SegmentStore;
import dev.lifeboat.vault.pack.PackDirectory;
import dev.lifeboat.vault.pack.PackFormat;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.Prologue;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Reads index objects into segments and, where these do not tell, the footers of packs. An index
 * object is read once; footers are kept in the local cache, still sealed.
 */
final class IndexLoader {
  /** Most footers are shorter, and come with one read. */
  private static final int TAIL_BYTES = 64 << 10;

  private static final String FOOTERS = "footers";

  /** Longer than any session takes. */
  private static final Duration TEMPORARY_KEPT = Duration.ofDays(14);

  /** So many chunks are collected in memory before they make a segment. */
  private static final int BATCH_CHUNKS = 1 << 17;

  /** After so many segments they are merged, before more are made. */
  private static final int BATCHES = 16;

  /**
   * So many index objects are read ahead: from far away each is a matter of a tenth of a second.
   */
  private static final int READ_AHEAD = 8;

  private final RegionSet regions;
  private final LocalCache cache;
  private final KeyRing keys;
  private final SegmentStore store;
  private final Map<Integer, SegmentKey> segmentKeys = new ConcurrentHashMap<>();
  private final List<ObjectKey> written = new ArrayList<>();
  private volatile @Nullable Indexed indexed;

  IndexLoader(RegionSet regions, LocalCache cache, KeyRing keys) {
    this.regions = regions;
    this.cache = cache;
    this.keys = keys;
    this.store = cache.segments(keys.vault(), keys.tenant());
  }

  /**
   * What index objects tell.
   *
   * @param listed for each segment, which of the index objects that it covers some region lists
   * @param complete whether all regions were asked
   */
  record Indexed(List<Segment> segments, List<BitSet> listed, boolean complete) {
    Indexed {
      segments = List.copyOf(segments);
      listed = List.copyOf(listed);
    }

    /** Whether some region lists the index object that tells of a pack. */
    boolean isListed(int segment, int pack) {
      return listed.get(segment).get(segments.get(segment).objectOf(pack));
    }
  }

  /** The segments that are there, whatever they cover; no region is asked. */
  List<Segment> segments() {
    return store.open(this::segmentKey);
  }

  /** Authenticates new segments. */
  SegmentKey segmentKey() {
    return Objects.requireNonNull(segmentKey(keys.newest().generation()), "the newest is there");
  }

  private @Nullable SegmentKey segmentKey(int generation) {
    return keys.generation(generation)
        .map(found ->
            segmentKeys.computeIfAbsent(generation, _ -> SegmentKey.of(keys.vault(), found)))
        .orElse(null);
  }

  /**
   * Lists the index objects of all regions and reads those that no segment covers yet. One that
   * cannot be had is passed over: its packs' footers tell the same.
   *
   * @throws VaultException.Unreachable if no region can be listed
   */
  Indexed index() {
    IndexListing listing = IndexListing.of(regions, keys.tenant());
    List<Segment> segments = segments();
    List<Digest> uncovered = listing.uncovered(segments);
    if (!uncovered.isEmpty()) {
      read(uncovered);
      segments = segments();
    }
    Indexed result = new Indexed(segments, listing.listed(segments), listing.complete());
    indexed = result;
    return result;
  }

  private void read(List<Digest> names) {
    FreshPacks fresh = new FreshPacks();
    List<ObjectKey> covered = new ArrayList<>();
    int batches = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      ArrayDeque<Map.Entry<ObjectKey, Future<byte[]>>> ahead = new ArrayDeque<>();
      Iterator<Digest> next = names.iterator();
      while (next.hasNext() || !ahead.isEmpty()) {
        while (next.hasNext() && ahead.size() < READ_AHEAD) {
          ObjectKey key = new ObjectKey(IndexCodec.prefix(keys.tenant()) + next.next());
          ahead.addLast(Map.entry(key, threads.submit(() -> object(key))));
        }
        Map.Entry<ObjectKey, Future<byte[]>> first = ahead.removeFirst();
        try {
          collect(first.getKey(), await(first.getValue()), fresh);
          covered.add(first.getKey());
        } catch (VaultException.Damaged
            | VaultException.Unreachable
            | VaultException.Untrusted
            | VaultException.UnsupportedFormat
            | VaultException.KeyUnavailable e) {
          continue;
        }
        if (fresh.chunks() >= BATCH_CHUNKS) {
          keep(fresh, covered);
          fresh = new FreshPacks();
          covered.clear();
          if (++batches % BATCHES == 0) {
            store.merge(segments(), IndexLoader::all, segmentKey());
          }
        }
      }
    }
    if (!fresh.isEmpty()) {
      keep(fresh, covered);
    }
    if (batches > 0) {
      store.merge(segments(), IndexLoader::all, segmentKey());
    }
  }

  private static byte[] await(Future<byte[]> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VaultException.Conflict("interrupted");
    }
  }

  private void collect(ObjectKey key, byte[] object, FreshPacks fresh) {
    Digest name = Digest.parse(key.lastSegment());
    Prologue prologue = Prologue.read(object, Prologue.Kind.INDEX, key.value());
    // All of it or nothing: a half-read object must not count as covered.
    List<Runnable> packs = new ArrayList<>();
    IndexCodec.open(
        key.value(),
        prologue,
        object,
        keys.of(prologue, key.value()),
        new IndexCodec.Visitor() {
          @Override
          public boolean wants(PackId pack, long bytes) {
            return true;
          }

          @Override
          public void pack(PackId pack, long bytes, PackDirectory directory) {
            packs.add(() -> fresh.add(pack, bytes, name, directory));
          }
        });
    fresh.cover(name);
    packs.forEach(Runnable::run);
  }

  private void keep(FreshPacks fresh, List<ObjectKey> covered) {
    if (store.add(fresh, segmentKey())) {
      covered.forEach(key -> cache.remove(key.value()));
    }
  }

  private static BitSet all(Segment segment) {
    BitSet all = new BitSet();
    all.set(0, segment.objects());
    return all;
  }

  private byte[] object(ObjectKey key) {
    byte[] cached = cache.get(key.value());
    if (cached != null && isNamed(key, cached)) {
      return cached;
    }
    return regions.read(key, bytes -> isNamed(key, bytes));
  }

  private boolean isNamed(ObjectKey key, byte[] bytes) {
    return IndexCodec.key(keys.tenant(), bytes).equals(key);
  }

  /** Keeps an index object that was just written, until {@link #tidy} makes a segment of it. */
  void remember(ObjectKey key, byte[] object) {
    cache.put(key.value(), object);
    synchronized (written) {
      written.add(key);
    }
  }

  /** Forgets a segment that turned out damaged: its index objects are read again next time. */
  void discard(Segment segment) {
    store.discard(segment);
  }

  /**
   * Makes a segment of what this session wrote, and merges segments, while others go on. Nothing
   * depends on it.
   */
  void tidy() {
    List<ObjectKey> own;
    synchronized (written) {
      own = List.copyOf(written);
      written.clear();
    }
    SegmentKey key = segmentKey();
    FreshPacks fresh = new FreshPacks();
    List<ObjectKey> covered = new ArrayList<>();
    for (ObjectKey object : own) {
      byte[] cached = cache.get(object.value());
      if (cached != null && isNamed(object, cached)) {
        collect(object, cached, fresh);
        covered.add(object);
      }
    }
    List<Segment> segments = segments();
    Indexed known = indexed;
    cache.inBackground(() -> {
      if (!fresh.isEmpty()) {
        keep(fresh, covered);
      }
      // Without the keys, which may be gone by now: what is new was written by this process.
      List<Segment> now = store.open(generation -> generation == key.generation() ? key : null);
      store.merge(now.isEmpty() ? segments : now, segment -> kept(segment, known), key);
      prune(now);
    });
  }

  /** Removes what the segments tell as well, and what nobody asked for any more. */
  private void prune(List<Segment> segments) {
    for (String name : cache.list(FOOTERS)) {
      if (name.length() == 2 * Digest.BYTES && Digest.isNamedAt(name, 0)) {
        PackId pack = new PackId(Digest.namedAt(name, 0));
        if (segments.stream().anyMatch(segment -> segment.indexOf(pack) != Segment.NONE)) {
          cache.remove(FOOTERS + "/" + name);
        }
      }
    }
    cache.prune(FOOTERS, ContentLists.KEPT_UNUSED);
    cache.prune(ContentLists.DIRECTORY, ContentLists.KEPT_UNUSED);
    cache.prune("tmp", TEMPORARY_KEPT);
  }

  /** The index objects of a segment that are worth keeping: of a new one all. */
  private static BitSet kept(Segment segment, @Nullable Indexed known) {
    if (known == null || !known.complete() || !known.segments().contains(segment)) {
      return all(segment);
    }
    return known.listed().get(known.segments().indexOf(segment));
  }

  /** The packs that are known to be of other tenants. */
  ForeignPacks foreign() {
    return ForeignPacks.read(cache, keys.tenant());
  }

  /**
   * Reads the directory of a pack from its footer.
   *
   * @param packBytes length of the pack
   * @return nothing if the pack is another tenant's
   * @throws VaultException.Damaged if no region has it whole
   */
  Optional<PackDirectory> footer(PackId pack, long packBytes) {
    String name = FOOTERS + "/" + pack;
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
