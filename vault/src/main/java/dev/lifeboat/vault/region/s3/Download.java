package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.Regions;
import java.io.IOException;
import java.io.InputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/**
 * Takes what was asked for out of an answer: exactly that, or nothing.
 *
 * <p>What is wrong with an answer is kept for the caller; the SDK would wrap it.
 */
final class Download implements ResponseTransformer<GetObjectResponse, byte[]> {
  private static final Pattern RANGE = Pattern.compile("bytes ([0-9]+)-([0-9]+)/([0-9]+|\\*)");
  private static final int STEP = 256 << 10;
  private static final byte[] NOTHING = {};

  private final RegionName region;
  private final Bandwidth bandwidth;
  private final ObjectKey key;
  private final boolean whole;
  private final long offset;
  private final int length;
  private @Nullable RegionException failure;

  /** All of an object. */
  Download(RegionName region, Bandwidth bandwidth, ObjectKey key) {
    this(region, bandwidth, key, true, 0, 0);
  }

  /** {@code length} bytes, at least 1, from {@code offset}. */
  Download(RegionName region, Bandwidth bandwidth, ObjectKey key, long offset, int length) {
    this(region, bandwidth, key, false, offset, length);
  }

  private Download(
      RegionName region,
      Bandwidth bandwidth,
      ObjectKey key,
      boolean whole,
      long offset,
      int length) {
    this.region = region;
    this.bandwidth = bandwidth;
    this.key = key;
    this.whole = whole;
    this.offset = offset;
    this.length = length;
  }

  /** Why the bytes are not what was asked for. */
  @Nullable RegionException failure() {
    return failure;
  }

  @Override
  public byte[] transform(GetObjectResponse response, AbortableInputStream body)
      throws IOException, InterruptedException {
    failure = whole ? wholeProblem(response) : rangeProblem(response);
    if (failure != null) {
      body.abort();
      return NOTHING;
    }
    int bytes = whole ? response.contentLength().intValue() : length;
    byte[] read = new byte[bytes];
    int at = 0;
    while (at < bytes) {
      int step = Math.min(STEP, bytes - at);
      bandwidth.take(step);
      int got = body.readNBytes(read, at, step);
      at += got;
      if (got < step) {
        break;
      }
    }
    if (at < bytes || isMore(body)) {
      failure =
          new RegionException.Transient(
              region,
              "%s came with %s bytes than announced".formatted(key, at < bytes ? "fewer" : "more"),
              null);
      body.abort();
    }
    return read;
  }

  private static boolean isMore(InputStream body) throws IOException {
    return body.read() >= 0;
  }

  private @Nullable RegionException wholeProblem(GetObjectResponse response) {
    Long bytes = response.contentLength();
    if (bytes == null) {
      return new RegionException.Permanent(
          region, "the service does not tell the length of " + key, null);
    }
    return bytes > Integer.MAX_VALUE - 8
        ? new RegionException.Permanent(
            region, "%s has %d bytes: too many to read at once".formatted(key, bytes), null)
        : null;
  }

  private @Nullable RegionException rangeProblem(GetObjectResponse response) {
    Long bytes = response.contentLength();
    String range = response.contentRange();
    if (range == null) {
      // A range that is the whole object may be answered without saying that it is one.
      return bytes != null && bytes == length && offset == 0
          ? null
          : new RegionException.Permanent(
              region, "the service ignores ranges: it answered with all of " + key, null);
    }
    Matcher matcher = RANGE.matcher(range);
    if (!matcher.matches() || Long.parseLong(matcher.group(1)) != offset) {
      return new RegionException.Transient(
          region, "%s came with another range than asked for: %s".formatted(key, range), null);
    }
    long end = Long.parseLong(matcher.group(2)) + 1;
    if (end < offset + length) {
      return new RegionException.Missing(region, key, Regions.endsBefore(end, offset, length));
    }
    return end == offset + length
        ? null
        : new RegionException.Transient(
            region, "%s came with another range than asked for: %s".formatted(key, range), null);
  }
}
