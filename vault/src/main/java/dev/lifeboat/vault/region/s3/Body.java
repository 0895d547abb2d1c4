package dev.lifeboat.vault.region.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.ContentStreamProvider;

/**
 * The bytes of an upload, read from the caller's buffer as they are sent: nothing is copied before.
 *
 * <p>No more bytes come out of it when the thread that sends them is interrupted. A request that
 * was given up thus ends short, or with bytes that do not have its hash; services refuse either.
 */
final class Body {
  /** So much is sent between looks at the limits. */
  private static final int STEP = 64 << 10;

  private final ByteBuffer bytes;
  private final Bandwidth bandwidth;
  private final StallGuard guard;

  Body(ByteBuffer bytes, Bandwidth bandwidth, StallGuard guard) {
    this.bytes = bytes.asReadOnlyBuffer();
    this.bandwidth = bandwidth;
    this.guard = guard;
  }

  RequestBody request() {
    return RequestBody.fromContentProvider(
        ContentStreamProvider.fromInputStreamSupplier(() -> new Stream(bytes.duplicate())),
        bytes.remaining(),
        "application/octet-stream");
  }

  private final class Stream extends InputStream {
    private final ByteBuffer rest;

    private Stream(ByteBuffer rest) {
      this.rest = rest;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (!rest.hasRemaining()) {
        guard.idle();
        return -1;
      }
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("upload given up");
      }
      int step = Math.min(Math.min(length, STEP), rest.remaining());
      try {
        guard.idle();
        bandwidth.take(step);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("upload given up");
      }
      rest.get(target, offset, step);
      guard.sending();
      return step;
    }

    @Override
    public int available() {
      return rest.remaining();
    }
  }
}
