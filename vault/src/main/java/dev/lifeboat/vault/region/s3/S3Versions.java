package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;
import software.amazon.awssdk.services.s3.model.DeleteMarkerEntry;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsResponse;
import software.amazon.awssdk.services.s3.model.ObjectVersion;

/**
 * The versions that a bucket keeps of its objects. Lifeboat stores an object once; whatever lies
 * over that, a delete marker or other bytes, somebody else put there.
 */
final class S3Versions {
  private enum State {
    UNKNOWN,
    KEPT,
    NOT_KEPT
  }

  private final S3Connection connection;
  private final String bucket;
  private final String prefix;
  private volatile State state;

  /**
   * @param certain whether the bucket keeps versions for certain: it does where it locks
   */
  S3Versions(S3Connection connection, boolean certain) {
    this.connection = connection;
    this.bucket = connection.settings().bucket();
    this.prefix = connection.settings().prefix();
    this.state = certain ? State.KEPT : State.UNKNOWN;
  }

  /**
   * One version of an object.
   *
   * @param path in the bucket
   * @param hash of the bytes as the service makes it; the same bytes stored in the same way have
   *     the same
   */
  record Version(String path, String id, long bytes, Instant modified, String hash) {}

  /**
   * One object with all its versions.
   *
   * @param versions newest first; empty if there is nothing but delete markers
   * @param hidden whether a delete marker lies over them
   */
  record Pile(String path, List<Version> versions, List<String> markers, boolean hidden) {
    Pile {
      versions = List.copyOf(versions);
      markers = List.copyOf(markers);
    }
  }

  /**
   * Whether the bucket keeps versions. Asked once; whoever may not ask takes it that it does not.
   */
  boolean areKept() throws RegionException {
    if (state == State.UNKNOWN) {
      try {
        BucketVersioningStatus status =
            connection.call(s3 -> s3.getBucketVersioning(b -> b.bucket(bucket))).status();
        // Where they are suspended, older ones still are there.
        state = status == null ? State.NOT_KEPT : State.KEPT;
      } catch (SdkException e) {
        int code = S3Errors.status(e);
        if (code == 403 || code == 405 || S3Errors.isUnknown(e)) {
          state = State.NOT_KEPT;
        } else {
          throw connection.failure("cannot ask whether the bucket keeps versions", e);
        }
      }
    }
    return state == State.KEPT;
  }

  /** All versions of one object; without any if it is not there. */
  Pile of(ObjectKey key) throws RegionException {
    List<Pile> found = new ArrayList<>();
    list(
        prefix + key,
        pile -> {
          if (pile.path().equals(prefix + key)) {
            found.add(pile);
          }
        });
    return found.isEmpty() ? new Pile(prefix + key, List.of(), List.of(), false) : found.getFirst();
  }

  /** Everything whose path begins with {@code start}, in ascending order of paths. */
  void list(String start, Consumer<Pile> each) throws RegionException {
    Collector collector = new Collector(each);
    @Nullable String key = null;
    @Nullable String version = null;
    boolean more = true;
    while (more) {
      String fromKey = key;
      String fromVersion = version;
      ListObjectVersionsResponse page;
      try {
        page =
            connection.call(s3 ->
                s3.listObjectVersions(b ->
                    b.bucket(bucket)
                        .prefix(start)
                        .keyMarker(fromKey)
                        .versionIdMarker(fromVersion)));
      } catch (SdkException e) {
        throw connection.failure("cannot list versions of " + (start.isEmpty() ? "/" : start), e);
      }
      collector.add(page);
      more = Boolean.TRUE.equals(page.isTruncated());
      key = page.nextKeyMarker();
      version = page.nextVersionIdMarker();
      if (more
          && (key == null
              || (key.equals(fromKey) && String.valueOf(version).equals(fromVersion)))) {
        throw new RegionException.Transient(
            connection.name(), "the listing of versions breaks off behind " + key, null);
      }
    }
    collector.finish();
  }

  /**
   * Puts pages together. Versions and delete markers come in two lists, each in the order of paths,
   * newest first; the last path of a page may go on in the next.
   */
  private static final class Collector {
    private final Consumer<Pile> each;
    private final List<ObjectVersion> versions = new ArrayList<>();
    private final List<DeleteMarkerEntry> markers = new ArrayList<>();

    Collector(Consumer<Pile> each) {
      this.each = each;
    }

    void add(ListObjectVersionsResponse page) {
      versions.addAll(page.versions());
      markers.addAll(page.deleteMarkers());
      String last = "";
      if (!versions.isEmpty()) {
        last = versions.getLast().key();
      }
      if (!markers.isEmpty() && markers.getLast().key().compareTo(last) > 0) {
        last = markers.getLast().key();
      }
      emit(last);
    }

    void finish() {
      emit(null);
    }

    /** All paths before this one; {@code null} for all. */
    private void emit(@Nullable String before) {
      int v = 0;
      int m = 0;
      while (v < versions.size() || m < markers.size()) {
        String path =
            v == versions.size()
                ? markers.get(m).key()
                : m == markers.size() || versions.get(v).key().compareTo(markers.get(m).key()) <= 0
                    ? versions.get(v).key()
                    : markers.get(m).key();
        if (before != null && path.compareTo(before) >= 0) {
          break;
        }
        List<Version> own = new ArrayList<>();
        for (; v < versions.size() && versions.get(v).key().equals(path); v++) {
          ObjectVersion one = versions.get(v);
          own.add(
              new Version(
                  path,
                  one.versionId() == null ? "null" : one.versionId(),
                  one.size(),
                  one.lastModified(),
                  String.valueOf(one.eTag())));
        }
        List<String> over = new ArrayList<>();
        boolean hidden = false;
        for (; m < markers.size() && markers.get(m).key().equals(path); m++) {
          over.add(markers.get(m).versionId() == null ? "null" : markers.get(m).versionId());
          hidden |= Boolean.TRUE.equals(markers.get(m).isLatest());
        }
        each.accept(new Pile(path, own, over, hidden));
      }
      versions.subList(0, v).clear();
      markers.subList(0, m).clear();
    }
  }

  /** Hashes of a pile that are not all the same: bytes that Lifeboat cannot have stored twice. */
  static boolean differ(Pile pile) {
    Set<String> contents = new HashSet<>();
    pile.versions().forEach(version -> contents.add(version.hash() + "/" + version.bytes()));
    return contents.size() > 1;
  }

  /** Removes one version, or one delete marker, for good. */
  void remove(ObjectKey key, String version) throws RegionException {
    try {
      Object _ =
          connection.call(
              s3 -> s3.deleteObject(b -> b.bucket(bucket).key(prefix + key).versionId(version)));
    } catch (SdkException e) {
      if (!S3Errors.isMissing(e)) {
        throw connection.failure("cannot delete " + key, e);
      }
    }
  }
}
