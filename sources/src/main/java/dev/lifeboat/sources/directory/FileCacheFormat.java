package dev.lifeboat.sources.directory;

import dev.lifeboat.vault.Digest;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The file cache: what the last capture learned about files, so that unchanged ones need not be
 * read.
 *
 * <pre>
 * header   "LFBCACHE", version (4), SHA-256 of the root's path (32),
 *          when the capture began by the file system's clock: seconds (8), nanoseconds (4)
 * blocks   length (4), whether the next block continues it (1), whether a record of the directory
 *          follows (1), the record, number of entries (4), entries,
 *          first 8 bytes of SHA-256(directory key, all before)
 * accounts number of users (4), each: number (8), name; the same of groups
 * index    directory key (16), offset of its first block (8); sorted by key
 * trailer  offset of the accounts (8), offset of the index (8), its entries (8), number of files (8),
 *          SHA-256 of header, accounts, index and these four numbers
 * </pre>
 *
 * A directory's key hashes the names from the root down. Blocks hold at most {@link #BLOCK_ENTRIES}
 * files, so that neither writing nor reading needs a huge directory in memory at once. The names of
 * the accounts are part of what the records of directories stand for: they hold only as long as
 * every number still has its name.
 */
final class FileCacheFormat {
  static final byte[] MAGIC = {'L', 'F', 'B', 'C', 'A', 'C', 'H', 'E'};
  static final int VERSION = 2;
  static final int HEADER_BYTES = 8 + 4 + 32 + 8 + 4;
  static final int KEY_BYTES = 16;
  static final int INDEX_ENTRY_BYTES = KEY_BYTES + 8;
  static final int TRAILER_NUMBERS = 4 * 8;
  static final int TRAILER_BYTES = TRAILER_NUMBERS + 32;
  static final int SUM_BYTES = 8;
  static final int BLOCK_ENTRIES = 2048;
  static final String FILE_NAME = "files.cache";

  private FileCacheFormat() {}

  static byte[] rootKey() {
    return new byte[KEY_BYTES];
  }

  static byte[] key(byte[] parent, byte[] name) {
    MessageDigest sha = Digest.sha256();
    sha.update(parent);
    return Arrays.copyOf(sha.digest(name), KEY_BYTES);
  }

  static byte[] sum(byte[] key, byte[] block, int length) {
    MessageDigest sha = Digest.sha256();
    sha.update(key);
    sha.update(block, 0, length);
    return Arrays.copyOf(sha.digest(), SUM_BYTES);
  }
}
