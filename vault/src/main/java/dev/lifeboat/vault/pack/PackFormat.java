package dev.lifeboat.vault.pack;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborReader;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.seal.Aead;
import dev.lifeboat.vault.seal.Hpke;
import dev.lifeboat.vault.seal.Kdf;
import dev.lifeboat.vault.seal.Prologue;
import dev.lifeboat.vault.seal.SecretBytes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Where the parts of a pack lie, and how header and footer are sealed; see docs/format.md. */
public final class PackFormat {
  /** Length of prologue and sealed pack key. */
  public static final int HEADER_BYTES = Prologue.BYTES + Hpke.OVERHEAD_BYTES + SecretBytes.BYTES;

  /** Length of what follows the footer: its length and {@code LFBE}. */
  public static final int TRAILER_BYTES = 8;

  private static final String KEY_LABEL = "lifeboat v1 pack";
  private static final String FOOTER_LABEL = "lifeboat v1 footer";
  private static final byte[] END = "LFBE".getBytes(StandardCharsets.US_ASCII);

  private PackFormat() {}

  static byte[] sealHeader(Prologue prologue, byte[] publicKey, SecretBytes packKey) {
    byte[] sealed =
        Hpke.seal(publicKey, prologue.info(KEY_LABEL, new byte[0]), packKey.exposeSecret());
    return ByteBuffer.allocate(HEADER_BYTES).put(prologue.toBytes()).put(sealed).array();
  }

  /**
   * The pack key out of a header.
   *
   * @throws VaultException.KeyUnavailable if the private key or a byte of the header is wrong
   */
  static SecretBytes openHeader(Prologue prologue, byte[] header, SecretBytes privateKey) {
    byte[] sealed = Arrays.copyOfRange(header, Prologue.BYTES, HEADER_BYTES);
    byte[] key = Hpke.open(privateKey, prologue.info(KEY_LABEL, new byte[0]), sealed);
    try {
      if (key.length != SecretBytes.BYTES) {
        throw new VaultException.KeyUnavailable("a pack key has 32 bytes, not " + key.length);
      }
      return SecretBytes.copyOf(key);
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  /** H: binds every frame and the footer to the header. */
  public static byte[] headerHash(byte[] header) {
    return sha256(header, 0, HEADER_BYTES);
  }

  static byte[] sealFooter(byte[] indexKey, byte[] headerHash, byte[] directory) {
    return Aead.sealOnce(footerKey(indexKey, headerHash), headerHash, directory);
  }

  /**
   * How long the sealed footer is, by the last {@link #TRAILER_BYTES} of a pack.
   *
   * @return −1 if these cannot be the end of a pack of that length
   */
  public static int footerBytes(byte[] tail, long packBytes) {
    if (tail.length < TRAILER_BYTES
        || !Arrays.equals(tail, tail.length - END.length, tail.length, END, 0, END.length)) {
      return -1;
    }
    int length = ByteBuffer.wrap(tail).getInt(tail.length - TRAILER_BYTES);
    return length < Aead.TAG_BYTES || length > packBytes - HEADER_BYTES - TRAILER_BYTES
        ? -1
        : length;
  }

  /**
   * Opens a footer.
   *
   * @param bytes holds the sealed footer from {@code offset}, {@code length} bytes long
   * @param packBytes length of the pack, which must be what the directory says
   * @return {@code null} if header or footer are not as they were, or the key is another one
   * @throws VaultException.Damaged if it opens and makes no sense
   */
  public static @Nullable PackDirectory openFooter(
      PackId pack,
      byte[] indexKey,
      byte[] headerHash,
      byte[] bytes,
      int offset,
      int length,
      long packBytes) {
    byte[] opened = Aead.open(footerKey(indexKey, headerHash), headerHash, bytes, offset, length);
    if (opened == null) {
      return null;
    }
    String what = "the footer of pack " + pack;
    CborReader in = new CborReader(what, opened);
    PackDirectory directory = PackDirectory.decode(in);
    in.end();
    long expected = directory.offset(directory.frames().size()) + length + TRAILER_BYTES;
    if (expected != packBytes) {
      throw new VaultException.Damaged(
          "%s tells of %d bytes; the pack has %d".formatted(what, expected, packBytes));
    }
    return directory;
  }

  static byte[] encode(PackDirectory directory) {
    CborWriter out = new CborWriter(4096);
    directory.encode(out);
    return out.toBytes();
  }

  static byte[] trailer(int footerBytes) {
    return ByteBuffer.allocate(TRAILER_BYTES).putInt(footerBytes).put(END).array();
  }

  static byte[] sha256(byte[] bytes, int offset, int length) {
    MessageDigest digest = Digest.sha256();
    digest.update(bytes, offset, length);
    return digest.digest();
  }

  private static byte[] footerKey(byte[] indexKey, byte[] headerHash) {
    return Kdf.derive(indexKey, headerHash, FOOTER_LABEL, 32);
  }
}
