package dev.lifeboat.sources.directory;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.tree.Bytes;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * A hash of a file that does not depend on where the file system keeps holes: SHA-256 of every
 * aligned block of 4,096 bytes that is not all zeros, each preceded by its offset (8 bytes), the
 * last one filled up with zeros; then the length of the file (8 bytes).
 */
final class SparseDigest {
  private static final int BLOCK_BYTES = 4096;
  private static final byte[] ZEROS = new byte[BLOCK_BYTES];

  private final MessageDigest sha = Digest.sha256();
  private final byte[] block = new byte[BLOCK_BYTES];
  private long blockOffset = -1;

  /** Data of the file, in ascending order. */
  void update(long offset, byte[] bytes, int from, int length) {
    int done = 0;
    while (done < length) {
      long at = offset + done;
      long start = at - Math.floorMod(at, BLOCK_BYTES);
      if (start != blockOffset) {
        flush();
        blockOffset = start;
      }
      int into = (int) (at - start);
      int part = Math.min(length - done, BLOCK_BYTES - into);
      System.arraycopy(bytes, from + done, block, into, part);
      done += part;
    }
  }

  private void flush() {
    if (blockOffset >= 0 && !Arrays.equals(block, ZEROS)) {
      sha.update(ByteBuffer.allocate(Long.BYTES).putLong(0, blockOffset));
      sha.update(block);
      Arrays.fill(block, (byte) 0);
    }
  }

  Bytes finish(long fileBytes) {
    flush();
    sha.update(ByteBuffer.allocate(Long.BYTES).putLong(0, fileBytes));
    return Bytes.of(sha.digest());
  }
}
