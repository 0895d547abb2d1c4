package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.index.TenantIndex;
import dev.lifeboat.vault.pack.FrameCodec;
import dev.lifeboat.vault.pack.FrameEntry;
import dev.lifeboat.vault.pack.PackBuilder;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.snapshot.FrameSink;
import dev.lifeboat.vault.snapshot.OpenedFrame;
import dev.lifeboat.vault.snapshot.PackFrames;
import dev.lifeboat.vault.snapshot.PackReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicLong;

/** Opens frames of some packs, names their chunks anew, and seals them into other packs. */
final class FrameCopy implements FrameSink, AutoCloseable {
  private final RegionSet regions;
  private final List<Repacking.Candidate> batch;
  private final TenantIndex index;
  private final FrameReader frames;
  private final EngineSettings settings;
  private final PackPipeline pipeline;
  private final ConcurrentLinkedDeque<FrameCodec> codecs = new ConcurrentLinkedDeque<>();
  private final Map<PackId, String> damaged = new ConcurrentHashMap<>();
  private final AtomicLong bytesRead = new AtomicLong();

  private FrameCopy(
      RegionSet regions,
      List<Repacking.Candidate> batch,
      TenantIndex index,
      FrameReader frames,
      EngineSettings settings,
      PackPipeline pipeline) {
    this.regions = regions;
    this.batch = batch;
    this.index = index;
    this.frames = frames;
    this.settings = settings;
    this.pipeline = pipeline;
  }

  /**
   * @param pipeline not taken over
   */
  static FrameCopy begin(
      RegionSet regions,
      List<Repacking.Candidate> batch,
      KeyRing ring,
      List<TenantReadKeys> generations,
      IndexLoader loader,
      EngineSettings settings,
      PackPipeline pipeline) {
    Map<Integer, TenantReadKeys> read = new TreeMap<>();
    generations.forEach(keys -> read.put(keys.write().generation(), keys));
    List<PackReference> references = batch.stream().map(Repacking.Candidate::hot).toList();
    TenantIndex index = SnapshotPacks.find(references, loader).index();
    FrameReader frames = new FrameReader(regions, index, ring, read, ring.newest().chunkIdKey(), 0);
    return new FrameCopy(regions, batch, index, frames, settings, pipeline);
  }

  /** Copies everything that can be copied; what cannot is in {@link #damaged}. */
  void run() throws InterruptedException {
    List<PackFrames> wanted = new ArrayList<>();
    for (Repacking.Candidate candidate : batch) {
      PackReference hot = candidate.hot();
      int number = index.find(hot.pack());
      if (number == TenantIndex.NONE || index.frames(number) != hot.frames()) {
        damaged.put(
            hot.pack(),
            "pack %s is in no index object, and its footer cannot be read; run: lifeboat verify"
                .formatted(hot.pack()));
        continue;
      }
      wanted.add(new PackFrames(hot.pack(), hot.live().stream().toArray()));
    }
    new FramePump(regions, index, frames, FramePump.BUDGET_BYTES, wanted.iterator(), this)
        .run(settings.workers());
  }

  @Override
  public void opened(PackId pack, int frame, OpenedFrame opened) {
    FrameEntry entry = index.frame(index.find(pack), frame);
    byte[] raw = opened.bytes();
    byte[] ids = new byte[entry.chunks() * Digest.BYTES];
    int at = 0;
    for (int i = 0; i < entry.chunks(); i++) {
      ChunkId id = frames.name(raw, at, entry.chunkBytes()[i]);
      id.value().write(ids, i * Digest.BYTES);
      int known = entry.idBytes();
      if (!Arrays.equals(
          ids,
          i * Digest.BYTES,
          i * Digest.BYTES + known,
          entry.ids(),
          i * known,
          (i + 1) * known)) {
        damaged.put(
            pack,
            "frame %d of pack %s holds another chunk than its directory says; run: lifeboat verify --deep"
                .formatted(frame, pack));
        return;
      }
      at += entry.chunkBytes()[i];
    }
    if (opened.length() > PackBuilder.MAX_RAW_BYTES || entry.chunks() > PackBuilder.MAX_CHUNKS) {
      damaged.put(pack, "pack %s has a frame too large to be repacked".formatted(pack));
      return;
    }
    bytesRead.addAndGet(entry.sealedBytes());
    FrameCodec codec = codecs.poll();
    if (codec == null) {
      codec = new FrameCodec(settings.compressionLevel());
    }
    try {
      pipeline.frame(codec, raw, 0, opened.length(), entry.chunkBytes(), ids);
    } finally {
      codecs.push(codec);
    }
  }

  @Override
  public void damaged(PackId pack, int frame, VaultException.Damaged why) {
    damaged.put(pack, String.valueOf(why.getMessage()));
  }

  /** Packs that were not copied whole, and why. */
  Map<PackId, String> damaged() {
    return damaged;
  }

  long bytesRead() {
    return bytesRead.get();
  }

  @Override
  public void close() {
    frames.close();
    codecs.forEach(FrameCodec::close);
  }
}
