package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.posix.RawPath;
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
            .put(SparseDigest.sha256().digest(root.toBytes()))
            .putLong(startSeconds)
            .putInt(startNanos)
            .array();
    append(header);
  }

  /** Adds a directory's files, which come in the order of their names. */
  void add(byte[] key, List<CacheEntry> entries) throws IOException {
    List<byte[]> blocks = new ArrayList<>();
    for (int from = 0; from < entries.size(); from += FileCacheFormat.BLOCK_ENTRIES) {
      int to = Math.min(entries.size(), from + FileCacheFormat.BLOCK_ENTRIES);
      blocks.add(block(key, entries.subList(from, to), to < entries.size()));
    }
    synchronized (this) {
      index.add(
          ByteBuffer.allocate(FileCacheFormat.INDEX_ENTRY_BYTES).put(key).putLong(offset).array());
      files += entries.size();
      for (byte[] block : blocks) {
        append(block);
      }
    }
  }

  private static byte[] block(byte[] key, List<CacheEntry> entries, boolean continued)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(entries.size() * 160 + 32);
    DataOutputStream data = new DataOutputStream(bytes);
    data.writeInt(0);
    data.writeBoolean(continued);
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

  /** Puts the new cache in the place of the old one. */
  synchronized void finish() throws IOException {
    index.sort(Arrays::compareUnsigned);
    ByteBuffer numbers =
        ByteBuffer.allocate(24).putLong(offset).putLong(index.size()).putLong(files).flip();
    MessageDigest sha = SparseDigest.sha256();
    sha.update(header);
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

  /** Without {@link #finish}, leaves the old cache. */
  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(temporary);
  }
}
