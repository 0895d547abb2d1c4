package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/**
 * Has a service copy objects from one of its buckets to another, without their bytes coming here.
 * Only where it vouches for the SHA-256 of an object both before and after: a service that does
 * not, or does not permit it, is not asked a second time.
 */
final class ServerCopy {
  /** Says nothing about whether copying is possible: gone, changed meanwhile, too busy. */
  private static final Set<Integer> PASSING = Set.of(404, 408, 409, 412, 429);

  private final S3Region region;
  private final S3Connection connection;
  private final S3Settings settings;
  private final Uploads uploads;
  private final @Nullable S3Locks locks;
  private volatile boolean impossible;

  ServerCopy(S3Region region, Uploads uploads, @Nullable S3Locks locks) {
    this.region = region;
    this.connection = region.connection();
    this.settings = connection.settings();
    this.uploads = uploads;
    this.locks = locks;
  }

  /** As {@link dev.lifeboat.vault.region.Region#copyFrom} has it. */
  boolean copy(S3Region source, ObjectKey key, Digest sha256) throws RegionException {
    S3Settings theirs = source.connection().settings();
    if (impossible || !theirs.endpoint().equals(settings.endpoint())) {
      return false;
    }
    if (region.stat(key).isPresent()) {
      // Whoever carries the bytes learns whether it is the same.
      return false;
    }
    String expected = new Content(sha256.toString(), true).base64();
    CopyObjectResponse copied;
    Instant until = locks == null ? null : locks.until(key);
    try {
      String from = theirs.prefix() + key;
      HeadObjectResponse head = head(theirs.bucket(), from);
      if (!expected.equals(head.checksumSHA256()) || head.eTag() == null) {
        // Another checksum than the name is damage in one object, none at all the service's way.
        if (head.checksumSHA256() == null) {
          impossible = true;
        }
        return false;
      }
      CopyObjectRequest.Builder request =
          Kinds.dress(
                  settings,
                  key,
                  CopyObjectRequest.builder()
                      .sourceBucket(theirs.bucket())
                      .sourceKey(from)
                      .copySourceIfMatch(head.eTag())
                      .destinationBucket(settings.bucket())
                      .destinationKey(settings.prefix() + key)
                      .checksumAlgorithm(ChecksumAlgorithm.SHA256))
              .overrideConfiguration(connection.within(head.contentLength()).build());
      if (locks != null) {
        locks.dress(request, until);
      }
      copied = connection.call(s3 -> s3.copyObject(request.build()));
    } catch (SdkException e) {
      int status = S3Errors.status(e);
      if ((status >= 400 && status < 500 && !PASSING.contains(status)) || status == 501) {
        impossible = true;
      }
      return false;
    }
    if (!isVouchedFor(copied, key, expected)) {
      impossible = true;
      carry(source, key, expected);
    } else if (locks != null) {
      locks.ensure(key, copied.versionId(), until, true);
    }
    return true;
  }

  private boolean isVouchedFor(CopyObjectResponse copied, ObjectKey key, String expected)
      throws RegionException {
    if (copied.copyObjectResult() != null
        && expected.equals(copied.copyObjectResult().checksumSHA256())) {
      return true;
    }
    try {
      return expected.equals(head(settings.bucket(), settings.prefix() + key).checksumSHA256());
    } catch (SdkException e) {
      return false;
    }
  }

  /**
   * Puts the bytes themselves over a copy that nobody vouches for: it would be taken for good, as
   * it has the right name and length.
   */
  private void carry(S3Region source, ObjectKey key, String expected) throws RegionException {
    try {
      byte[] bytes = source.read(key);
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      if (!Content.hashed(buffer).base64().equals(expected)) {
        throw new RegionException.Permanent(
            source.name(), "%s does not have the SHA-256 that it is named by".formatted(key), null);
      }
      uploads.putOnTop(key, buffer);
    } catch (RegionException e) {
      try {
        region.delete(key);
      } catch (RegionException stays) {
        e.addSuppressed(stays);
        throw new RegionException.Doubtful(region.name(), key, e);
      }
      throw e;
    }
  }

  private HeadObjectResponse head(String bucket, String path) throws RegionException {
    return Objects.requireNonNull(
        connection.call(s3 ->
            s3.headObject(b -> b.bucket(bucket).key(path).checksumMode(ChecksumMode.ENABLED))));
  }
}
