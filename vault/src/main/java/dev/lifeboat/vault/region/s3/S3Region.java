package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.region.Overlay;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.Regions;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
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
 * <p>In a bucket that keeps versions, delete markers are looked through: what they hide is listed
 * and read as if they were not there, and {@link #listOverlays} tells of them. Deleting removes all
 * versions of an object.
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
  private final @Nullable S3Locks locks;
  private final S3Versions versions;
  private final ServerCopy copies;
  private final Deletions deletions;
  private volatile boolean bucketSeen;

  /**
   * Makes no request yet.
   *
   * @param connection closed with this
   */
  public S3Region(S3Connection connection) {
    this(connection, Optional.empty());
  }

  /**
   * As the other, in a bucket with Object Lock.
   *
   * @param lock put on what is stored
   */
  public S3Region(S3Connection connection, Optional<ObjectLock> lock) {
    this(connection, lock, _ -> {});
  }

  /**
   * As the other, for a user who remembers what is found out about the bucket.
   *
   * @param learnt told when it becomes known whether conditional puts are honoured, on the thread
   *     that found out; to be given back in {@link S3Settings#conditionalPuts}
   */
  public S3Region(S3Connection connection, Optional<ObjectLock> lock, Consumer<Boolean> learnt) {
    this.connection = connection;
    this.settings = connection.settings();
    this.name = connection.name();
    this.locks = lock.map(rule -> new S3Locks(connection, rule)).orElse(null);
    this.versions = new S3Versions(connection, lock.isPresent());
    this.uploads = new Uploads(connection, this::current, locks, learnt);
    this.deletions = new Deletions(connection, versions, locks);
    this.copies = new ServerCopy(this, uploads, locks);
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
  public boolean copyFrom(Region source, ObjectKey key, Digest sha256) throws RegionException {
    connection.requireOpen();
    return source instanceof S3Region other && copies.copy(other, key, sha256);
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
          null,
          length,
          "bytes=%d-%d".formatted(offset, offset + length - 1),
          new Download(name, connection.bandwidth(), key, offset, length));
    } catch (SdkException e) {
      if (S3Errors.status(e) == 416) {
        requireAtLeast(key, offset, length);
      }
      Optional<String> hidden = hiddenVersion(key, e);
      if (hidden.isPresent()) {
        return readVersion(key, hidden.get(), offset, length);
      }
      throw absentOr(key, "cannot read " + key, e);
    }
  }

  /**
   * The version that lies beneath a delete marker, if that is why an object seems to be missing.
   */
  private Optional<String> hiddenVersion(ObjectKey key, SdkException why) throws RegionException {
    if (!S3Errors.isMissing(why) || !versions.areKept()) {
      return Optional.empty();
    }
    return versions.of(key).versions().stream().findFirst().map(S3Versions.Version::id);
  }

  private byte[] readVersion(ObjectKey key, String version, long offset, int length)
      throws RegionException {
    try {
      return length == WHOLE
          ? get(key, version, WHOLE_BYTES, null, new Download(name, connection.bandwidth(), key))
          : get(
              key,
              version,
              length,
              "bytes=%d-%d".formatted(offset, offset + length - 1),
              new Download(name, connection.bandwidth(), key, offset, length));
    } catch (SdkException e) {
      if (S3Errors.status(e) == 416) {
        throw new RegionException.Missing(name, key, "ends before the range of bytes");
      }
      throw absentOr(key, "cannot read version %s of %s".formatted(version, key), e);
    }
  }

  @Override
  public Optional<byte[]> readBeneath(
      ObjectKey key, long offset, int length, Predicate<byte[]> good) throws RegionException {
    connection.requireOpen();
    if (!versions.areKept()) {
      return Optional.empty();
    }
    List<S3Versions.Version> all = versions.of(key).versions();
    for (S3Versions.Version older : all.subList(Math.min(1, all.size()), all.size())) {
      try {
        byte[] bytes = readVersion(key, older.id(), offset, length);
        if (good.test(bytes)) {
          return Optional.of(bytes);
        }
      } catch (RegionException.Missing e) {
        // Shorter, so not the one.
      }
    }
    return Optional.empty();
  }

  @Override
  public void listOverlays(String prefix, Consumer<Overlay> each) throws RegionException {
    connection.requireOpen();
    Regions.requirePrefix(prefix);
    if (!versions.areKept()) {
      return;
    }
    versions.list(
        settings.prefix() + prefix,
        pile -> {
          Optional<ObjectKey> key = key(pile.path());
          if (key.isEmpty() || pile.versions().isEmpty()) {
            return;
          }
          if (pile.hidden()) {
            each.accept(
                new Overlay(
                    key.get(),
                    Overlay.Kind.DELETE_MARKER,
                    "a delete marker hides %d versions".formatted(pile.versions().size())));
          } else if (S3Versions.differ(pile)) {
            each.accept(
                new Overlay(
                    key.get(),
                    Overlay.Kind.OTHER_BYTES,
                    "%d versions with different bytes, the newest of %s"
                        .formatted(pile.versions().size(), pile.versions().getFirst().modified())));
          }
        });
  }

  @Override
  public void replace(ObjectKey key, ByteBuffer bytes) throws RegionException {
    connection.requireOpen();
    if (versions.areKept()) {
      uploads.putOnTop(key, bytes);
    } else {
      Region.super.replace(key, bytes);
    }
  }

  @Override
  public byte[] read(ObjectKey key) throws RegionException {
    connection.requireOpen();
    try {
      return get(key, null, WHOLE_BYTES, null, new Download(name, connection.bandwidth(), key));
    } catch (SdkException e) {
      Optional<String> hidden = hiddenVersion(key, e);
      if (hidden.isPresent()) {
        return readVersion(key, hidden.get(), 0, WHOLE);
      }
      throw absentOr(key, "cannot read " + key, e);
    }
  }

  private byte[] get(
      ObjectKey key, @Nullable String version, int bytes, @Nullable String range, Download download)
      throws RegionException {
    GetObjectRequest request =
        GetObjectRequest.builder()
            .bucket(settings.bucket())
            .key(settings.prefix() + key)
            .versionId(version)
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
    Optional<ObjectInfo> current = current(key);
    if (current.isPresent() || !versions.areKept()) {
      return current;
    }
    return versions.of(key).versions().stream()
        .findFirst()
        .map(version -> info(key, version.bytes(), version.modified()));
  }

  /** What is on top: nothing if that is a delete marker. */
  private Optional<ObjectInfo> current(ObjectKey key) throws RegionException {
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
    if (versions.areKept()) {
      listVersions(prefix, each);
      return;
    }
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

  /** The newest version of each object, whatever lies over it. */
  private void listVersions(String prefix, Consumer<ObjectInfo> each) throws RegionException {
    String[] last = {""};
    @Nullable String[] back = new String[1];
    versions.list(
        settings.prefix() + prefix,
        pile -> {
          Optional<ObjectKey> key = key(pile.path());
          if (key.isEmpty() || pile.versions().isEmpty() || back[0] != null) {
            return;
          }
          String value = key.get().value();
          if (value.compareTo(last[0]) <= 0) {
            back[0] = "the listing shows %s behind %s".formatted(value, last[0]);
            return;
          }
          last[0] = value;
          S3Versions.Version newest = pile.versions().getFirst();
          each.accept(info(key.get(), newest.bytes(), newest.modified()));
        });
    bucketSeen = true;
    if (back[0] != null) {
      throw new RegionException.Transient(name, back[0], null);
    }
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
    if (!deletions.delete(key)) {
      requireBucketOnce();
    }
  }

  @Override
  public void deleteAll(Collection<ObjectKey> keys) throws RegionException {
    connection.requireOpen();
    for (ObjectKey key : deletions.deleteAtOnce(keys)) {
      // Alone, it tells why it cannot be done.
      delete(key);
    }
  }

  /**
   * Makes sure, where objects are to be locked, that the bucket can.
   *
   * @throws RegionException.Permanent if it cannot
   */
  public void requireLocks() throws RegionException {
    if (locks != null) {
      locks.requireBucketThatLocks();
    }
  }

  @Override
  public Optional<ObjectLock> lock() {
    return Optional.ofNullable(locks).map(S3Locks::lock);
  }

  @Override
  public Optional<Instant> lockedUntil(ObjectKey key) throws RegionException {
    connection.requireOpen();
    return locks == null ? Optional.empty() : locks.lockedUntil(key, visible(key));
  }

  @Override
  public Instant extendLock(ObjectKey key, Instant until) throws RegionException {
    connection.requireOpen();
    return locks == null
        ? Region.super.extendLock(key, until)
        : locks.extend(key, visible(key), until);
  }

  /** Which version is meant: {@code null}, the one on top, unless a delete marker is there. */
  private @Nullable String visible(ObjectKey key) throws RegionException {
    if (current(key).isPresent()) {
      return null;
    }
    return versions.of(key).versions().stream()
        .findFirst()
        .map(S3Versions.Version::id)
        .orElseThrow(() -> new RegionException.Missing(name, key, "is not there"));
  }

  @Override
  public Instant now() throws RegionException {
    return connection.now();
  }

  @Override
  public void ping() throws RegionException {
    connection.ping();
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
