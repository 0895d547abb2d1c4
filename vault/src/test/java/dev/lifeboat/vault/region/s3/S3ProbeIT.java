package dev.lifeboat.vault.region.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionProbe;
import dev.lifeboat.vault.region.RegionProbe.Verdict;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3Client;

/** Trials say of real servers what is known of them. */
class S3ProbeIT {
  private static S3Connection connect(S3TestServer server, String bucket) throws Exception {
    return new S3Connection(
        new RegionName("bucket"),
        S3RegionContract.overTls(server, bucket).withPrefix("here/"),
        StaticCredentialsProvider.create(
            AwsBasicCredentials.create(server.accessKey(), server.secretKey())),
        Clock.systemUTC());
  }

  private static Map<String, Verdict> probe(
      S3TestServer server, String bucket, Optional<ObjectLock> lock) throws Exception {
    List<RegionProbe.Result> results = new ArrayList<>();
    SecureRandom random = new SecureRandom();
    try (S3Connection connection = connect(server, bucket)) {
      S3Probe probe = new S3Probe(connection, random);
      results.addAll(probe.run());
      assertThat(probe.conditionalPuts()).isPresent();
    }
    try (Region region = new S3Region(connect(server, bucket), lock)) {
      results.addAll(new RegionProbe(region, random, Clock.systemUTC()).run());
    }
    assertThat(results).filteredOn(result -> result.verdict() == Verdict.FAILED).isEmpty();
    try (S3Client s3 = server.admin()) {
      assertThat(s3.listObjectsV2(b -> b.bucket(bucket)).contents()).isEmpty();
    }
    return results.stream()
        .collect(Collectors.toMap(RegionProbe.Result::trial, RegionProbe.Result::verdict));
  }

  @Test
  void run_s3Proxy_honoursConditionsAndKeepsNothingBack() throws Exception {
    try (S3ProxyServer server = S3ProxyServer.start()) {
      server.createBucket("probed", S3TestServer.Bucket.PLAIN);
      Map<String, Verdict> found = probe(server, "probed", Optional.empty());
      assertThat(found)
          .containsEntry("TLS", Verdict.YES)
          .containsEntry("conditional put", Verdict.YES)
          .containsEntry("multipart", Verdict.YES)
          .containsEntry("versions", Verdict.NO)
          .containsEntry("lock", Verdict.NO)
          .containsEntry("delete", Verdict.YES);
    }
  }

  @Test
  void run_radosGatewayWithLocks_ignoresConditionsAndRefusesDeletes() throws Exception {
    try (RadosGateway server = RadosGateway.start()) {
      server.createBucket("probed", S3TestServer.Bucket.LOCKABLE);
      Map<String, Verdict> found =
          probe(
              server,
              "probed",
              Optional.of(new ObjectLock(ObjectLock.Mode.COMPLIANCE, Duration.ofDays(1))));
      assertThat(found)
          .containsEntry("TLS", Verdict.YES)
          .containsEntry("conditional put", Verdict.NO)
          .containsEntry("versions", Verdict.YES)
          .containsEntry("lock", Verdict.YES)
          .containsEntry("delete of what is locked", Verdict.YES)
          .containsEntry("delete", Verdict.YES);
    }
  }
}
