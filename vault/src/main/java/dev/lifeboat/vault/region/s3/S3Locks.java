package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.GetObjectLockConfigurationResponse;
import software.amazon.awssdk.services.s3.model.ObjectLockEnabled;
import software.amazon.awssdk.services.s3.model.ObjectLockMode;
import software.amazon.awssdk.services.s3.model.ObjectLockRetention;
import software.amazon.awssdk.services.s3.model.ObjectLockRetentionMode;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/**
 * Object Lock of one bucket. The retention goes with each object when it is stored; that the
 * service really keeps it is read back for the first object of a session, and for every object that
 * was stored in parts, because some services drop the headers of those: then it is set on the
 * version that was made.
 */
final class S3Locks {
  private final S3Connection connection;
  private final RegionName name;
  private final String bucket;
  private final String prefix;
  private final ObjectLock lock;
  private volatile boolean bucketLocks;
  private volatile boolean headersHold;

  S3Locks(S3Connection connection, ObjectLock lock) {
    this.connection = connection;
    this.name = connection.name();
    this.bucket = connection.settings().bucket();
    this.prefix = connection.settings().prefix();
    this.lock = lock;
  }

  ObjectLock lock() {
    return lock;
  }

  /** Until when an object stored now is to be locked; {@code null} if it is not to be. */
  @Nullable Instant until(ObjectKey key) throws RegionException {
    if (!ObjectLock.covers(key)) {
      return null;
    }
    requireBucketThatLocks();
    return wholeSeconds(lock.fresh(connection.now()));
  }

  PutObjectRequest.Builder dress(PutObjectRequest.Builder request, @Nullable Instant until) {
    return until == null
        ? request
        : request
            .objectLockMode(ObjectLockMode.valueOf(lock.mode().name()))
            .objectLockRetainUntilDate(until);
  }

  CreateMultipartUploadRequest.Builder dress(
      CreateMultipartUploadRequest.Builder request, @Nullable Instant until) {
    return until == null
        ? request
        : request
            .objectLockMode(ObjectLockMode.valueOf(lock.mode().name()))
            .objectLockRetainUntilDate(until);
  }

  CopyObjectRequest.Builder dress(CopyObjectRequest.Builder request, @Nullable Instant until) {
    return until == null
        ? request
        : request
            .objectLockMode(ObjectLockMode.valueOf(lock.mode().name()))
            .objectLockRetainUntilDate(until);
  }

  /**
   * Makes sure that what was stored just now is locked.
   *
   * @param version of the object, if the service told
   * @throws RegionException.Permanent if it cannot be locked; the object is there all the same
   */
  void ensure(ObjectKey key, @Nullable String version, @Nullable Instant until, boolean inParts)
      throws RegionException {
    if (until == null || (!inParts && headersHold)) {
      return;
    }
    Optional<Instant> held = retention(key, version);
    if (held.isEmpty() || held.get().isBefore(until)) {
      Instant _ = set(key, version, until);
    } else if (!inParts) {
      headersHold = true;
    }
  }

  /** A bucket that cannot lock must not look as if it did. */
  void requireBucketThatLocks() throws RegionException {
    if (bucketLocks) {
      return;
    }
    GetObjectLockConfigurationResponse answer;
    try {
      answer = connection.call(s3 -> s3.getObjectLockConfiguration(b -> b.bucket(bucket)));
    } catch (SdkException e) {
      if (S3Errors.status(e) == 403) {
        // Whoever may not ask learns it from the first object, whose retention is read back.
        bucketLocks = true;
        return;
      }
      boolean bucketGone =
          e instanceof AwsServiceException service && S3Errors.code(service).equals("NoSuchBucket");
      if (S3Errors.isUnknown(e) || (S3Errors.status(e) == 404 && !bucketGone)) {
        throw cannotLock(e);
      }
      throw connection.failure("cannot ask whether the bucket locks objects", e);
    }
    if (answer.objectLockConfiguration() == null
        || answer.objectLockConfiguration().objectLockEnabled() != ObjectLockEnabled.ENABLED) {
      throw cannotLock(null);
    }
    bucketLocks = true;
  }

  private RegionException cannotLock(@Nullable Throwable cause) {
    return new RegionException.Permanent(
        name,
        "the configuration asks for a lock (%s), but the bucket %s cannot lock objects; make a bucket with Object Lock enabled, or take lock out of the configuration"
            .formatted(lock.mode(), bucket),
        cause);
  }

  /** As {@link dev.lifeboat.vault.region.Region#lockedUntil} has it, for one version. */
  Optional<Instant> lockedUntil(ObjectKey key, @Nullable String version) throws RegionException {
    Instant now = connection.now();
    return retention(key, version).filter(now::isBefore);
  }

  /** As {@link dev.lifeboat.vault.region.Region#extendLock} has it, for one version. */
  Instant extend(ObjectKey key, @Nullable String version, Instant until) throws RegionException {
    Optional<Instant> held = retention(key, version);
    return held.isPresent() && !held.get().isBefore(until)
        ? held.get()
        : set(key, version, wholeSeconds(until));
  }

  private Instant set(ObjectKey key, @Nullable String version, Instant until)
      throws RegionException {
    try {
      Object _ =
          connection.call(s3 ->
              s3.putObjectRetention(b ->
                  b.bucket(bucket)
                      .key(prefix + key)
                      .versionId(version)
                      .retention(
                          ObjectLockRetention.builder()
                              .mode(ObjectLockRetentionMode.valueOf(lock.mode().name()))
                              .retainUntilDate(until)
                              .build())));
    } catch (SdkException e) {
      if (S3Errors.isMissing(e)) {
        throw new RegionException.Missing(name, key, "is not there");
      }
      throw connection.failure("cannot lock " + key, e);
    }
    Optional<Instant> held = retention(key, version);
    if (held.isEmpty() || held.get().isBefore(until)) {
      throw new RegionException.Permanent(
          name,
          "%s was to be locked until %s, but the service says %s"
              .formatted(key, until, held.map(Instant::toString).orElse("that it is not locked")),
          null);
    }
    return held.get();
  }

  private Optional<Instant> retention(ObjectKey key, @Nullable String version)
      throws RegionException {
    try {
      ObjectLockRetention retention =
          connection
              .call(s3 ->
                  s3.getObjectRetention(b -> b.bucket(bucket).key(prefix + key).versionId(version)))
              .retention();
      return retention == null
          ? Optional.empty()
          : Optional.ofNullable(retention.retainUntilDate());
    } catch (SdkException e) {
      if (e instanceof AwsServiceException service) {
        String code = S3Errors.code(service);
        if (code.equals("NoSuchObjectLockConfiguration")
            || code.equals("ObjectLockConfigurationNotFoundError")) {
          return Optional.empty();
        }
        if (code.equals("NoSuchKey") || code.equals("NoSuchVersion")) {
          throw new RegionException.Missing(name, key, "is not there");
        }
        if (service.statusCode() == 404) {
          return absentOrFree(key, version);
        }
        if (code.equals("InvalidRequest")) {
          throw cannotLock(e);
        }
      }
      throw connection.failure("cannot ask for the lock of " + key, e);
    }
  }

  /** An answer without a body says the same of both. */
  private Optional<Instant> absentOrFree(ObjectKey key, @Nullable String version)
      throws RegionException {
    try {
      Object _ =
          connection.call(
              s3 -> s3.headObject(b -> b.bucket(bucket).key(prefix + key).versionId(version)));
      return Optional.empty();
    } catch (SdkException e) {
      if (S3Errors.isMissing(e)) {
        throw new RegionException.Missing(name, key, "is not there");
      }
      throw connection.failure("cannot look at " + key, e);
    }
  }

  /** Services keep seconds; a lock is rounded up, never down. */
  private static Instant wholeSeconds(Instant time) {
    Instant down = time.truncatedTo(ChronoUnit.SECONDS);
    return down.equals(time) ? down : down.plusSeconds(1);
  }
}
