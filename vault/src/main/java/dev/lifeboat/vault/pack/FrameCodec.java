package dev.lifeboat.vault.pack;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import dev.lifeboat.vault.seal.Aead;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.util.Arrays;
import javax.crypto.Cipher;

/**
 * Compresses and seals frames, and checks that they open again. Holds contexts and buffers that are
 * used again and again, and is therefore not safe for use by many threads: one for each. Closing
 * frees memory outside the heap.
 */
public final class FrameCodec implements AutoCloseable {
  /** The stored bytes are the raw bytes. */
  public static final int RAW = 0;

  /** The stored bytes are one Zstandard frame. */
  public static final int ZSTD = 1;

  /**
   * The JDK's GCM is compiled after so many calls, not after so many bytes: small pieces reach full
   * speed sixty times earlier than whole frames would.
   */
  private static final int PIECE_BYTES = 16 << 10;

  private static final int SAMPLE_BYTES = 4 << 10;
  private static final int SAMPLED_FROM_BYTES = 64 << 10;

  private final ZstdCompressCtx compressor;
  private final FrameOpener opener = new FrameOpener();
  private final Cipher sealing = FrameOpener.newCipher();
  private final byte[] sample = new byte[(int) Zstd.compressBound(SAMPLE_BYTES)];
  private byte[] compressed = new byte[0];
  private byte[] opened = new byte[0];

  public FrameCodec(int compressionLevel) {
    compressor = new ZstdCompressCtx().setLevel(compressionLevel).setContentSize(true);
  }

  /**
   * Compresses into {@link #compressed()}.
   *
   * @return the compressed length, less than {@code length}; −1 if it is not worth it
   */
  public int compress(byte[] raw, int offset, int length) {
    if (!shrinks(raw, offset, length)) {
      return -1;
    }
    int bound = (int) Zstd.compressBound(length);
    if (compressed.length < bound) {
      compressed = new byte[bound];
    }
    int size = compressor.compressByteArray(compressed, 0, bound, raw, offset, length);
    return size < length - (length >> 5) && size < length ? size : -1;
  }

  /** What {@link #compress} made, until it is called again. */
  public byte[] compressed() {
    return compressed;
  }

  /** Whether it is worth trying: three samples that all do not shrink speak for the whole. */
  public boolean shrinks(byte[] raw, int offset, int length) {
    if (length < SAMPLED_FROM_BYTES) {
      return true;
    }
    int total = 0;
    int step = (length - SAMPLE_BYTES) / 2;
    for (int i = 0; i < 3; i++) {
      total +=
          compressor.compressByteArray(
              sample, 0, sample.length, raw, offset + i * step, SAMPLE_BYTES);
    }
    return total < 3 * (SAMPLE_BYTES - (SAMPLE_BYTES >> 5));
  }

  /**
   * Seals stored bytes as frame {@code frame} of a pack. The caller never seals two under one
   * number of one key.
   *
   * @param out gets {@code length} and {@link Aead#TAG_BYTES} bytes from {@code outOffset}
   */
  void seal(
      Key key,
      byte[] headerHash,
      int frame,
      byte[] stored,
      int offset,
      int length,
      byte[] out,
      int outOffset) {
    try {
      sealing.init(Cipher.ENCRYPT_MODE, key, FrameOpener.parameters(frame));
      sealing.updateAAD(headerHash);
      int written = outOffset;
      int at = offset;
      int end = offset + length;
      for (; end - at > PIECE_BYTES; at += PIECE_BYTES) {
        written += sealing.update(stored, at, PIECE_BYTES, out, written);
      }
      written += sealing.doFinal(stored, at, end - at, out, written);
      if (written - outOffset != length + Aead.TAG_BYTES) {
        throw new IllegalStateException("the cipher wrote " + (written - outOffset) + " bytes");
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("sealing cannot fail", e);
    }
  }

  /**
   * Opens a frame, decompresses it, and compares the result with the raw bytes it was made from.
   *
   * @return whether it is the same
   */
  boolean yields(
      Key key,
      byte[] headerHash,
      int frame,
      int codec,
      byte[] sealed,
      int offset,
      int length,
      byte[] raw,
      int rawOffset,
      int rawLength) {
    if (opened.length < rawLength) {
      opened = new byte[rawLength];
    }
    return opener.open(key, headerHash, frame, codec, sealed, offset, length, opened, 0, rawLength)
        && Arrays.equals(opened, 0, rawLength, raw, rawOffset, rawOffset + rawLength);
  }

  @Override
  public void close() {
    compressor.close();
    opener.close();
  }
}
