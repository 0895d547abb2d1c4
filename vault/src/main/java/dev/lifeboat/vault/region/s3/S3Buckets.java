package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.region.RegionException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;

/** Gets a bucket ready to be a region. */
public final class S3Buckets {
  /** What an earlier attempt may have left, or a trial of the bucket, before there was a vault. */
  private static final Set<String> OURS =
      Set.of(
          "keys",
          "packs",
          "index",
          "snapshots",
          "ledger",
          "leases",
          "trash",
          "audit",
          "quarantine",
          "probe");

  private S3Buckets() {}

  /**
   * Makes sure that the bucket is there, can be listed, and holds nothing of others where the
   * region's objects go. Repeating it changes nothing.
   *
   * @param make whether a bucket that is missing is made
   * @param locking whether one that is made can lock objects
   * @throws RegionException.Permanent if it is missing, or holds something else
   */
  public static void prepare(S3Connection connection, boolean make, boolean locking)
      throws RegionException {
    S3Settings settings = connection.settings();
    try {
      Object _ = connection.call(s3 -> s3.headBucket(b -> b.bucket(settings.bucket())));
    } catch (SdkException e) {
      if (S3Errors.status(e) != 404) {
        throw connection.failure("cannot reach the bucket " + settings.bucket(), e);
      }
      if (!make) {
        throw new RegionException.Permanent(
            connection.name(),
            "there is no bucket %s at %s; make it with the tools of your provider, or write create: true and run lifeboat init again"
                .formatted(settings.bucket(), settings.place()),
            e);
      }
      make(connection, locking);
    }
    requireNoStrangers(connection);
  }

  private static void make(S3Connection connection, boolean locking) throws RegionException {
    S3Settings settings = connection.settings();
    CreateBucketRequest.Builder request = CreateBucketRequest.builder().bucket(settings.bucket());
    if (locking) {
      request.objectLockEnabledForBucket(true);
    }
    // Amazon refuses the name of its first region here, others refuse names that they do not know.
    if (settings.endpoint().isEmpty() && !settings.region().equals("us-east-1")) {
      request.createBucketConfiguration(c -> c.locationConstraint(settings.region()));
    }
    try {
      Object _ = connection.call(s3 -> s3.createBucket(request.build()));
    } catch (SdkException e) {
      // Two hosts may do so at once.
      if (S3Errors.status(e) != 409) {
        throw connection.failure("cannot make the bucket " + settings.bucket(), e);
      }
      connection.requireBucket();
    }
  }

  private static void requireNoStrangers(S3Connection connection) throws RegionException {
    S3Settings settings = connection.settings();
    ListObjectsV2Response page;
    try {
      page =
          connection.call(s3 ->
              s3.listObjectsV2(b ->
                  b.bucket(settings.bucket())
                      .prefix(settings.prefix())
                      .delimiter("/")
                      .maxKeys(100)));
    } catch (SdkException e) {
      throw connection.failure("cannot list the bucket " + settings.bucket(), e);
    }
    List<String> found = new ArrayList<>();
    page.commonPrefixes().forEach(prefix -> found.add(prefix.prefix()));
    page.contents().forEach(object -> found.add(object.key()));
    List<String> names =
        found.stream()
            .map(key -> key.substring(settings.prefix().length()).replace("/", ""))
            // Some tools make an object for what they show as a folder.
            .filter(name -> !name.isEmpty())
            .toList();
    if (names.contains("vault")) {
      return;
    }
    for (String name : names) {
      if (!OURS.contains(name)) {
        throw new RegionException.Permanent(
            connection.name(),
            "%s is not empty (it holds %s): give the region a bucket or a prefix of its own"
                .formatted(settings.place(), name),
            null);
      }
    }
  }
}
