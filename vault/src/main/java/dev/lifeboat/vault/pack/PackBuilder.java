package dev.lifeboat.vault.pack;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.seal.Aead;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.SecretBytes;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultId;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A pack being filled. Frames are numbered and get their place one after another, by {@link
 * #reserve}, and are then sealed by as many threads as like, each into its own place: a number is
 * given out once, so no nonce is ever used twice under the pack's key.
 */
public final class PackBuilder {
  /** No more chunks go into one frame, so that its directory entry stays small. */
  public static final int MAX_CHUNKS = 8192;

  /** Largest raw length of a frame. */
  public static final int MAX_RAW_BYTES = 2 << 20;

  private static final int ENTRY_BYTES = 32;
  private static final int CHUNK_ENTRY_BYTES = Digest.BYTES + 5;

  private final byte[] buffer;
  private final int targetBytes;
  private final byte[] headerHash;
  private final byte[] indexKey;
  private final SecretKeySpec key;
  private final List<FrameEntry> frames = new ArrayList<>();
  private int at = PackFormat.HEADER_BYTES;
  private int footerBound = ENTRY_BYTES + Aead.TAG_BYTES + PackFormat.TRAILER_BYTES;

  /** A place in the pack for one frame. */
  public record Slot(int frame, int offset) {}

  /**
   * Begins a pack with a fresh key.
   *
   * @param buffer holds the pack; at least {@link #bufferBytes}. It belongs to the builder until
   *     the sealed pack is stored
   * @param targetBytes length at which the pack counts as full
   */
  public PackBuilder(
      VaultId vault, TenantWriteKeys keys, SecureRandom random, byte[] buffer, int targetBytes) {
    if (buffer.length < bufferBytes(targetBytes)) {
      throw new IllegalArgumentException("a buffer of %d bytes".formatted(buffer.length));
    }
    this.buffer = buffer;
    this.targetBytes = targetBytes;
    this.indexKey = keys.indexKey().exposeSecret().clone();
    Prologue prologue = new Prologue(Prologue.Kind.PACK, vault, keys.id(), keys.generation());
    try (SecretBytes packKey = SecretBytes.random(random)) {
      key = new SecretKeySpec(packKey.exposeSecret(), "AES");
      byte[] header = PackFormat.sealHeader(prologue, keys.publicKey(), packKey);
      System.arraycopy(header, 0, buffer, 0, header.length);
      headerHash = PackFormat.headerHash(header);
    }
  }

  /** How long a buffer must be for packs of that target. */
  public static int bufferBytes(int targetBytes) {
    int smallest =
        PackFormat.HEADER_BYTES
            + MAX_RAW_BYTES
            + 2 * ENTRY_BYTES
            + MAX_CHUNKS * CHUNK_ENTRY_BYTES
            + 2 * Aead.TAG_BYTES
            + PackFormat.TRAILER_BYTES;
    return Math.max(smallest, targetBytes);
  }

  /**
   * Numbers and places a frame. Not safe for use by many threads at once.
   *
   * @param storedBytes compressed, or raw with {@link FrameCodec#RAW}
   * @param chunkBytes length of each chunk; not copied
   * @param ids of the chunks; not copied
   * @return {@code null} if the pack has no room for it
   */
  public @Nullable Slot reserve(
      int storedBytes, int rawBytes, int codec, int[] chunkBytes, byte[] ids) {
    if (rawBytes > MAX_RAW_BYTES || chunkBytes.length > MAX_CHUNKS) {
      throw new IllegalArgumentException(
          "a frame of %d bytes in %d chunks".formatted(rawBytes, chunkBytes.length));
    }
    int sealed = storedBytes + Aead.TAG_BYTES;
    int entry = ENTRY_BYTES + chunkBytes.length * CHUNK_ENTRY_BYTES;
    if (sealed + entry > buffer.length - at - footerBound) {
      return null;
    }
    Slot slot = new Slot(frames.size(), at);
    frames.add(new FrameEntry(sealed, rawBytes, codec, chunkBytes, ids));
    at += sealed;
    footerBound += entry;
    return slot;
  }

  /** Whether the pack has reached its target. */
  public boolean isFull() {
    return at + footerBound >= targetBytes;
  }

  /**
   * Seals a frame into its place. Many threads may do this at once, each for its own slot.
   *
   * @param check whether to open it again and compare
   * @throws IllegalStateException if what was sealed does not open to what went in: memory or
   *     processor are broken
   */
  public void seal(
      Slot slot,
      FrameCodec codec,
      byte[] stored,
      int storedOffset,
      int storedBytes,
      boolean compressed,
      byte[] raw,
      int rawOffset,
      int rawBytes,
      boolean check) {
    codec.seal(
        key, headerHash, slot.frame(), stored, storedOffset, storedBytes, buffer, slot.offset());
    if (check
        && !codec.yields(
            key,
            headerHash,
            slot.frame(),
            compressed ? FrameCodec.ZSTD : FrameCodec.RAW,
            buffer,
            slot.offset(),
            storedBytes + Aead.TAG_BYTES,
            raw,
            rawOffset,
            rawBytes)) {
      throw new IllegalStateException(
          "a frame did not open to what was sealed: test this machine's memory before anything else");
    }
  }

  /** Closes the pack, when all of its frames are sealed. */
  public SealedPack finish() {
    byte[] directory = PackFormat.encode(new PackDirectory(frames));
    byte[] footer = PackFormat.sealFooter(indexKey, headerHash, directory);
    Arrays.fill(indexKey, (byte) 0);
    byte[] trailer = PackFormat.trailer(footer.length);
    System.arraycopy(footer, 0, buffer, at, footer.length);
    System.arraycopy(trailer, 0, buffer, at + footer.length, trailer.length);
    int length = at + footer.length + trailer.length;
    PackId id = new PackId(Digest.read(PackFormat.sha256(buffer, 0, length), 0));
    return new SealedPack(id, ByteBuffer.wrap(buffer, 0, length), frames.size(), directory);
  }
}
