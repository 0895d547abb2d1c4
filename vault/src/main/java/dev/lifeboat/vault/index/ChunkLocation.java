package dev.lifeboat.vault.index;

import dev.lifeboat.vault.pack.PackId;

/**
 * Where a chunk lies.
 *
 * @param frame number of the frame in the pack, from 0
 * @param offset of the chunk in the decompressed frame
 * @param bytes length of the chunk
 */
public record ChunkLocation(PackId pack, int frame, int offset, int bytes) {}
