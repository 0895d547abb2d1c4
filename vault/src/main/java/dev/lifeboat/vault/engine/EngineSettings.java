package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.chunk.Chunker;

/**
 * How the engine works; none of it changes what a reader sees.
 *
 * @param workers threads that hash, compress and seal
 * @param selfCheck whether each sealed frame is opened, decompressed and compared with its input
 *     before it leaves memory
 * @param compressionLevel of Zstandard
 * @param packBytes length at which a pack is closed
 * @param packBuffers packs in memory at once, being filled or uploaded, over all snapshots that a
 *     vault writes
 * @param bytesInFlight of chunks that wait for a worker, at least one chunk of the largest size
 * @param packsPerIndex after so many packs an index object is written before the commit
 * @param frameCacheBytes of opened frames that a reader keeps
 */
public record EngineSettings(
    int workers,
    boolean selfCheck,
    int compressionLevel,
    int packBytes,
    int packBuffers,
    int bytesInFlight,
    int packsPerIndex,
    int frameCacheBytes) {
  private static final int MIB = 1 << 20;

  /** Two workers or as many as there are cores, self-check on, packs of 32 MiB. */
  public static final EngineSettings DEFAULT =
      new EngineSettings(
          Math.max(2, Runtime.getRuntime().availableProcessors()),
          true,
          3,
          32 * MIB,
          3,
          16 * MIB,
          64,
          32 * MIB);

  public EngineSettings {
    if (workers < 1 || packBuffers < 1 || packsPerIndex < 1) {
      throw new IllegalArgumentException("workers, pack buffers, packs an index: at least 1");
    }
    if (packBytes < 1 || packBytes > 1 << 30) {
      throw new IllegalArgumentException("packs have up to 1 GiB, not " + packBytes);
    }
    if (bytesInFlight < Chunker.MAX_BYTES) {
      throw new IllegalArgumentException(
          "bytes in flight: at least one chunk, %d".formatted(Chunker.MAX_BYTES));
    }
    if (frameCacheBytes < 0) {
      throw new IllegalArgumentException("no cache has fewer than 0 bytes");
    }
  }

  /**
   * Settings that fit into a heap: two fifths of it for packs on their way, the rest of what grows
   * with it in proportion.
   *
   * @param heapBytes of the virtual machine, from 128 MiB
   */
  public static EngineSettings forHeap(long heapBytes) {
    return new EngineSettings(
        DEFAULT.workers,
        DEFAULT.selfCheck,
        DEFAULT.compressionLevel,
        DEFAULT.packBytes,
        Math.clamp(heapBytes * 2 / 5 / DEFAULT.packBytes, 1, 32),
        Math.clamp(heapBytes / 32, 8 * MIB, 64 * MIB),
        DEFAULT.packsPerIndex,
        Math.clamp(heapBytes / 16, 16 * MIB, 256 * MIB));
  }

  public EngineSettings withSelfCheck(boolean check) {
    return new EngineSettings(
        workers,
        check,
        compressionLevel,
        packBytes,
        packBuffers,
        bytesInFlight,
        packsPerIndex,
        frameCacheBytes);
  }

  public EngineSettings withPackBytes(int bytes) {
    return new EngineSettings(
        workers,
        selfCheck,
        compressionLevel,
        bytes,
        packBuffers,
        bytesInFlight,
        packsPerIndex,
        frameCacheBytes);
  }

  public EngineSettings withPackBuffers(int buffers) {
    return new EngineSettings(
        workers,
        selfCheck,
        compressionLevel,
        packBytes,
        buffers,
        bytesInFlight,
        packsPerIndex,
        frameCacheBytes);
  }

  public EngineSettings withPacksPerIndex(int packs) {
    return new EngineSettings(
        workers,
        selfCheck,
        compressionLevel,
        packBytes,
        packBuffers,
        bytesInFlight,
        packs,
        frameCacheBytes);
  }
}
