package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.region.RegionException;
import java.nio.ByteBuffer;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;

/** Sends a body within the limits of a connection. */
final class Sending {
  /** A request with a body. */
  interface Request<T> {
    T with(RequestBody body) throws RegionException;
  }

  private Sending() {}

  /**
   * Runs a request, and gives it up when the service takes no more bytes for a while.
   *
   * @param bytes from position to limit; not read any more when this returns or throws
   * @throws SdkException as the SDK does
   */
  static <T> T send(S3Connection connection, ByteBuffer bytes, Request<T> request)
      throws RegionException {
    try (StallGuard guard = new StallGuard(connection.settings().timeouts().stall())) {
      try {
        return request.with(new Body(bytes, connection.bandwidth(), guard).request());
      } catch (SdkException e) {
        if (guard.stalled()) {
          throw SdkClientException.create(
              "the service took no more bytes for %d s"
                  .formatted(connection.settings().timeouts().stall().toSeconds()),
              null);
        }
        throw e;
      }
    }
  }
}
