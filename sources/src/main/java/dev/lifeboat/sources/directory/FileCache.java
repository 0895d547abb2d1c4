package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.posix.Accounts;
import dev.lifeboat.sources.posix.FileStatus;
import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.tree.Name;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A cache that an earlier capture has written; see {@link FileCacheFormat}. Safe for use by many
 * threads, each with cursors of its own.
 *
 * <p>It is never trusted with more than its checksums prove: what is damaged, of another version or
 * of another root is as good as absent. And what it says of a file counts only if the file's times
 * were safely in the past when the file was read: a write within the same tick of the clock leaves
 * no trace in the times (<em>racy</em>, as in git's index).
 */
final class FileCache implements AutoCloseable {
  /** Coarsest times in use are those of FAT and ext3, plus a little. */
  private static final long RACY_SECONDS = 3;

  private static final int MOST_ACCOUNT_BYTES = 64 << 20;

  private final FileChannel channel;
  private final byte[] accounts;
  private final byte[] index;
  private final long blocksEnd;
  private final long files;
  private final long startSeconds;

  private FileCache(
      FileChannel channel,
      byte[] accounts,
      byte[] index,
      long blocksEnd,
      long files,
      long startSeconds) {
    this.channel = channel;
    this.accounts = accounts;
    this.index = index;
    this.blocksEnd = blocksEnd;
    this.files = files;
    this.startSeconds = startSeconds;
  }

  /** What opening a cache comes to: the cache, or why there is none. */
  record Opened(@Nullable FileCache cache, String note) {}

  static Opened open(Path state, RawPath root) {
    try {
      FileChannel channel =
          FileChannel.open(state.resolve(FileCacheFormat.FILE_NAME), StandardOpenOption.READ);
      try {
        return check(channel, root);
      } catch (IOException | RuntimeException e) {
        channel.close();
        return new Opened(null, "the file cache cannot be read: " + e.getMessage());
      }
    } catch (NoSuchFileException e) {
      return new Opened(null, "there is no file cache");
    } catch (IOException e) {
      return new Opened(null, "the file cache cannot be read: " + e.getMessage());
    }
  }

  private static Opened check(FileChannel channel, RawPath root) throws IOException {
    long size = channel.size();
    if (size < FileCacheFormat.HEADER_BYTES + FileCacheFormat.TRAILER_BYTES) {
      return refuse(channel, "the file cache is cut short");
    }
    ByteBuffer header = ByteBuffer.wrap(read(channel, 0, FileCacheFormat.HEADER_BYTES));
    byte[] magic = new byte[FileCacheFormat.MAGIC.length];
    header.get(magic);
    int version = header.getInt();
    if (!Arrays.equals(magic, FileCacheFormat.MAGIC) || version != FileCacheFormat.VERSION) {
      return refuse(channel, "the file cache is of another version");
    }
    byte[] rootHash = new byte[32];
    header.get(rootHash);
    if (!Arrays.equals(rootHash, Digest.sha256().digest(root.toBytes()))) {
      return refuse(channel, "the file cache is of another directory");
    }
    long startSeconds = header.getLong();
    ByteBuffer trailer =
        ByteBuffer.wrap(
            read(channel, size - FileCacheFormat.TRAILER_BYTES, FileCacheFormat.TRAILER_BYTES));
    long accountsOffset = trailer.getLong();
    long indexOffset = trailer.getLong();
    long count = trailer.getLong();
    long files = trailer.getLong();
    if (count < 0
        || accountsOffset < FileCacheFormat.HEADER_BYTES
        || indexOffset < accountsOffset
        || indexOffset - accountsOffset > MOST_ACCOUNT_BYTES
        || count > Integer.MAX_VALUE / FileCacheFormat.INDEX_ENTRY_BYTES
        || indexOffset
            != size - FileCacheFormat.TRAILER_BYTES - count * FileCacheFormat.INDEX_ENTRY_BYTES) {
      return refuse(channel, "the file cache is damaged");
    }
    byte[] accounts = read(channel, accountsOffset, (int) (indexOffset - accountsOffset));
    byte[] index = read(channel, indexOffset, (int) count * FileCacheFormat.INDEX_ENTRY_BYTES);
    MessageDigest sha = Digest.sha256();
    sha.update(header.array());
    sha.update(accounts);
    sha.update(index);
    sha.update(trailer.array(), 0, FileCacheFormat.TRAILER_NUMBERS);
    byte[] sum =
        Arrays.copyOfRange(
            trailer.array(), FileCacheFormat.TRAILER_NUMBERS, FileCacheFormat.TRAILER_BYTES);
    if (!Arrays.equals(sha.digest(), sum)) {
      return refuse(channel, "the file cache is damaged");
    }
    return new Opened(
        new FileCache(channel, accounts, index, accountsOffset, files, startSeconds), "");
  }

  private static Opened refuse(FileChannel channel, String note) throws IOException {
    channel.close();
    return new Opened(null, note);
  }

  private static byte[] read(FileChannel channel, long offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, offset + buffer.position()) < 0) {
        throw new IOException("it ends early");
      }
    }
    return buffer.array();
  }

  /** How many files it knows. */
  long files() {
    return files;
  }

  /** Whether every account that the cache speaks of still has the name that it had. */
  boolean knows(Accounts now) {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(accounts));
    try {
      for (LongFunction<String> names :
          List.<LongFunction<String>>of(id -> now.user(id), id -> now.group(id))) {
        for (int left = in.readInt(); left > 0; left--) {
          if (!names.apply(in.readLong()).equals(in.readUTF())) {
            return false;
          }
        }
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether a file that looks as it did is one that cannot have changed since. */
  boolean trusts(FileStatus status) {
    long limit = startSeconds - RACY_SECONDS;
    return status.ctimeSeconds() < limit && status.mtimeSeconds() < limit;
  }

  /** What is known of a directory. */
  Cursor directory(byte[] key) {
    int low = 0;
    int high = index.length / FileCacheFormat.INDEX_ENTRY_BYTES - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int at = middle * FileCacheFormat.INDEX_ENTRY_BYTES;
      int order =
          Arrays.compareUnsigned(
              index, at, at + FileCacheFormat.KEY_BYTES, key, 0, FileCacheFormat.KEY_BYTES);
      if (order == 0) {
        return new Cursor(key, ByteBuffer.wrap(index).getLong(at + FileCacheFormat.KEY_BYTES));
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return new Cursor(key, -1);
  }

  /** Goes through the files of one directory. Used by one thread at a time. */
  final class Cursor {
    private final byte[] key;
    private final long firstBlock;
    private long nextBlock;
    private @Nullable DirectoryRecord record;
    private List<CacheEntry> entries = List.of();
    private int at;

    private Cursor(byte[] key, long firstBlock) {
      this.key = key;
      this.firstBlock = firstBlock;
      this.nextBlock = firstBlock;
      if (firstBlock >= 0) {
        load();
      }
    }

    /** The record of the directory as a whole, if there is one. */
    @Nullable DirectoryRecord record() {
      return record;
    }

    /** The entry of a name; names must be asked for in ascending order. */
    @Nullable CacheEntry find(Name name) {
      while (true) {
        while (at < entries.size()) {
          int order = entries.get(at).name().compareTo(name);
          if (order == 0) {
            return entries.get(at);
          }
          if (order > 0) {
            return null;
          }
          at++;
        }
        if (nextBlock < 0) {
          return null;
        }
        load();
      }
    }

    /** Lets go of the entries: only {@link #record} and {@link #forEachBlock} go on working. */
    void release() {
      entries = List.of();
      nextBlock = -1;
    }

    private void load() {
      long offset = nextBlock;
      nextBlock = -1;
      entries = List.of();
      at = 0;
      try {
        byte[] block = block(offset);
        int summed = block.length - FileCacheFormat.SUM_BYTES;
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(block, 4, summed - 4));
        boolean continued = in.readBoolean();
        DirectoryRecord of = in.readBoolean() ? DirectoryRecord.read(in) : null;
        int count = in.readInt();
        List<CacheEntry> loaded = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
          loaded.add(CacheEntry.read(in));
        }
        entries = loaded;
        if (offset == firstBlock) {
          record = of;
        }
        nextBlock = continued ? offset + block.length : -1;
      } catch (IOException | RuntimeException e) {
        // A cache that cannot be read knows nothing; the files are read instead.
        entries = List.of();
      }
    }

    /**
     * Hands over the blocks as they are.
     *
     * @throws IOException if one cannot be read, or is damaged
     */
    void forEachBlock(BlockSink sink) throws IOException {
      for (long offset = firstBlock; offset >= 0; ) {
        byte[] block = block(offset);
        sink.block(block);
        offset = block[4] != 0 ? offset + block.length : -1;
      }
    }

    private byte[] block(long offset) throws IOException {
      int length = ByteBuffer.wrap(read(channel, offset, 4)).getInt();
      if (length < 10 + FileCacheFormat.SUM_BYTES || offset + length > blocksEnd) {
        throw new IOException("a block of the file cache has %d bytes".formatted(length));
      }
      byte[] block = read(channel, offset, length);
      int summed = length - FileCacheFormat.SUM_BYTES;
      byte[] sum = FileCacheFormat.sum(key, block, summed);
      if (!Arrays.equals(sum, Arrays.copyOfRange(block, summed, length))) {
        throw new IOException("a block of the file cache is damaged");
      }
      return block;
    }
  }

  /** Takes blocks of a cache. */
  interface BlockSink {
    void block(byte[] block) throws IOException;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
