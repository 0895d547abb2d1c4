package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.chunk.ChunkHasher;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.chunk.Chunker;
import dev.lifeboat.vault.chunk.Gear;
import dev.lifeboat.vault.pack.FrameCodec;
import dev.lifeboat.vault.pack.PackBuilder;
import dev.lifeboat.vault.seal.SecretBytes;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What one thread at a time works with: hash, contexts, buffers, and the frames that collect
 * chunks: small ones, and larger ones that shrink, which shrink further together. Lanes are few and
 * used again, so nothing is allocated for a chunk but its id.
 */
final class Lane implements AutoCloseable {
  /**
   * A chunk of this length has a frame of its own, or shares it with chunks of such lengths only,
   * so that a small file never costs the decoding of a large frame.
   */
  static final int OWN_FRAME_BYTES = 256 << 10;

  /** Raw length at which a frame of small chunks is closed. */
  static final int GROUP_BYTES = 512 << 10;

  /** So much is read at a time. */
  static final int READ_BYTES = 256 << 10;

  static final int WINDOW_BYTES = Chunker.MAX_BYTES + READ_BYTES;

  private final KnownChunks known;
  private final ClaimedChunks claimed;
  private final PackPipeline pipeline;
  private final Failure failure;
  private final ChunkHasher hasher;
  private final FrameCodec codec;
  private final Chunker chunker;
  private final Group small = new Group(GROUP_BYTES + OWN_FRAME_BYTES, GROUP_BYTES);
  private @Nullable Group large;

  /** Bytes of a stream being cut; handed to a worker and replaced when a chunk is found. */
  byte[] window = new byte[0];

  /** Keeps what was read behind a chunk while the window is handed over. */
  final byte[] tail = new byte[READ_BYTES];

  Lane(
      SecretBytes chunkIdKey,
      Gear gear,
      EngineSettings settings,
      KnownChunks known,
      ClaimedChunks claimed,
      PackPipeline pipeline,
      Failure failure) {
    this.known = known;
    this.claimed = claimed;
    this.pipeline = pipeline;
    this.failure = failure;
    this.hasher = new ChunkHasher(chunkIdKey);
    this.codec = new FrameCodec(settings.compressionLevel());
    this.chunker = new Chunker(gear);
  }

  /** For the stream that this lane cuts now. */
  Chunker chunker() {
    return chunker;
  }

  /** Names a chunk and, if it is new, packs it. Nothing keeps the array. */
  ChunkId put(byte[] bytes, int offset, int length) {
    try {
      ChunkId id = hasher.hash(bytes, offset, length);
      if (!known.refer(id) && claimed.claim(id)) {
        pack(id, bytes, offset, length);
      }
      return id;
    } catch (RuntimeException | Error e) {
      // A claimed chunk that is in no pack would be taken for stored.
      failure.set(e);
      throw e;
    }
  }

  private void pack(ChunkId id, byte[] bytes, int offset, int length) {
    if (length < OWN_FRAME_BYTES) {
      small.add(id, bytes, offset, length);
    } else if (codec.shrinks(bytes, offset, length)) {
      Group together = large;
      if (together == null) {
        together = new Group(PackBuilder.MAX_RAW_BYTES, PackBuilder.MAX_RAW_BYTES);
        large = together;
      }
      together.add(id, bytes, offset, length);
    } else {
      pipeline.frame(codec, bytes, offset, length, new int[] {length}, id.value().toBytes());
    }
  }

  /** Packs what was collected. */
  void flush() {
    small.flush();
    Group together = large;
    if (together != null) {
      together.flush();
    }
  }

  /** Chunks that become one frame. */
  private final class Group {
    private final byte[] raw;
    private final int fullBytes;
    private int[] lengths = new int[16];
    private byte[] ids = new byte[16 * Digest.BYTES];
    private int bytes;
    private int chunks;

    /**
     * @param mostBytes no frame has more
     * @param fullBytes raw length from which on a frame is closed
     */
    private Group(int mostBytes, int fullBytes) {
      this.raw = new byte[mostBytes];
      this.fullBytes = fullBytes;
    }

    private void add(ChunkId id, byte[] chunk, int offset, int length) {
      if (length > raw.length - bytes) {
        flush();
      }
      if (chunks == lengths.length) {
        lengths = Arrays.copyOf(lengths, 2 * chunks);
        ids = Arrays.copyOf(ids, 2 * ids.length);
      }
      System.arraycopy(chunk, offset, raw, bytes, length);
      id.value().write(ids, chunks * Digest.BYTES);
      lengths[chunks++] = length;
      bytes += length;
      if (bytes >= fullBytes || chunks == PackBuilder.MAX_CHUNKS) {
        flush();
      }
    }

    private void flush() {
      if (chunks > 0) {
        int[] of = Arrays.copyOf(lengths, chunks);
        byte[] names = Arrays.copyOf(ids, chunks * Digest.BYTES);
        int length = bytes;
        chunks = 0;
        bytes = 0;
        pipeline.frame(codec, raw, 0, length, of, names);
      }
    }
  }

  @Override
  public void close() {
    codec.close();
  }
}
