package dev.lifeboat.vault.index;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/** Where a segment is written to: a file or, where none can be, memory. */
interface SegmentOutput {
  /** Writes all of the bytes. */
  void write(long at, ByteBuffer bytes) throws IOException;

  /** Fills the buffer with what was written. */
  void read(long at, ByteBuffer into) throws IOException;

  /** A file, whose room is taken by writing: a full disk is an exception, not a broken mapping. */
  record InFile(FileChannel channel) implements SegmentOutput {
    @Override
    public void write(long at, ByteBuffer bytes) throws IOException {
      long position = at;
      while (bytes.hasRemaining()) {
        position += channel.write(bytes, position);
      }
    }

    @Override
    public void read(long at, ByteBuffer into) throws IOException {
      long position = at;
      while (into.hasRemaining()) {
        int count = channel.read(into, position);
        if (count < 0) {
          throw new EOFException("a segment ends at " + position);
        }
        position += count;
      }
    }
  }

  /** Memory outside of the heap. */
  final class InMemory implements SegmentOutput {
    private ByteBuffer bytes = ByteBuffer.allocateDirect(0);
    private int end;

    @Override
    public void write(long at, ByteBuffer from) throws IOException {
      int to = Math.toIntExact(at + from.remaining());
      end = Math.max(end, to);
      if (bytes.capacity() < to) {
        ByteBuffer larger = ByteBuffer.allocateDirect(Math.max(to, 2 * bytes.capacity()));
        bytes = larger.put(bytes.clear()).clear();
      }
      bytes.put((int) at, from, from.position(), from.remaining());
      from.position(from.limit());
    }

    @Override
    public void read(long at, ByteBuffer into) {
      int length = into.remaining();
      into.put(bytes.slice((int) at, length));
    }

    /** What was written. */
    ByteBuffer written() {
      return bytes.slice(0, end).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
