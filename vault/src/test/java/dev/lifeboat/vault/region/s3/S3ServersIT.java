package dev.lifeboat.vault.region.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ObjectLockRetentionMode;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** The servers that other tests build on do what those rely on. */
class S3ServersIT {
  @Test
  void s3Proxy_versionedBucket_keepsWhatIsOverwritten() {
    try (S3ProxyServer server = S3ProxyServer.start();
        S3Client s3 = server.admin()) {
      server.createBucket("versioned", S3TestServer.Bucket.VERSIONED);
      PutObjectResponse first =
          s3.putObject(b -> b.bucket("versioned").key("a"), RequestBody.fromString("one"));
      s3.putObject(b -> b.bucket("versioned").key("a"), RequestBody.fromString("two"));
      assertThat(
              s3.getObjectAsBytes(b -> b.bucket("versioned").key("a").versionId(first.versionId()))
                  .asString(StandardCharsets.UTF_8))
          .isEqualTo("one");
    }
  }

  @Test
  void radosGateway_complianceLock_refusesToDeleteTheVersion() {
    try (RadosGateway server = RadosGateway.start();
        S3Client s3 = server.admin()) {
      server.createBucket("locked", S3TestServer.Bucket.LOCKABLE);
      PutObjectResponse put =
          s3.putObject(
              b ->
                  b.bucket("locked")
                      .key("a")
                      .objectLockMode("COMPLIANCE")
                      .objectLockRetainUntilDate(Instant.now().plus(1, ChronoUnit.DAYS)),
              RequestBody.fromString("one"));
      assertThatThrownBy(
              () -> s3.deleteObject(b -> b.bucket("locked").key("a").versionId(put.versionId())))
          .isInstanceOf(S3Exception.class)
          .extracting(e -> ((S3Exception) e).statusCode())
          .isEqualTo(403);
      assertThat(s3.getObjectRetention(b -> b.bucket("locked").key("a")).retention().mode())
          .isEqualTo(ObjectLockRetentionMode.COMPLIANCE);
    }
  }

  @Test
  void radosGateway_pausedAndKilled_comesBackWithItsObjects() {
    try (RadosGateway server = RadosGateway.start();
        RadosGateway other = RadosGateway.start();
        S3Client s3 = server.admin();
        S3Client elsewhere = other.admin()) {
      server.createBucket("outage", S3TestServer.Bucket.PLAIN);
      s3.putObject(b -> b.bucket("outage").key("a"), RequestBody.fromString("one"));
      server.pause();
      try {
        assertThat(elsewhere.getObjectAsBytes(b -> b.bucket("outage").key("a")).asUtf8String())
            .isEqualTo("one");
      } finally {
        server.resume();
      }
      server.kill();
      server.restart();
      assertThat(s3.getObjectAsBytes(b -> b.bucket("outage").key("a")).asUtf8String())
          .isEqualTo("one");
    }
  }
}
