package dev.lifeboat.vault.region.s3;

import java.net.URI;
import java.nio.file.Path;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;

/** An S3 server that a test started, on the loopback interface. */
public interface S3TestServer extends AutoCloseable {
  /** What a bucket does besides keeping objects. */
  enum Bucket {
    PLAIN,
    VERSIONED,
    /** With versions and Object Lock, without a default retention. */
    LOCKABLE
  }

  /** Over TLS; {@link #authority} signed its certificate. */
  URI endpoint();

  /** Without TLS: for what looks into the traffic. */
  URI plainEndpoint();

  String accessKey();

  String secretKey();

  /** PEM file of the authority that signed the server's certificate. */
  default Path authority() {
    return TestCertificates.shared().authority();
  }

  /** A client for arranging and inspecting, careful about nothing; close it. */
  default S3Client admin() {
    return client(accessKey(), secretKey());
  }

  /** The same with other credentials. */
  default S3Client client(String access, String secret) {
    return S3Client.builder()
        .endpointOverride(plainEndpoint())
        .region(Region.US_EAST_1)
        .forcePathStyle(true)
        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
        .serviceConfiguration(c -> c.chunkedEncodingEnabled(false))
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create(access, secret)))
        .build();
  }

  /** Makes an empty bucket, and gives back its name. */
  default String createBucket(String name, Bucket kind) {
    try (S3Client s3 = admin()) {
      s3.createBucket(b -> {
        b.bucket(name);
        if (kind == Bucket.LOCKABLE) {
          b.objectLockEnabledForBucket(true);
        }
      });
      if (kind == Bucket.VERSIONED) {
        s3.putBucketVersioning(b ->
            b.bucket(name).versioningConfiguration(v -> v.status(BucketVersioningStatus.ENABLED)));
      }
    }
    return name;
  }

  @Override
  void close();
}
