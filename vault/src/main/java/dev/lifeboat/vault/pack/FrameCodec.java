package dev.lifeboat.vault.pack;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.lifeboat.vault.seal.Aead;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;

/**
 * Compresses and seals frames, and the way back. Holds contexts and buffers that are used again and
 * again, and is therefore not safe for use by many threads: one for each. Closing frees memory
 * outside the heap.
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
  private final ZstdDecompressCtx decompressor = new ZstdDecompressCtx();
  private final Cipher sealing = newCipher();
  private final Cipher opening = newCipher();
  private final byte[] sample = new byte[(int) Zstd.compressBound(SAMPLE_BYTES)];
  private byte[] compressed = new byte[0];
  private byte[] opened = new byte[0];
  private byte[] decompressed = new byte[0];

  public FrameCodec(int compressionLevel) {
    compressor = new ZstdCompressCtx().setLevel(compressionLevel).setContentSize(true);
  }

  private static Cipher newCipher() {
    try {
      return Cipher.getInstance("AES/GCM/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks AES-256-GCM", e);
    }
  }

  /**
   * Compresses into {@link #compressed()}.
   *
   * @return the compressed length, less than {@code length}; −1 if it is not worth it
   */
  public int compress(byte[] raw, int offset, int length) {
    if (length >= SAMPLED_FROM_BYTES && !worthwhile(raw, offset, length)) {
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

  /** Three samples that all do not shrink speak for the whole. */
  private boolean worthwhile(byte[] raw, int offset, int length) {
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
      sealing.init(Cipher.ENCRYPT_MODE, key, parameters(frame));
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
    int stored = open(key, headerHash, frame, sealed, offset, length);
    if (codec == RAW) {
      return stored == rawLength
          && Arrays.equals(opened, 0, stored, raw, rawOffset, rawOffset + rawLength);
    }
    if (decompressed.length < rawLength) {
      decompressed = new byte[rawLength];
    }
    return stored >= 0
        && decompress(stored, decompressed, rawLength)
        && Arrays.equals(decompressed, 0, rawLength, raw, rawOffset, rawOffset + rawLength);
  }

  /**
   * Opens a frame into {@code raw}, which has exactly the length that the directory says.
   *
   * @return {@code false} if the bytes are not what was sealed, or become more or less than {@code
   *     raw} when decompressed
   */
  boolean open(
      Key key,
      byte[] headerHash,
      int frame,
      int codec,
      byte[] sealed,
      int offset,
      int length,
      byte[] raw) {
    int stored = open(key, headerHash, frame, sealed, offset, length);
    if (stored < 0) {
      return false;
    }
    if (codec == RAW) {
      if (stored != raw.length) {
        return false;
      }
      System.arraycopy(opened, 0, raw, 0, stored);
      return true;
    }
    return decompress(stored, raw, raw.length);
  }

  /** Decrypts into {@link #opened}; −1 if the tag is wrong. */
  private int open(Key key, byte[] headerHash, int frame, byte[] sealed, int offset, int length) {
    if (opened.length < length) {
      opened = new byte[length];
    }
    try {
      opening.init(Cipher.DECRYPT_MODE, key, parameters(frame));
      opening.updateAAD(headerHash);
      return opening.doFinal(sealed, offset, length, opened, 0);
    } catch (AEADBadTagException e) {
      return -1;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("opening cannot fail otherwise", e);
    }
  }

  private boolean decompress(int stored, byte[] raw, int rawLength) {
    try {
      return decompressor.decompressByteArray(raw, 0, rawLength, opened, 0, stored) == rawLength;
    } catch (ZstdException e) {
      return false;
    }
  }

  private static GCMParameterSpec parameters(int frame) {
    byte[] nonce = ByteBuffer.allocate(12).putInt(8, frame).array();
    return new GCMParameterSpec(8 * Aead.TAG_BYTES, nonce);
  }

  @Override
  public void close() {
    compressor.close();
    decompressor.close();
  }
}
