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

/**
 * What one thread at a time works with: hash, contexts, buffers, and the frame that collects small
 * chunks. Lanes are few and used again, so nothing is allocated for a chunk but its id.
 */
final class Lane implements AutoCloseable {
  /** A chunk of this length has a frame of its own. */
  static final int OWN_FRAME_BYTES = 256 << 10;

  /** Raw length at which a collected frame is closed. */
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
  private final byte[] group = new byte[GROUP_BYTES + OWN_FRAME_BYTES];
  private int[] groupLengths = new int[64];
  private byte[] groupIds = new byte[64 * Digest.BYTES];
  private int groupBytes;
  private int groupChunks;

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
    if (length >= OWN_FRAME_BYTES) {
      pipeline.frame(codec, bytes, offset, length, new int[] {length}, id.value().toBytes());
      return;
    }
    if (groupChunks == groupLengths.length) {
      groupLengths = Arrays.copyOf(groupLengths, 2 * groupChunks);
      groupIds = Arrays.copyOf(groupIds, 2 * groupIds.length);
    }
    System.arraycopy(bytes, offset, group, groupBytes, length);
    id.value().write(groupIds, groupChunks * Digest.BYTES);
    groupLengths[groupChunks++] = length;
    groupBytes += length;
    if (groupBytes >= GROUP_BYTES || groupChunks == PackBuilder.MAX_CHUNKS) {
      flush();
    }
  }

  /** Packs what was collected. */
  void flush() {
    if (groupChunks > 0) {
      int[] lengths = Arrays.copyOf(groupLengths, groupChunks);
      byte[] ids = Arrays.copyOf(groupIds, groupChunks * Digest.BYTES);
      int bytes = groupBytes;
      groupChunks = 0;
      groupBytes = 0;
      pipeline.frame(codec, group, 0, bytes, lengths, ids);
    }
  }

  @Override
  public void close() {
    codec.close();
  }
}
