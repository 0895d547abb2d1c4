package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.region.ObjectKey;
import java.util.Optional;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

/** How objects of each kind are kept: storage class, key of the service. */
final class Kinds {
  private Kinds() {}

  static PutObjectRequest.Builder dress(
      S3Settings settings, ObjectKey key, PutObjectRequest.Builder request) {
    storageClass(settings, key).ifPresent(request::storageClass);
    settings
        .kmsKey()
        .ifPresent(
            kms -> request.serverSideEncryption(ServerSideEncryption.AWS_KMS).ssekmsKeyId(kms));
    return request;
  }

  static CreateMultipartUploadRequest.Builder dress(
      S3Settings settings, ObjectKey key, CreateMultipartUploadRequest.Builder request) {
    storageClass(settings, key).ifPresent(request::storageClass);
    settings
        .kmsKey()
        .ifPresent(
            kms -> request.serverSideEncryption(ServerSideEncryption.AWS_KMS).ssekmsKeyId(kms));
    return request;
  }

  static CopyObjectRequest.Builder dress(
      S3Settings settings, ObjectKey key, CopyObjectRequest.Builder request) {
    storageClass(settings, key).ifPresent(request::storageClass);
    settings
        .kmsKey()
        .ifPresent(
            kms -> request.serverSideEncryption(ServerSideEncryption.AWS_KMS).ssekmsKeyId(kms));
    return request;
  }

  private static Optional<String> storageClass(S3Settings settings, ObjectKey key) {
    if (key.value().startsWith(ObjectKey.PACKS)) {
      return settings.packClass();
    }
    return key.value().startsWith("index/") ? settings.indexClass() : Optional.empty();
  }
}
