package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.Regions;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * A region in a bucket: an object for each object, under its key below the region's prefix.
 *
 * <p>Of two writers of one key exactly one wins where the service honours {@code If-None-Match};
 * how others are met is told by {@link ConditionalPuts}. Times are the service's, cut to the
 * second, as listings and headers agree on no finer one.
 *
 * <p>Objects in the bucket whose names are no keys belong to somebody else, and are passed over.
 */
public final class S3Region implements Region {
  /** For how many bytes a whole object is given time: the largest things read whole are packs. */
  private static final int WHOLE_BYTES = 256 << 20;

  private final S3Connection connection;
  private final S3Settings settings;
  private final RegionName name;
  private final Uploads uploads;
  private volatile boolean bucketSeen;

  /**
   * Makes no request yet.
   *
   * @param connection closed with this
   */
  public S3Region(S3Connection connection) {
    this.connection = connection;
    this.settings = connection.settings();
    this.name = connection.name();
    this.uploads = new Uploads(connection, this::stat);
  }

  @Override
  public RegionName name() {
    return name;
  }

  @Override
  public Optional<String> place() {
    return Optional.of(settings.place());
  }

  /** What all requests of this region go through. */
  public S3Connection connection() {
    return connection;
  }

  @Override
  public boolean put(ObjectKey key, ByteBuffer bytes) throws RegionException {
    connection.requireOpen();
    return uploads.put(key, bytes);
  }

  @Override
  public byte[] read(ObjectKey key, long offset, int length) throws RegionException {
    connection.requireOpen();
    Regions.requireRange(offset, length);
    if (length == 0) {
      // No range can ask for nothing.
      requireAtLeast(key, offset, length);
      return new byte[0];
    }
    try {
      return get(
          key,
          length,
          "bytes=%d-%d".formatted(offset, offset + length - 1),
          new Download(name, connection.bandwidth(), key, offset, length));
    } catch (SdkException e) {
      if (S3Errors.status(e) == 416) {
        requireAtLeast(key, offset, length);
      }
      throw absentOr(key, "cannot read " + key, e);
    }
  }

  @Override
  public byte[] read(ObjectKey key) throws RegionException {
    connection.requireOpen();
    try {
      return get(key, WHOLE_BYTES, null, new Download(name, connection.bandwidth(), key));
    } catch (SdkException e) {
      throw absentOr(key, "cannot read " + key, e);
    }
  }

  private byte[] get(ObjectKey key, int bytes, @Nullable String range, Download download)
      throws RegionException {
    GetObjectRequest request =
        GetObjectRequest.builder()
            .bucket(settings.bucket())
            .key(settings.prefix() + key)
            .range(range)
            .overrideConfiguration(connection.within(bytes).build())
            .build();
    byte[] read = connection.call(s3 -> s3.getObject(request, download));
    bucketSeen = true;
    RegionException failure = download.failure();
    if (failure != null) {
      throw failure;
    }
    return read;
  }

  private void requireAtLeast(ObjectKey key, long offset, int length) throws RegionException {
    ObjectInfo info =
        stat(key).orElseThrow(() -> new RegionException.Missing(name, key, "is not there"));
    if (info.bytes() < offset + length) {
      throw new RegionException.Missing(
          name, key, Regions.endsBefore(info.bytes(), offset, length));
    }
  }

  @Override
  public Optional<ObjectInfo> stat(ObjectKey key) throws RegionException {
    connection.requireOpen();
    try {
      HeadObjectResponse head =
          connection.call(
              s3 -> s3.headObject(b -> b.bucket(settings.bucket()).key(settings.prefix() + key)));
      bucketSeen = true;
      if (head.contentLength() == null || head.lastModified() == null) {
        throw new RegionException.Permanent(
            name, "the service tells neither length nor time of %s".formatted(key), null);
      }
      return Optional.of(info(key, head.contentLength(), head.lastModified()));
    } catch (SdkException e) {
      if (S3Errors.isMissing(e)) {
        requireBucketOnce();
        return Optional.empty();
      }
      throw connection.failure("cannot look at " + key, e);
    }
  }

  @Override
  public void list(String prefix, Consumer<ObjectInfo> each) throws RegionException {
    connection.requireOpen();
    Regions.requirePrefix(prefix);
    String last = "";
    @Nullable String token = null;
    do {
      String from = token;
      ListObjectsV2Response page;
      try {
        page =
            connection.call(s3 ->
                s3.listObjectsV2(b ->
                    b.bucket(settings.bucket())
                        .prefix(settings.prefix() + prefix)
                        .continuationToken(from)));
      } catch (SdkException e) {
        throw connection.failure("cannot list " + (prefix.isEmpty() ? "/" : prefix), e);
      }
      bucketSeen = true;
      for (S3Object object : page.contents()) {
        Optional<ObjectKey> key = key(object.key());
        if (key.isEmpty()) {
          continue;
        }
        String value = key.get().value();
        if (value.compareTo(last) <= 0) {
          // A listing that jumps back would be taken for one that lost what lies in between.
          throw new RegionException.Transient(
              name, "the listing shows %s behind %s".formatted(value, last), null);
        }
        last = value;
        each.accept(info(key.get(), object.size(), object.lastModified()));
      }
      token = page.nextContinuationToken();
      if (Boolean.TRUE.equals(page.isTruncated()) && (token == null || token.equals(from))) {
        throw new RegionException.Transient(
            name, "the listing of %s breaks off behind %s".formatted(prefix, last), null);
      }
      if (!Boolean.TRUE.equals(page.isTruncated())) {
        token = null;
      }
    } while (token != null);
  }

  private Optional<ObjectKey> key(String path) {
    if (!path.startsWith(settings.prefix())) {
      return Optional.empty();
    }
    try {
      return Optional.of(new ObjectKey(path.substring(settings.prefix().length())));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  @Override
  public void delete(ObjectKey key) throws RegionException {
    connection.requireOpen();
    try {
      Object _ =
          connection.call(
              s3 -> s3.deleteObject(b -> b.bucket(settings.bucket()).key(settings.prefix() + key)));
    } catch (SdkException e) {
      if (!S3Errors.isMissing(e)) {
        throw connection.failure("cannot delete " + key, e);
      }
      requireBucketOnce();
    }
  }

  @Override
  public Instant now() throws RegionException {
    return connection.now();
  }

  private RegionException absentOr(ObjectKey key, String what, SdkException e)
      throws RegionException {
    if (S3Errors.isMissing(e)) {
      requireBucketOnce();
      return new RegionException.Missing(name, key, "is not there");
    }
    return connection.failure(what, e);
  }

  /**
   * An object that is not there looks like a bucket that is not there, where answers have no body:
   * before the first is believed, the bucket must have been seen.
   */
  private void requireBucketOnce() throws RegionException {
    if (!bucketSeen) {
      connection.requireBucket();
      bucketSeen = true;
    }
  }

  private static ObjectInfo info(ObjectKey key, long bytes, Instant modified) {
    return new ObjectInfo(key, bytes, modified.truncatedTo(ChronoUnit.SECONDS));
  }

  @Override
  public void close() {
    connection.close();
  }

  @Override
  public String toString() {
    return "S3Region[%s, %s]".formatted(name, settings.place());
  }
}
