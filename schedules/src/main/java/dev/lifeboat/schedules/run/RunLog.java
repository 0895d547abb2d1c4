package dev.lifeboat.schedules.run;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The end of what a run prints, in a file: written at once, so that it is there after a crash, and
 * never much longer than it may be. Failing to write hurts no run.
 */
final class RunLog extends OutputStream {
  /** Kept at the least; twice as much at the most. */
  static final int KEPT = 128 * 1024;

  private final Path file;
  private FileChannel channel;

  /** Goes on behind what an earlier attempt left. */
  RunLog(Path file) throws IOException {
    this.file = file;
    if (Files.notExists(file)) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    this.channel = FileChannel.open(file, StandardOpenOption.APPEND);
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
    if (!channel.isOpen()) {
      // An interrupt in the midst of a write closes it: that is how runs are told to stop.
      boolean interrupted = Thread.interrupted();
      channel = FileChannel.open(file, StandardOpenOption.APPEND);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    if (channel.size() > 2L * KEPT) {
      shorten();
    }
  }

  private void shorten() throws IOException {
    byte[] all = Files.readAllBytes(file);
    int from = all.length - KEPT;
    while (from < all.length && all[from - 1] != '\n') {
      from++;
    }
    try (FileChannel fresh =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer tail = ByteBuffer.wrap(all, from, all.length - from);
      while (tail.hasRemaining()) {
        fresh.write(tail);
      }
    }
  }

  @Override
  public synchronized void close() throws IOException {
    channel.close();
  }
}
