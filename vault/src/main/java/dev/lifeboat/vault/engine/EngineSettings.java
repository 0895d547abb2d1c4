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
 * @param packsInFlight packs that are uploaded while the next one fills; each holds its bytes in
 *     memory
 * @param bytesInFlight of chunks that wait for a worker, at least one chunk of the largest size
 * @param packsPerIndex after so many packs an index object is written before the commit
 * @param frameCacheBytes of opened frames that a reader keeps
 */
public record EngineSettings(
    int workers,
    boolean selfCheck,
    int compressionLevel,
    int packBytes,
    int packsInFlight,
    int bytesInFlight,
    int packsPerIndex,
    int frameCacheBytes) {
  /** Two workers or as many as there are cores, self-check on, packs of 32 MiB. */
  public static final EngineSettings DEFAULT =
      new EngineSettings(
          Math.max(2, Runtime.getRuntime().availableProcessors()),
          true,
          3,
          32 << 20,
          2,
          16 << 20,
          64,
          32 << 20);

  public EngineSettings {
    if (workers < 1 || packsInFlight < 1 || packsPerIndex < 1) {
      throw new IllegalArgumentException("workers, packs in flight, packs an index: at least 1");
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

  public EngineSettings withSelfCheck(boolean check) {
    return new EngineSettings(
        workers,
        check,
        compressionLevel,
        packBytes,
        packsInFlight,
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
        packsInFlight,
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
        packsInFlight,
        bytesInFlight,
        packs,
        frameCacheBytes);
  }
}
