package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/**
 * Stores objects, whole or in parts.
 *
 * <p>Each body goes with its SHA-256 in the signature, which services compare with what arrives,
 * and in {@code x-amz-checksum-sha256}, for those that keep it with the object. A request whose
 * answer never came may have been carried out, or may be yet: then the object is looked for once,
 * and if it is not there the caller tries again, which finds out whether it came after all.
 */
final class Uploads {
  /** An object so small may be sent twice to learn what the service makes of it. */
  private static final int TRIAL_BYTES = 64 << 10;

  /** Somebody who keeps deleting what is being stored is met again this many times. */
  private static final int RACES = 10;

  /** Looks for an object, as the region does. */
  interface Lookup {
    Optional<ObjectInfo> stat(ObjectKey key) throws RegionException;
  }

  private final S3Connection connection;
  private final Lookup lookup;
  private final RegionName name;
  private final S3Settings settings;
  private final ConditionalPuts conditional;
  private final @Nullable S3Locks locks;

  /**
   * @param locks {@code null} where nothing is locked
   * @param learnt told when it becomes known whether conditional puts are honoured
   */
  Uploads(
      S3Connection connection, Lookup lookup, @Nullable S3Locks locks, Consumer<Boolean> learnt) {
    this.locks = locks;
    this.connection = connection;
    this.lookup = lookup;
    this.name = connection.name();
    this.settings = connection.settings();
    this.conditional = new ConditionalPuts(settings.conditionalPuts(), learnt);
  }

  ConditionalPuts.State conditionalPuts() {
    return conditional.state();
  }

  /** As {@link dev.lifeboat.vault.region.Region#put} has it. */
  boolean put(ObjectKey key, ByteBuffer bytes) throws RegionException {
    return put(key, bytes, 0);
  }

  private boolean put(ObjectKey key, ByteBuffer bytes, int races) throws RegionException {
    boolean inParts = bytes.remaining() > settings.sizes().multipartAbove();
    // A large object is looked for in any case: the condition would be checked at its end only.
    if (inParts || conditional.state() != ConditionalPuts.State.HONOURED) {
      Optional<ObjectInfo> there = lookup.stat(key);
      if (there.isPresent()) {
        return isAlreadyThere(key, there.get(), bytes);
      }
    }
    Content content = Content.of(key, bytes);
    try {
      if (inParts) {
        return new MultipartUpload(connection, key, bytes, conditional, locks).run(lookup);
      }
      putWhole(key, bytes, content);
    } catch (SdkException e) {
      return afterFailure(key, bytes, content, races, e);
    }
    // A trial leaves a version more where versions are kept: not one that would be locked.
    if (bytes.remaining() <= TRIAL_BYTES && (locks == null || !ObjectLock.covers(key))) {
      learn(key, bytes, content);
    }
    return true;
  }

  /** Stores bytes over whatever is there, as one object more or as a newer version. */
  void putOnTop(ObjectKey key, ByteBuffer bytes) throws RegionException {
    if (bytes.remaining() > settings.sizes().multipartAbove()) {
      ConditionalPuts never = new ConditionalPuts(Optional.of(false));
      never.learn(ConditionalPuts.State.REFUSED);
      try {
        boolean _ = new MultipartUpload(connection, key, bytes, never, locks).run(lookup);
      } catch (SdkException e) {
        throw connection.failure("cannot store " + key, e);
      }
      return;
    }
    try {
      putWhole(key, bytes, Content.of(key, bytes), false);
    } catch (SdkException e) {
      throw connection.failure("cannot store " + key, e);
    }
  }

  private void putWhole(ObjectKey key, ByteBuffer bytes, Content content) throws RegionException {
    putWhole(key, bytes, content, conditional.state() != ConditionalPuts.State.REFUSED);
  }

  private void putWhole(ObjectKey key, ByteBuffer bytes, Content content, boolean onlyIfAbsent)
      throws RegionException {
    Instant until = locks == null ? null : locks.until(key);
    PutObjectRequest.Builder dressed =
        Kinds.dress(
                settings,
                key,
                PutObjectRequest.builder()
                    .bucket(settings.bucket())
                    .key(settings.prefix() + key)
                    .contentLength((long) bytes.remaining())
                    .checksumSHA256(content.base64()))
            .ifNoneMatch(onlyIfAbsent ? "*" : null)
            .overrideConfiguration(
                connection
                    .within(bytes.remaining())
                    .putHeader(KnownHashSigner.HEADER, content.sha256())
                    .build());
    PutObjectRequest request = (locks == null ? dressed : locks.dress(dressed, until)).build();
    PutObjectResponse response =
        Sending.send(connection, bytes, body -> connection.call(s3 -> s3.putObject(request, body)));
    if (response.checksumSHA256() != null && !response.checksumSHA256().equals(content.base64())) {
      throw new RegionException.Transient(
          name,
          "cannot store %s: the service keeps other bytes than were sent".formatted(key),
          null);
    }
    if (locks != null) {
      locks.ensure(key, response.versionId(), until, false);
    }
  }

  /** What a failed attempt to store means: often that the object is there, which is what counts. */
  private boolean afterFailure(
      ObjectKey key, ByteBuffer bytes, Content content, int races, SdkException e)
      throws RegionException {
    String what = "cannot store " + key;
    if (S3Errors.isPrecondition(e)) {
      if (conditional.state() == ConditionalPuts.State.UNKNOWN) {
        conditional.learn(ConditionalPuts.State.HONOURED);
      }
      Optional<ObjectInfo> there = lookup.stat(key);
      if (there.isPresent()) {
        return isAlreadyThere(key, there.get(), bytes);
      }
      if (races < RACES) {
        return put(key, bytes, races + 1);
      }
      throw new RegionException.Transient(name, what + ": it is said to be there, and is not", e);
    }
    if (S3Errors.isUnknown(e) && conditional.state() != ConditionalPuts.State.REFUSED) {
      conditional.learn(ConditionalPuts.State.REFUSED);
      return put(key, bytes, races);
    }
    if (S3Errors.isDamaged(e)
        && content.named()
        && !Content.hashed(bytes).sha256().equals(content.sha256())) {
      throw new RegionException.Permanent(
          name, what + ": its bytes do not have the SHA-256 that it is named by", e);
    }
    if (S3Errors.isAmbiguous(e) && !Thread.currentThread().isInterrupted()) {
      Optional<ObjectInfo> there;
      try {
        there = lookup.stat(key);
      } catch (RegionException again) {
        // The first failure tells more.
        throw connection.failure(what, e);
      }
      // By its name these are the bytes. Others may be somebody else's: the next attempt will say
      // that they were there already.
      if (there.isPresent() && content.named()) {
        boolean _ = isAlreadyThere(key, there.get(), bytes);
        if (locks != null) {
          locks.ensure(key, null, locks.until(key), true);
        }
        return true;
      }
    }
    if (S3Errors.isMissing(e)) {
      // Nothing has to be there for storing: a delete came in between.
      throw new RegionException.Transient(name, what + ": a delete came in between", e);
    }
    throw connection.failure(what, e);
  }

  private boolean isAlreadyThere(ObjectKey key, ObjectInfo there, ByteBuffer bytes)
      throws RegionException {
    if (there.bytes() != bytes.remaining()) {
      throw new RegionException.Conflict(name, key, there.bytes(), bytes.remaining());
    }
    return false;
  }

  /**
   * Finds out whether the service honours conditions, by storing once more what has just been
   * stored. Where it does not, that leaves the same bytes in the same place.
   */
  private void learn(ObjectKey key, ByteBuffer bytes, Content content) throws RegionException {
    if (!conditional.beginTrial()) {
      return;
    }
    try {
      putWhole(key, bytes, content);
      conditional.learn(ConditionalPuts.State.IGNORED);
    } catch (SdkException e) {
      if (S3Errors.isPrecondition(e)) {
        conditional.learn(ConditionalPuts.State.HONOURED);
      }
      // Anything else tells nothing: the next object is another chance.
    } finally {
      conditional.endTrial();
    }
  }
}
