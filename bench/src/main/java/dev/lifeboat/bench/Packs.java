package dev.lifeboat.bench;

import dev.lifeboat.vault.chunk.ChunkHasher;
import dev.lifeboat.vault.pack.FrameCodec;
import dev.lifeboat.vault.pack.PackBuilder;
import dev.lifeboat.vault.seal.TenantKeys;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.VaultId;
import java.security.SecureRandom;

/** A tenant whose packs are filled with frames of one chunk each. */
final class Packs {
  static final int PACK_BYTES = 32 << 20;

  final SecureRandom random = new SecureRandom();
  final TenantReadKeys tenant = TenantKeys.create(new TenantName("bench"), random);
  final VaultId vault = VaultId.random(random);
  final ChunkHasher hasher = new ChunkHasher(tenant.write().chunkIdKey());
  final FrameCodec codec = new FrameCodec(3);
  final byte[] buffer = new byte[PackBuilder.bufferBytes(PACK_BYTES)];

  PackBuilder begin() {
    return new PackBuilder(vault, tenant.write(), random, buffer, PACK_BYTES);
  }

  /**
   * Compresses and seals one frame.
   *
   * @return whether there was room for it
   */
  boolean add(PackBuilder pack, byte[] raw, int at, int length, byte[] id, boolean check) {
    int size = codec.compress(raw, at, length);
    return seal(pack, raw, at, length, id, size, check);
  }

  /** Seals what was compressed to {@code size} bytes, −1 if it was not. */
  boolean seal(
      PackBuilder pack, byte[] raw, int at, int length, byte[] id, int size, boolean check) {
    boolean compressed = size >= 0;
    PackBuilder.Slot slot =
        pack.reserve(
            compressed ? size : length,
            length,
            compressed ? FrameCodec.ZSTD : FrameCodec.RAW,
            new int[] {length},
            id);
    if (slot == null) {
      return false;
    }
    pack.seal(
        slot,
        codec,
        compressed ? codec.compressed() : raw,
        compressed ? 0 : at,
        compressed ? size : length,
        compressed,
        raw,
        at,
        length,
        check);
    return true;
  }
}
