package dev.lifeboat.vault.pack;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkHasher;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.SecretBytes;
import java.util.Arrays;
import javax.crypto.spec.SecretKeySpec;

/** The opened header of a pack: what its frames are opened with. Safe for use by many threads. */
public final class PackKey {
  private final SecretKeySpec key;
  private final byte[] headerHash;

  private PackKey(SecretKeySpec key, byte[] headerHash) {
    this.key = key;
    this.headerHash = headerHash;
  }

  /**
   * Opens a header.
   *
   * @param header the first {@link PackFormat#HEADER_BYTES} of the pack
   * @throws VaultException.KeyUnavailable if the private key or a byte of the header is wrong
   */
  public static PackKey open(Prologue prologue, byte[] header, SecretBytes privateKey) {
    try (SecretBytes packKey = PackFormat.openHeader(prologue, header, privateKey)) {
      return new PackKey(
          new SecretKeySpec(packKey.exposeSecret(), "AES"), PackFormat.headerHash(header));
    }
  }

  /**
   * Opens a frame and compares each chunk with its id.
   *
   * @param sealed holds the frame from {@code offset}
   * @param raw gets the raw bytes from {@code rawOffset}; another array than {@code sealed}
   * @return {@code false} if anything is not as it was; what {@code raw} holds is then of no use
   */
  public boolean open(
      FrameOpener opener,
      ChunkHasher hasher,
      int frame,
      FrameEntry entry,
      byte[] sealed,
      int offset,
      byte[] raw,
      int rawOffset) {
    return decrypt(opener, frame, entry, sealed, offset, raw, rawOffset)
        && isSound(hasher, entry, raw, rawOffset);
  }

  /**
   * Opens a frame without a look at its chunks: what it holds is what was sealed.
   *
   * @param sealed holds the frame from {@code offset}
   * @param raw gets the raw bytes from {@code rawOffset}; another array than {@code sealed}
   * @return {@code false} if anything is not as it was; what {@code raw} holds is then of no use
   */
  public boolean decrypt(
      FrameOpener opener,
      int frame,
      FrameEntry entry,
      byte[] sealed,
      int offset,
      byte[] raw,
      int rawOffset) {
    return opener.open(
        key,
        headerHash,
        frame,
        entry.codec(),
        sealed,
        offset,
        entry.sealedBytes(),
        raw,
        rawOffset,
        entry.rawBytes());
  }

  /** Whether every chunk of an opened frame has the id that its directory says. */
  public static boolean isSound(ChunkHasher hasher, FrameEntry entry, byte[] raw, int rawOffset) {
    int at = rawOffset;
    for (int i = 0; i < entry.chunks(); i++) {
      int length = entry.chunkBytes()[i];
      if (!hasher.names(raw, at, length, entry.ids(), i * entry.idBytes(), entry.idBytes())) {
        return false;
      }
      at += length;
    }
    return true;
  }

  @Override
  public String toString() {
    return "PackKey[of the pack with header %s, redacted]".formatted(Arrays.hashCode(headerHash));
  }
}
