package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/**
 * Stores one large object in parts, which become an object in the last request. Parts of an upload
 * that failed are removed; those of a process that died stay until a rule of the bucket's life
 * cycle removes them.
 */
final class MultipartUpload {
  private final S3Connection connection;
  private final S3Settings settings;
  private final ObjectKey key;
  private final ByteBuffer bytes;
  private final ConditionalPuts conditional;
  private final @Nullable S3Locks locks;

  MultipartUpload(
      S3Connection connection,
      ObjectKey key,
      ByteBuffer bytes,
      ConditionalPuts conditional,
      @Nullable S3Locks locks) {
    this.locks = locks;
    this.connection = connection;
    this.settings = connection.settings();
    this.key = key;
    this.bytes = bytes;
    this.conditional = conditional;
  }

  /**
   * Stores it.
   *
   * @param lookup tells in the end whether all of it is there
   * @throws SdkException as the SDK does
   */
  boolean run(Uploads.Lookup lookup) throws RegionException {
    String path = settings.prefix() + key;
    Instant until = locks == null ? null : locks.until(key);
    CreateMultipartUploadRequest.Builder dressed =
        Kinds.dress(
            settings,
            key,
            CreateMultipartUploadRequest.builder().bucket(settings.bucket()).key(path));
    CreateMultipartUploadRequest begin =
        (locks == null ? dressed : locks.dress(dressed, until)).build();
    String upload = connection.call(s3 -> s3.createMultipartUpload(begin)).uploadId();
    String version;
    boolean complete = false;
    try {
      List<CompletedPart> parts = new ArrayList<>();
      for (int offset = 0; offset < bytes.remaining(); offset += settings.sizes().part()) {
        int length = Math.min(settings.sizes().part(), bytes.remaining() - offset);
        ByteBuffer part = bytes.slice(bytes.position() + offset, length);
        parts.add(sendPart(path, upload, parts.size() + 1, part));
      }
      version =
          connection
              .call(s3 ->
                  s3.completeMultipartUpload(b ->
                      b.bucket(settings.bucket())
                          .key(path)
                          .uploadId(upload)
                          .multipartUpload(m -> m.parts(parts))
                          .ifNoneMatch(
                              conditional.state() == ConditionalPuts.State.REFUSED ? null : "*")))
              .versionId();
      complete = true;
    } finally {
      if (!complete) {
        abort(path, upload);
      }
    }
    Optional<ObjectInfo> there = lookup.stat(key);
    if (there.isEmpty() || there.get().bytes() != bytes.remaining()) {
      throw new RegionException.Transient(
          connection.name(),
          "cannot store %s: after all parts were stored the service shows %s"
              .formatted(
                  key, there.map(info -> info.bytes() + " bytes of it").orElse("nothing of it")),
          null);
    }
    if (locks != null) {
      locks.ensure(key, version, until, true);
    }
    return true;
  }

  private CompletedPart sendPart(String path, String upload, int number, ByteBuffer part)
      throws RegionException {
    Content content = Content.hashed(part);
    UploadPartRequest request =
        UploadPartRequest.builder()
            .bucket(settings.bucket())
            .key(path)
            .uploadId(upload)
            .partNumber(number)
            .contentLength((long) part.remaining())
            .overrideConfiguration(
                connection
                    .within(part.remaining())
                    .putHeader(KnownHashSigner.HEADER, content.sha256())
                    .build())
            .build();
    String tag =
        Sending.send(connection, part, body -> connection.call(s3 -> s3.uploadPart(request, body)))
            .eTag();
    return CompletedPart.builder().partNumber(number).eTag(tag).build();
  }

  private void abort(String path, String upload) {
    // An interrupt ends the upload, not its removal.
    boolean interrupted = Thread.interrupted();
    try {
      Object _ =
          connection.call(s3 ->
              s3.abortMultipartUpload(b -> b.bucket(settings.bucket()).key(path).uploadId(upload)));
    } catch (SdkException | RegionException e) {
      // What made the upload fail is told; parts that stay cost a little until they expire.
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
