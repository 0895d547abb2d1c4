package dev.lifeboat.vault.pack;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.lifeboat.vault.seal.Aead;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.Key;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;

/**
 * Opens and decompresses frames. Holds a context and a buffer that are used again and again, and is
 * therefore not safe for use by many threads: one for each. Closing frees memory outside the heap.
 */
public final class FrameOpener implements AutoCloseable {
  private final ZstdDecompressCtx decompressor = new ZstdDecompressCtx();
  private final Cipher cipher = newCipher();
  private byte[] stored = new byte[0];

  /** The cipher of frames, for either direction. */
  static Cipher newCipher() {
    try {
      return Cipher.getInstance("AES/GCM/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks AES-256-GCM", e);
    }
  }

  /**
   * Opens a frame into {@code rawBytes} bytes of {@code raw} from {@code rawOffset}, as many as the
   * directory says it has.
   *
   * @param sealed holds the frame from {@code offset}, {@code length} bytes with the tag; another
   *     array than {@code raw}
   * @return {@code false} if the bytes are not what was sealed, or become more or less than {@code
   *     rawBytes} when decompressed; what {@code raw} holds is then of no use
   */
  boolean open(
      Key key,
      byte[] headerHash,
      int frame,
      int codec,
      byte[] sealed,
      int offset,
      int length,
      byte[] raw,
      int rawOffset,
      int rawBytes) {
    if (codec == FrameCodec.RAW) {
      return length == rawBytes + Aead.TAG_BYTES
          && decrypt(key, headerHash, frame, sealed, offset, length, raw, rawOffset);
    }
    if (stored.length < length) {
      stored = new byte[length];
    }
    return decrypt(key, headerHash, frame, sealed, offset, length, stored, 0)
        && decompress(length - Aead.TAG_BYTES, raw, rawOffset, rawBytes);
  }

  /**
   * Decrypts in one call: the JDK's GCM keeps back everything it is given to decrypt until it has
   * seen the tag, so that feeding it piece by piece only makes copies. For the same reason source
   * and target are different arrays.
   */
  private boolean decrypt(
      Key key,
      byte[] headerHash,
      int frame,
      byte[] sealed,
      int offset,
      int length,
      byte[] into,
      int at) {
    try {
      cipher.init(Cipher.DECRYPT_MODE, key, parameters(frame));
      cipher.updateAAD(headerHash);
      return cipher.doFinal(sealed, offset, length, into, at) == length - Aead.TAG_BYTES;
    } catch (AEADBadTagException e) {
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("opening cannot fail otherwise", e);
    }
  }

  private boolean decompress(int length, byte[] raw, int rawOffset, int rawBytes) {
    try {
      return decompressor.decompressByteArray(raw, rawOffset, rawBytes, stored, 0, length)
          == rawBytes;
    } catch (ZstdException e) {
      return false;
    }
  }

  /** Nonce and tag length of a frame. */
  static GCMParameterSpec parameters(int frame) {
    byte[] nonce = ByteBuffer.allocate(12).putInt(8, frame).array();
    return new GCMParameterSpec(8 * Aead.TAG_BYTES, nonce);
  }

  @Override
  public void close() {
    decompressor.close();
  }
}
