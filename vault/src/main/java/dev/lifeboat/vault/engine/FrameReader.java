package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkHasher;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.index.TenantIndex;
import dev.lifeboat.vault.pack.FrameEntry;
import dev.lifeboat.vault.pack.FrameOpener;
import dev.lifeboat.vault.pack.PackFormat;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.pack.PackKey;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.SecretBytes;
import dev.lifeboat.vault.seal.TenantReadKeys;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Frames of packs, opened and verified, with a cache of those read last. Safe for use by many
 * threads.
 */
final class FrameReader implements AutoCloseable {
  /** Frames that follow each other are fetched together up to so many bytes when opened. */
  static final int RUN_BYTES = 4 << 20;

  private static final int AHEAD_THREADS = Math.max(2, Runtime.getRuntime().availableProcessors());

  private static final int LOCKS = 64;

  private final RegionSet regions;
  private final TenantIndex index;
  private final KeyRing ring;
  private final Map<Integer, TenantReadKeys> generations;
  private final SecretBytes chunkIdKey;
  private final Map<Integer, PackKey> keys = new ConcurrentHashMap<>();
  private final ConcurrentLinkedDeque<Opener> openers = new ConcurrentLinkedDeque<>();
  private final ReentrantLock[] locks = new ReentrantLock[LOCKS];
  private final ReentrantLock[] keyLocks = new ReentrantLock[LOCKS];
  private final LinkedHashMap<Long, byte[]> cache = new LinkedHashMap<>(64, 0.75f, true);
  private final long cacheBytes;
  private long cachedBytes;
  private @Nullable ExecutorService ahead;
  private volatile boolean closed;

  /**
   * @param generations of the tenant's read keys, by number
   * @param chunkIdKey copied
   */
  FrameReader(
      RegionSet regions,
      TenantIndex index,
      KeyRing ring,
      Map<Integer, TenantReadKeys> generations,
      SecretBytes chunkIdKey,
      long cacheBytes) {
    this.regions = regions;
    this.index = index;
    this.ring = ring;
    this.generations = Map.copyOf(generations);
    this.chunkIdKey = chunkIdKey.copy();
    this.cacheBytes = cacheBytes;
    Arrays.setAll(locks, _ -> new ReentrantLock());
    Arrays.setAll(keyLocks, _ -> new ReentrantLock());
  }

  /** What one thread at a time opens frames with. */
  static final class Opener {
    final FrameOpener frames = new FrameOpener();
    final ChunkHasher hasher;

    private Opener(SecretBytes chunkIdKey) {
      hasher = new ChunkHasher(chunkIdKey);
    }
  }

  ChunkId name(byte[] bytes, int from, int length) {
    Opener opener = opener();
    try {
      return opener.hasher.hash(bytes, from, length);
    } finally {
      done(opener);
    }
  }

  /**
   * The raw bytes of a frame; not to be changed.
   *
   * @param run how many frames from this one on will be wanted soon; they are fetched with it
   * @throws VaultException.Damaged if no region has it unharmed
   */
  byte[] frame(int pack, int frame, int run) {
    byte[] cached = cached(pack, frame);
    if (cached != null) {
      return cached;
    }
    // Whoever wants the same frame at the same time waits for it instead of fetching it, too.
    ReentrantLock lock = locks[(31 * pack + frame) & (LOCKS - 1)];
    lock.lock();
    try {
      cached = cached(pack, frame);
      if (cached != null) {
        return cached;
      }
      if (run > 1) {
        try {
          return fetch(pack, frame, run);
        } catch (VaultException.Damaged e) {
          // Each region may have a different one of them damaged: ask for this one alone.
        }
      }
      return fetch(pack, frame, 1);
    } finally {
      lock.unlock();
    }
  }

  private byte[] fetch(int pack, int first, int count) {
    PackId id = index.pack(pack);
    PackKey key = key(pack);
    FrameEntry[] entries = new FrameEntry[count];
    int total = 0;
    for (int i = 0; i < count; i++) {
      entries[i] = index.frame(pack, first + i);
      total += entries[i].sealedBytes();
    }
    byte[][] opened = new byte[count][];
    try {
      regions.read(
          ObjectKey.of(id),
          index.frameOffset(pack, first),
          total,
          sealed -> open(key, first, entries, sealed, opened));
    } catch (VaultException.Damaged e) {
      throw damaged(id, first, e);
    }
    for (int i = count - 1; i >= 0; i--) {
      keep(pack, first + i, opened[i]);
    }
    return opened[0];
  }

  private boolean open(
      PackKey key, int first, FrameEntry[] entries, byte[] sealed, byte[][] opened) {
    Opener opener = opener();
    try {
      int at = 0;
      for (int i = 0; i < entries.length; i++) {
        byte[] raw = new byte[entries[i].rawBytes()];
        if (!key.open(opener.frames, opener.hasher, first + i, entries[i], sealed, at, raw, 0)) {
          return false;
        }
        opened[i] = raw;
        at += entries[i].sealedBytes();
      }
      return true;
    } finally {
      done(opener);
    }
  }

  /**
   * The opened header of a pack.
   *
   * @throws VaultException.Damaged if no region has the header unharmed
   */
  PackKey key(int pack) {
    PackKey known = keys.get(pack);
    if (known != null) {
      return known;
    }
    // Opening a header is dear: whoever comes meanwhile waits. Taken last, never the other way.
    ReentrantLock lock = keyLocks[pack & (LOCKS - 1)];
    lock.lock();
    try {
      known = keys.get(pack);
      return known == null ? openKey(pack) : known;
    } finally {
      lock.unlock();
    }
  }

  private PackKey openKey(int pack) {
    PackId id = index.pack(pack);
    AtomicReference<@Nullable PackKey> found = new AtomicReference<>();
    AtomicReference<VaultException.@Nullable KeyUnavailable> missing = new AtomicReference<>();
    String what = "pack " + id;
    try {
      regions.read(
          ObjectKey.of(id),
          0,
          PackFormat.HEADER_BYTES,
          header -> {
            TenantReadKeys keys;
            Prologue prologue;
            try {
              prologue = Prologue.read(header, Prologue.Kind.PACK, what);
              keys = generation(prologue, what);
            } catch (VaultException.KeyUnavailable e) {
              // True, or a flipped bit in the number of the generation: another region may know.
              missing.set(e);
              return false;
            } catch (VaultException.Damaged
                | VaultException.Untrusted
                | VaultException.UnsupportedFormat e) {
              return false;
            }
            try {
              found.set(PackKey.open(prologue, header, keys.privateKey()));
              return true;
            } catch (VaultException.KeyUnavailable e) {
              // The manifest opened with this private key, so it is the header that is wrong.
              return false;
            }
          });
    } catch (VaultException.Damaged e) {
      VaultException.KeyUnavailable reason = missing.get();
      throw reason != null
          ? reason
          : new VaultException.Damaged(
              "the header of %s is damaged in every region; run: lifeboat verify --deep"
                  .formatted(what),
              e);
    }
    PackKey key = found.get();
    if (key == null) {
      throw new VaultException.Damaged("the header of %s does not open".formatted(what));
    }
    keys.put(pack, key);
    return key;
  }

  private TenantReadKeys generation(Prologue prologue, String what) {
    TenantReadKeys keys = generations.get(ring.of(prologue, what).generation());
    if (keys == null) {
      throw new VaultException.KeyUnavailable(
          "%s needs the private key of generation %d".formatted(what, prologue.generation()));
    }
    return keys;
  }

  /** To be given back by {@link #done}. */
  Opener opener() {
    requireOpen();
    Opener opener = openers.poll();
    return opener == null ? new Opener(chunkIdKey) : opener;
  }

  /** Has frames opened into the cache by another thread. */
  Future<?> openAhead(int pack, int frame, int run) {
    synchronized (cache) {
      ExecutorService executor = ahead;
      if (executor == null) {
        requireOpen();
        executor =
            Executors.newFixedThreadPool(
                AHEAD_THREADS, Thread.ofPlatform().name("ahead-", 0).daemon().factory());
        ahead = executor;
      }
      return executor.submit(() -> frame(pack, frame, run));
    }
  }

  void done(Opener opener) {
    if (closed) {
      opener.frames.close();
    } else {
      openers.push(opener);
    }
  }

  /**
   * Opens one frame into {@code raw}, from whichever region has it unharmed, without a look at its
   * chunks.
   */
  void open(int pack, int frame, FrameEntry entry, Opener opener, byte[] raw) {
    PackId id = index.pack(pack);
    PackKey key = key(pack);
    try {
      regions.read(
          ObjectKey.of(id),
          index.frameOffset(pack, frame),
          entry.sealedBytes(),
          sealed -> key.decrypt(opener.frames, frame, entry, sealed, 0, raw, 0));
    } catch (VaultException.Damaged e) {
      throw damaged(id, frame, e);
    }
  }

  static VaultException.Damaged damaged(PackId pack, int frame, VaultException.Damaged cause) {
    return new VaultException.Damaged(
        "frame %d of pack %s is damaged in every region; run: lifeboat verify --deep"
            .formatted(frame, pack),
        cause);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this snapshot is closed");
    }
  }

  boolean isCached(int pack, int frame) {
    return cached(pack, frame) != null;
  }

  private byte @Nullable [] cached(int pack, int frame) {
    synchronized (cache) {
      return cache.get(slot(pack, frame));
    }
  }

  private void keep(int pack, int frame, byte[] raw) {
    synchronized (cache) {
      if (cache.put(slot(pack, frame), raw) == null) {
        cachedBytes += raw.length;
      }
      var oldest = cache.entrySet().iterator();
      while (cachedBytes > cacheBytes && oldest.hasNext()) {
        cachedBytes -= oldest.next().getValue().length;
        oldest.remove();
      }
    }
  }

  private static long slot(int pack, int frame) {
    return (long) pack << 32 | frame;
  }

  @Override
  public void close() {
    ExecutorService executor;
    synchronized (cache) {
      closed = true;
      executor = ahead;
    }
    if (executor != null) {
      for (Runnable waiting : executor.shutdownNow()) {
        if (waiting instanceof Future<?> task) {
          task.cancel(false);
        }
      }
      executor.close();
    }
    for (Opener opener = openers.poll(); opener != null; opener = openers.poll()) {
      opener.frames.close();
    }
    synchronized (cache) {
      cache.clear();
      cachedBytes = 0;
    }
    chunkIdKey.close();
  }
}
