package dev.lifeboat.vault.pack;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkHasher;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.SecretBytes;
import java.util.Arrays;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

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
   * @return the raw bytes, {@code null} if anything is not as it was
   */
  public byte @Nullable [] open(
      FrameCodec codec,
      ChunkHasher hasher,
      int frame,
      FrameEntry entry,
      byte[] sealed,
      int offset) {
    byte[] raw = new byte[entry.rawBytes()];
    if (!codec.open(
        key, headerHash, frame, entry.codec(), sealed, offset, entry.sealedBytes(), raw)) {
      return null;
    }
    int at = 0;
    for (int i = 0; i < entry.chunks(); i++) {
      int length = entry.chunkBytes()[i];
      if (!hasher.hash(raw, at, length).equals(entry.id(i))) {
        return null;
      }
      at += length;
    }
    return raw;
  }

  @Override
  public String toString() {
    return "PackKey[of the pack with header %s, redacted]".formatted(Arrays.hashCode(headerHash));
  }
}
