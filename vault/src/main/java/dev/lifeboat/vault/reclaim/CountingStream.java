package dev.lifeboat.vault.reclaim;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Tells how many bytes were read. */
final class CountingStream extends FilterInputStream {
  private long position;

  CountingStream(InputStream in) {
    super(in);
  }

  long position() {
    return position;
  }

  @Override
  public int read() throws IOException {
    int read = super.read();
    if (read >= 0) {
      position++;
    }
    return read;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int read = super.read(bytes, offset, length);
    if (read > 0) {
      position += read;
    }
    return read;
  }
}
