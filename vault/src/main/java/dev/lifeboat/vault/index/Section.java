package dev.lifeboat.vault.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes one part of a segment from front to back, through a buffer. */
final class Section {
  private static final int BUFFER_BYTES = 32 << 10;

  private final SegmentOutput out;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final long end;
  private long at;

  Section(SegmentOutput out, long from, long to) {
    this.out = out;
    this.at = from;
    this.end = to;
  }

  void putByte(int value) throws IOException {
    room(1).put((byte) value);
  }

  void putInt(int value) throws IOException {
    room(4).putInt(value);
  }

  void putLong(long value) throws IOException {
    room(8).putLong(value);
  }

  /** A number in the byte order of digests. */
  void putBigEndian(long value) throws IOException {
    room(8).putLong(Long.reverseBytes(value));
  }

  void put(byte[] bytes, int offset, int length) throws IOException {
    if (length > BUFFER_BYTES) {
      flush();
      write(ByteBuffer.wrap(bytes, offset, length));
      return;
    }
    room(length).put(bytes, offset, length);
  }

  /** Writes what is left; the part must be full then. */
  void finish() throws IOException {
    flush();
    if (at != end) {
      throw new IllegalStateException("a part of a segment ends at %d, not %d".formatted(at, end));
    }
  }

  private ByteBuffer room(int bytes) throws IOException {
    if (buffer.remaining() < bytes) {
      flush();
    }
    return buffer;
  }

  private void flush() throws IOException {
    buffer.flip();
    write(buffer);
    buffer.clear();
  }

  private void write(ByteBuffer bytes) throws IOException {
    int length = bytes.remaining();
    if (length > end - at) {
      throw new IllegalStateException("a part of a segment is longer than was counted");
    }
    out.write(at, bytes);
    at += length;
  }
}
