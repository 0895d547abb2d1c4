package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.region.RegionException;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;

/** Removes objects from a bucket, with all their versions where it keeps them. */
final class Deletions {
  /** As many as one request of the protocol can name. */
  private static final int AT_ONCE = 1000;

  private final S3Connection connection;
  private final S3Versions versions;
  private final @Nullable S3Locks locks;

  Deletions(S3Connection connection, S3Versions versions, @Nullable S3Locks locks) {
    this.connection = connection;
    this.versions = versions;
    this.locks = locks;
  }

  /**
   * Removes one object.
   *
   * @return whether the service is known to have looked in a bucket that exists
   * @throws RegionException.Locked if a lock keeps a version: nothing was removed
   */
  boolean delete(ObjectKey key) throws RegionException {
    if (versions.areKept()) {
      deleteVersions(key);
      return true;
    }
    S3Settings settings = connection.settings();
    try {
      Object _ =
          connection.call(
              s3 -> s3.deleteObject(b -> b.bucket(settings.bucket()).key(settings.prefix() + key)));
      return true;
    } catch (SdkException e) {
      if (!S3Errors.isMissing(e)) {
        throw connection.failure("cannot delete " + key, e);
      }
      return false;
    }
  }

  /** All of them, or, if a lock keeps one, none: what is locked is never asked to be deleted. */
  private void deleteVersions(ObjectKey key) throws RegionException {
    S3Versions.Pile pile = versions.of(key);
    if (locks != null && ObjectLock.covers(key)) {
      Instant until = null;
      for (S3Versions.Version version : pile.versions()) {
        Instant held = locks.lockedUntil(key, version.id()).orElse(null);
        if (held != null && (until == null || held.isAfter(until))) {
          until = held;
        }
      }
      if (until != null) {
        throw new RegionException.Locked(connection.name(), key, until);
      }
    }
    // The newest last: until the end the object looks as it did.
    for (S3Versions.Version version : pile.versions().reversed()) {
      versions.remove(key, version.id());
    }
    for (String marker : pile.markers().reversed()) {
      versions.remove(key, marker);
    }
  }

  /**
   * Removes as many objects as it can in few requests.
   *
   * @return those that have to be removed one by one: all of them where the bucket keeps versions,
   *     or the service does not know such a request
   */
  List<ObjectKey> deleteAtOnce(Collection<ObjectKey> keys) throws RegionException {
    Map<String, ObjectKey> left = new LinkedHashMap<>();
    keys.forEach(key -> left.put(connection.settings().prefix() + key, key));
    if (left.size() > 1 && !versions.areKept()) {
      List<ObjectIdentifier> all =
          left.keySet().stream().map(path -> ObjectIdentifier.builder().key(path).build()).toList();
      for (int i = 0; i < all.size(); i += AT_ONCE) {
        List<ObjectIdentifier> some = all.subList(i, Math.min(all.size(), i + AT_ONCE));
        try {
          DeleteObjectsResponse response =
              connection.call(s3 ->
                  s3.deleteObjects(
                      b -> b.bucket(connection.settings().bucket()).delete(d -> d.objects(some))));
          // Believed only of what is named: a service may answer without having understood.
          response.deleted().forEach(deleted -> left.remove(deleted.key()));
        } catch (SdkException e) {
          break; // Why, is told of the first that is removed alone.
        }
      }
    }
    return List.copyOf(left.values());
  }
}
