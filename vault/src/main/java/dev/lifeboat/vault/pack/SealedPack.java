package dev.lifeboat.vault.pack;

import java.nio.ByteBuffer;

/**
 * A pack ready to be stored.
 *
 * @param bytes all of it; shares its memory with the builder's buffer
 * @param encodedDirectory its directory in CBOR, for an index object; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // handed from one thread to the next, compared by nobody
public record SealedPack(PackId id, ByteBuffer bytes, int frames, byte[] encodedDirectory) {}
