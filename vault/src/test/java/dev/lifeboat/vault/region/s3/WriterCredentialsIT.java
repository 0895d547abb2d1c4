package dev.lifeboat.vault.region.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.lifeboat.vault.engine.Committed;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.engine.VaultFixture;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;
import software.amazon.awssdk.services.s3.model.ExpirationStatus;
import software.amazon.awssdk.services.s3.model.LifecycleRule;
import software.amazon.awssdk.services.s3.model.ObjectLockRetentionMode;
import software.amazon.awssdk.services.s3.model.S3Exception;
import tools.jackson.databind.json.JsonMapper;

/** What a thief can do with a writer's credentials, where the writer has the policy we print. */
class WriterCredentialsIT {
  private static final String BUCKET = "writer-credentials";
  private static final ObjectLock LOCK =
      new ObjectLock(ObjectLock.Mode.COMPLIANCE, Duration.ofDays(1));
  private static final ObjectKey PACK = new ObjectKey("packs/ab/x");
  private static final byte[] GOOD = {1, 2, 3};

  private static RadosGateway server;
  private static RadosGateway.User writer;

  private final String prefix = UUID.randomUUID() + "/";
  private S3Region region;
  private S3Client thief;

  @BeforeAll
  static void start() {
    server = RadosGateway.start();
    server.createBucket(BUCKET, S3TestServer.Bucket.LOCKABLE);
    writer = server.createUser("writer");
    S3Policy policy = new S3Policy(S3Settings.of(BUCKET, server.plainEndpoint()), true);
    try (S3Client owner = server.admin()) {
      owner.putBucketPolicy(b ->
          b.bucket(BUCKET)
              .policy(
                  JsonMapper.shared()
                      .writeValueAsString(
                          policy.of(S3Policy.Role.WRITER, Optional.of(writer.arn())))));
    }
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void open() throws Exception {
    region =
        new S3Region(
            new S3Connection(
                new RegionName("bucket"),
                S3RegionContract.overTls(server, BUCKET).withPrefix(prefix),
                StaticCredentialsProvider.create(
                    AwsBasicCredentials.create(writer.accessKey(), writer.secretKey())),
                Clock.systemUTC()),
            Optional.of(LOCK));
    thief = server.client(writer.accessKey(), writer.secretKey());
  }

  @AfterEach
  void close() {
    thief.close();
    region.close();
  }

  private String path() {
    return prefix + PACK;
  }

  private void store() throws RegionException {
    region.put(PACK, ByteBuffer.wrap(GOOD));
  }

  private static void assertRefused(Runnable attempt) {
    assertThatExceptionOfType(S3Exception.class)
        .isThrownBy(attempt::run)
        .satisfies(e -> assertThat(e.statusCode()).isEqualTo(403));
  }

  @Test
  void night_withoutAnyRightToDelete_commitsAndEndsItsLease() throws Exception {
    try (VaultFixture fixture = VaultFixture.over(List.of(region), 1)) {
      Vault vault = fixture.open();
      Committed committed = fixture.night(vault, Map.of("f", VaultFixture.bytes(1, 100_000)));
      assertThat(committed.missing()).isEmpty();
      assertThat(vault.snapshots(fixture.tenant().write())).hasSize(1);
      List<String> leases = new ArrayList<>();
      region.list("leases/", info -> leases.add(info.key().lastSegment()));
      assertThat(leases).contains("end");
      assertThat(region.lockedUntil(committed.snapshot().key())).isPresent();
    }
  }

  @Test
  void delete_byNameOrVersion_isRefused() throws Exception {
    store();
    String version = thief.headObject(b -> b.bucket(BUCKET).key(path())).versionId();
    assertRefused(() -> thief.deleteObject(b -> b.bucket(BUCKET).key(path())));
    assertRefused(() -> thief.deleteObject(b -> b.bucket(BUCKET).key(path()).versionId(version)));
    assertThat(region.read(PACK)).isEqualTo(GOOD);
  }

  @Test
  void lock_shortened_isRefused() throws Exception {
    store();
    Instant until = region.lockedUntil(PACK).orElseThrow();
    assertRefused(() ->
        thief.putObjectRetention(b ->
            b.bucket(BUCKET)
                .key(path())
                .bypassGovernanceRetention(true)
                .retention(r ->
                    r.mode(ObjectLockRetentionMode.COMPLIANCE)
                        .retainUntilDate(Instant.now().plusSeconds(60)))));
    assertThat(region.lockedUntil(PACK)).hasValue(until);
  }

  @Test
  void bucket_versionsSuspendedOrExpired_isRefused() {
    assertRefused(() ->
        thief.putBucketVersioning(b ->
            b.bucket(BUCKET)
                .versioningConfiguration(v -> v.status(BucketVersioningStatus.SUSPENDED))));
    assertRefused(() ->
        thief.putBucketLifecycleConfiguration(b ->
            b.bucket(BUCKET)
                .lifecycleConfiguration(l ->
                    l.rules(
                        LifecycleRule.builder()
                            .id("all")
                            .status(ExpirationStatus.ENABLED)
                            .filter(f -> f.prefix(""))
                            .expiration(e -> e.days(1))
                            .build()))));
  }

  @Test
  void overwrite_withOtherBytes_leavesTheGoodOnesBeneath() throws Exception {
    store();
    thief.putObject(b -> b.bucket(BUCKET).key(path()), RequestBody.fromString("planted"));
    assertThat(region.read(PACK)).asString().isEqualTo("planted");
    assertThat(region.readBeneath(PACK, 0, Region.WHOLE, bytes -> Arrays.equals(bytes, GOOD)))
        .isPresent();
    region.replace(PACK, ByteBuffer.wrap(GOOD));
    assertThat(region.read(PACK)).isEqualTo(GOOD);
  }
}
