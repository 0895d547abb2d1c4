package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.index.IndexCodec;
import dev.lifeboat.vault.pack.FrameCodec;
import dev.lifeboat.vault.pack.PackBuilder;
import dev.lifeboat.vault.pack.SealedPack;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultId;
import dev.lifeboat.vault.send.Dispatch;
import dev.lifeboat.vault.send.Shipment;
import dev.lifeboat.vault.snapshot.PackReference;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Frames in, packs on their way to the regions out: one pack fills while earlier ones are sent, and
 * whoever is faster than that waits for a free buffer. Safe for use by many threads.
 */
final class PackPipeline implements AutoCloseable {
  private static final Duration NEARLY = Duration.ofSeconds(2);

  private final VaultId vault;
  private final TenantWriteKeys keys;
  private final SecureRandom random;
  private final EngineSettings settings;
  private final Dispatch dispatch;
  private final Shipment shipment;
  private final int quorum;
  private final IndexLoader loader;
  private final Failure failure;
  private final ExecutorService finishing;
  private final PackBuffers buffers;
  private final AtomicInteger held = new AtomicInteger();
  private @Nullable Filling open;

  private final Object results = new Object();
  private final List<PackReference> packs = new ArrayList<>();
  private final List<IndexCodec.Entry> unindexed = new ArrayList<>();
  private final AtomicLong bytesAdded = new AtomicLong();

  /**
   * @param targets regions to write to
   */
  PackPipeline(
      VaultId vault,
      TenantWriteKeys keys,
      SecureRandom random,
      EngineSettings settings,
      Dispatch dispatch,
      Set<RegionName> targets,
      int quorum,
      IndexLoader loader,
      PackBuffers buffers,
      Failure failure) {
    this.vault = vault;
    this.keys = keys;
    this.random = random;
    this.settings = settings;
    this.dispatch = dispatch;
    this.shipment = dispatch.begin(targets, failure::set);
    this.quorum = quorum;
    this.loader = loader;
    this.failure = failure;
    this.finishing =
        Executors.newFixedThreadPool(
            settings.packBuffers(), Thread.ofPlatform().name("finish-", 0).daemon().factory());
    this.buffers = buffers;
  }

  /**
   * A pack, and how many still work on it: one for every frame being sealed, one while it fills.
   */
  private final class Filling implements Shipment.Memory {
    private final PackBuilder builder;
    private final byte[] buffer;
    private final AtomicInteger pending = new AtomicInteger(1);

    private Filling(PackBuilder builder, byte[] buffer) {
      this.builder = builder;
      this.buffer = buffer;
    }

    @Override
    public void free() {
      held.decrementAndGet();
      buffers.give(buffer);
    }

    @Override
    public void abandon() {
      held.decrementAndGet();
      buffers.abandon(1);
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
    byte[] buffer = buffers.take(failure, dispatch::relieve);
    held.incrementAndGet();
    return new Filling(new PackBuilder(vault, keys, random, buffer, settings.packBytes()), buffer);
  }

  private void release(Filling filling) {
    if (filling.pending.decrementAndGet() == 0) {
      finishing.execute(() -> {
        SealedPack pack;
        try {
          failure.check();
          pack = filling.builder.finish();
        } catch (RuntimeException | Error e) {
          failure.set(e);
          filling.free();
          return;
        }
        try {
          send(pack, filling);
        } catch (RuntimeException | Error e) {
          failure.set(e);
        }
      });
    }
  }

  private void send(SealedPack pack, Filling filling) {
    BitSet live = new BitSet();
    live.set(0, pack.frames());
    long bytes = pack.bytes().remaining();
    bytesAdded.addAndGet(bytes);
    // Before anything else that may fail: from here on the shipment gives the memory back.
    shipment.send(ObjectKey.of(pack.id()), pack.bytes(), false, filling);
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

  private void writeIndex(List<IndexCodec.Entry> entries) {
    byte[] object = IndexCodec.seal(vault, keys, random, entries);
    ObjectKey key = IndexCodec.key(keys.id(), object);
    shipment.send(key, ByteBuffer.wrap(object), true, Shipment.Memory.OWN);
    loader.remember(key, object);
  }

  /**
   * Sends what is still open, and then the index of all of it, and waits until the quorum has
   * everything, or nobody is left who could. No frame may come afterwards.
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
    finishing.shutdown();
    awaitFinished();
    failure.check();
    List<IndexCodec.Entry> rest = new ArrayList<>(adopted);
    synchronized (results) {
      rest.addAll(unindexed);
      unindexed.clear();
    }
    if (!rest.isEmpty()) {
      writeIndex(rest);
    }
    try {
      shipment.await(quorum, failure::check);
      // Most nights the others are nearly there: then one manifest for all is enough.
      boolean _ = shipment.await(Integer.MAX_VALUE, NEARLY, failure::check);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failure.set(new VaultException.Conflict("interrupted"));
    }
    failure.check();
  }

  private void awaitFinished() {
    boolean interrupted = false;
    while (true) {
      try {
        if (finishing.awaitTermination(1, TimeUnit.MINUTES)) {
          break;
        }
      } catch (InterruptedException e) {
        // The threads are told by the failure; waiting goes on until they let go of their buffers.
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

  /** What was sent, to learn who has it. */
  Shipment shipment() {
    return shipment;
  }

  long bytesAdded() {
    return bytesAdded.get();
  }

  /** Stops; what is under way gets a few seconds to arrive. */
  @Override
  public void close() {
    finishing.shutdown();
    awaitFinished();
    shipment.close();
    // Packs that never were sent: a thread might yet write into them.
    buffers.abandon(held.getAndSet(0));
  }
}
