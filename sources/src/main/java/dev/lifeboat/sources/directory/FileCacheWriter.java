package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.posix.Accounts;
import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.Digest;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes a new cache beside the old one, which it replaces when complete. */
final class FileCacheWriter implements AutoCloseable {
  private final Path temporary;
  private final Path target;
  private final FileChannel channel;
  private final OutputStream out;
  private final byte[] header;
  private final List<byte[]> index = new ArrayList<>();
  private long offset;
  private long files;

  /**
   * @param startSeconds when the capture began, by the clock of the file system
   */
  FileCacheWriter(Path state, RawPath root, long startSeconds, int startNanos) throws IOException {
    temporary = state.resolve(FileCacheFormat.FILE_NAME + ".new");
    target = state.resolve(FileCacheFormat.FILE_NAME);
    channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 18);
    header =
        ByteBuffer.allocate(FileCacheFormat.HEADER_BYTES)
            .put(FileCacheFormat.MAGIC)
            .putInt(FileCacheFormat.VERSION)
            .put(Digest.sha256().digest(root.toBytes()))
            .putLong(startSeconds)
            .putInt(startNanos)
            .array();
    append(header);
  }

  /**
   * Adds a directory.
   *
   * @param record of the directory as a whole; {@code null} if it is to be encoded again next time
   * @param entries its files, in the order of their names
   */
  void add(byte[] key, @Nullable DirectoryRecord record, List<CacheEntry> entries)
      throws IOException {
    List<byte[]> blocks = new ArrayList<>();
    int from = 0;
    do {
      int to = Math.min(entries.size(), from + FileCacheFormat.BLOCK_ENTRIES);
      boolean continued = to < entries.size();
      blocks.add(block(key, from == 0 ? record : null, entries.subList(from, to), continued));
      from = to;
    } while (from < entries.size());
    synchronized (this) {
      begin(key, entries.size());
      for (byte[] block : blocks) {
        append(block);
      }
    }
  }

  /** Takes a directory over from the old cache as it is there. */
  synchronized void copy(byte[] key, FileCache.Cursor from, int count) throws IOException {
    begin(key, count);
    from.forEachBlock(this::append);
  }

  private void begin(byte[] key, int count) {
    index.add(
        ByteBuffer.allocate(FileCacheFormat.INDEX_ENTRY_BYTES).put(key).putLong(offset).array());
    files += count;
  }

  private static byte[] block(
      byte[] key, @Nullable DirectoryRecord record, List<CacheEntry> entries, boolean continued)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(entries.size() * 160 + 256);
    DataOutputStream data = new DataOutputStream(bytes);
    data.writeInt(0);
    data.writeBoolean(continued);
    data.writeBoolean(record != null);
    if (record != null) {
      record.write(data);
    }
    data.writeInt(entries.size());
    for (CacheEntry entry : entries) {
      entry.write(data);
    }
    byte[] block = Arrays.copyOf(bytes.toByteArray(), bytes.size() + FileCacheFormat.SUM_BYTES);
    ByteBuffer.wrap(block).putInt(0, block.length);
    byte[] sum = FileCacheFormat.sum(key, block, bytes.size());
    System.arraycopy(sum, 0, block, bytes.size(), sum.length);
    return block;
  }

  private void append(byte[] bytes) throws IOException {
    out.write(bytes);
    offset += bytes.length;
  }

  /**
   * Puts the new cache in the place of the old one.
   *
   * @param accounts that were asked for during the capture
   */
  synchronized void finish(Accounts accounts) throws IOException {
    index.sort(Arrays::compareUnsigned);
    byte[] names = accounts(accounts);
    ByteBuffer numbers =
        ByteBuffer.allocate(FileCacheFormat.TRAILER_NUMBERS)
            .putLong(offset)
            .putLong(offset + names.length)
            .putLong(index.size())
            .putLong(files)
            .flip();
    MessageDigest sha = Digest.sha256();
    sha.update(header);
    sha.update(names);
    append(names);
    for (byte[] entry : index) {
      sha.update(entry);
      append(entry);
    }
    append(numbers.array());
    sha.update(numbers);
    append(sha.digest());
    out.flush();
    channel.force(true);
    channel.close();
    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
  }

  private static byte[] accounts(Accounts accounts) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream data = new DataOutputStream(bytes);
    for (Map<Long, String> names : List.of(accounts.users(), accounts.groups())) {
      data.writeInt(names.size());
      for (Map.Entry<Long, String> name : names.entrySet()) {
        data.writeLong(name.getKey());
        data.writeUTF(name.getValue());
      }
    }
    return bytes.toByteArray();
  }

  /** Without {@link #finish}, leaves the old cache. */
  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(temporary);
  }
}
