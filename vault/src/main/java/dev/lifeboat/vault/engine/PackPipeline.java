package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.index.IndexCodec;
import dev.lifeboat.vault.pack.FrameCodec;
import dev.lifeboat.vault.pack.PackBuilder;
import dev.lifeboat.vault.pack.SealedPack;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.PutReport;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultId;
import dev.lifeboat.vault.snapshot.PackReference;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Frames in, packs in the regions out: one pack fills while earlier ones are uploaded, and whoever
 * is faster than the regions waits for a free buffer. Safe for use by many threads.
 */
final class PackPipeline implements AutoCloseable {
  private final VaultId vault;
  private final TenantWriteKeys keys;
  private final SecureRandom random;
  private final EngineSettings settings;
  private final RegionSet regions;
  private final IndexLoader loader;
  private final Failure failure;
  private final ExecutorService uploads;
  private final PackBuffers buffers;
  private final AtomicInteger held = new AtomicInteger();
  private @Nullable Filling open;

  private final Object results = new Object();
  private final List<PackReference> packs = new ArrayList<>();
  private final List<IndexCodec.Entry> unindexed = new ArrayList<>();
  private final Set<RegionName> complete;
  private final AtomicLong bytesAdded = new AtomicLong();

  /**
   * @param targets regions to write to
   */
  PackPipeline(
      VaultId vault,
      TenantWriteKeys keys,
      SecureRandom random,
      EngineSettings settings,
      RegionSet regions,
      Set<RegionName> targets,
      IndexLoader loader,
      PackBuffers buffers,
      Failure failure) {
    this.vault = vault;
    this.keys = keys;
    this.random = random;
    this.settings = settings;
    this.regions = regions;
    this.loader = loader;
    this.failure = failure;
    this.complete = new HashSet<>(targets);
    this.uploads =
        Executors.newFixedThreadPool(
            settings.packBuffers(), Thread.ofPlatform().name("upload-", 0).daemon().factory());
    this.buffers = buffers;
  }

  /**
   * A pack, and how many still work on it: one for every frame being sealed, one while it fills.
   */
  private static final class Filling {
    private final PackBuilder builder;
    private final byte[] buffer;
    private final AtomicInteger pending = new AtomicInteger(1);

    private Filling(PackBuilder builder, byte[] buffer) {
      this.builder = builder;
      this.buffer = buffer;
    }
  }

  /**
   * Compresses, seals and places one frame.
   *
   * @param chunkBytes length of each chunk in it; kept
   * @param ids of the chunks; kept
   */
  void frame(FrameCodec codec, byte[] raw, int offset, int length, int[] chunkBytes, byte[] ids) {
    int compressed = codec.compress(raw, offset, length);
    boolean shrunk = compressed >= 0;
    int stored = shrunk ? compressed : length;
    Filling filling;
    PackBuilder.Slot slot;
    synchronized (this) {
      failure.check();
      filling = open == null ? begin() : open;
      slot =
          filling.builder.reserve(
              stored, length, shrunk ? FrameCodec.ZSTD : FrameCodec.RAW, chunkBytes, ids);
      if (slot == null) {
        release(filling);
        filling = begin();
        slot =
            filling.builder.reserve(
                stored, length, shrunk ? FrameCodec.ZSTD : FrameCodec.RAW, chunkBytes, ids);
        if (slot == null) {
          throw new IllegalStateException("an empty pack has no room for a frame");
        }
      }
      filling.pending.incrementAndGet();
      if (filling.builder.isFull()) {
        open = null;
        release(filling);
      } else {
        open = filling;
      }
    }
    filling.builder.seal(
        slot,
        codec,
        shrunk ? codec.compressed() : raw,
        shrunk ? 0 : offset,
        stored,
        shrunk,
        raw,
        offset,
        length,
        settings.selfCheck());
    release(filling);
  }

  private Filling begin() {
    byte[] buffer = buffers.take(failure);
    held.incrementAndGet();
    return new Filling(new PackBuilder(vault, keys, random, buffer, settings.packBytes()), buffer);
  }

  private void release(Filling filling) {
    if (filling.pending.decrementAndGet() == 0) {
      uploads.execute(() -> {
        try {
          upload(filling.builder.finish());
        } catch (RuntimeException | Error e) {
          failure.set(e);
        } finally {
          held.decrementAndGet();
          buffers.give(filling.buffer);
        }
      });
    }
  }

  private void upload(SealedPack pack) {
    failure.check();
    store("pack " + pack.id(), ObjectKey.of(pack.id()), pack.bytes());
    BitSet live = new BitSet();
    live.set(0, pack.frames());
    long bytes = pack.bytes().remaining();
    bytesAdded.addAndGet(bytes);
    List<IndexCodec.Entry> batch = List.of();
    synchronized (results) {
      packs.add(new PackReference(pack.id(), bytes, pack.frames(), live));
      unindexed.add(new IndexCodec.Entry(pack.id(), bytes, pack.encodedDirectory()));
      if (unindexed.size() >= settings.packsPerIndex()) {
        batch = List.copyOf(unindexed);
        unindexed.clear();
      }
    }
    if (!batch.isEmpty()) {
      writeIndex(batch);
    }
  }

  /** Stores an object wherever all objects of this session are, and notes who no longer is. */
  private void store(String what, ObjectKey key, ByteBuffer bytes) {
    Set<RegionName> targets;
    synchronized (results) {
      targets = new HashSet<>(complete);
    }
    PutReport report = regions.put(key, bytes, targets);
    synchronized (results) {
      complete.retainAll(report.held());
      if (complete.size() < regions.quorum()) {
        throw new VaultException.Unreachable(
            "%s is in %d regions; the quorum is %d"
                .formatted(what, complete.size(), regions.quorum()),
            List.copyOf(report.failed().values()));
      }
    }
  }

  private void writeIndex(List<IndexCodec.Entry> entries) {
    byte[] object = IndexCodec.seal(vault, keys, random, entries);
    ObjectKey key = IndexCodec.key(keys.id(), object);
    store("index object " + key, key, ByteBuffer.wrap(object));
    loader.remember(key, object);
  }

  /**
   * Uploads what is still open and waits until all packs, and then the index of all of them, are
   * where they go. No frame may come afterwards.
   *
   * @param adopted packs without an index object that the snapshot refers to
   */
  void finish(List<IndexCodec.Entry> adopted) {
    synchronized (this) {
      failure.check();
      Filling last = open;
      open = null;
      if (last != null) {
        release(last);
      }
    }
    uploads.shutdown();
    awaitUploads();
    failure.check();
    List<IndexCodec.Entry> rest = new ArrayList<>(adopted);
    synchronized (results) {
      rest.addAll(unindexed);
      unindexed.clear();
    }
    if (!rest.isEmpty()) {
      writeIndex(rest);
    }
  }

  private void awaitUploads() {
    boolean interrupted = false;
    while (true) {
      try {
        if (uploads.awaitTermination(1, TimeUnit.MINUTES)) {
          break;
        }
      } catch (InterruptedException e) {
        // The uploads are told by the failure; waiting goes on until they let go of their buffers.
        interrupted = true;
        failure.set(new VaultException.Conflict("interrupted"));
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The packs of this session, every frame of them live. */
  List<PackReference> references() {
    synchronized (results) {
      return List.copyOf(packs);
    }
  }

  /** The regions that have every object of this session so far. */
  Set<RegionName> complete() {
    synchronized (results) {
      return Set.copyOf(complete);
    }
  }

  long bytesAdded() {
    return bytesAdded.get();
  }

  /** Stops; uploads under way end first. */
  @Override
  public void close() {
    uploads.shutdown();
    awaitUploads();
    buffers.abandon(held.getAndSet(0));
  }
}
