package dev.lifeboat.vault.region.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.lifeboat.vault.region.LockContract;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.region.Overlay;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ObjectVersion;

/**
 * Compliance locks where they are enforced, and what a thief of credentials can do against them.
 */
class RadosGatewayLockIT extends LockContract {
  private static RadosGateway server;
  private String prefix = "";

  @BeforeAll
  static void start() {
    server = RadosGateway.start();
    server.createBucket("lock-contract", S3TestServer.Bucket.LOCKABLE);
    server.createBucket("lock-none", S3TestServer.Bucket.VERSIONED);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Override
  protected Region create(Duration period) throws Exception {
    prefix = UUID.randomUUID() + "/";
    return open("lock-contract", period);
  }

  private Region open(String bucket, Duration period) throws RegionException {
    S3Settings settings =
        S3RegionContract.overTls(server, bucket)
            .withPrefix(prefix)
            .withSizes(new S3Settings.Sizes(6 << 20, 5 << 20));
    return new S3Region(
        new S3Connection(
            new RegionName("locked"),
            settings,
            StaticCredentialsProvider.create(
                AwsBasicCredentials.create(server.accessKey(), server.secretKey())),
            Clock.systemUTC()),
        Optional.of(new ObjectLock(ObjectLock.Mode.COMPLIANCE, period)));
  }

  /** Long enough that no lock of a test ends by itself while two busy cores look elsewhere. */
  @Override
  protected Duration period() {
    return Duration.ofSeconds(16);
  }

  @Override
  protected void pass(Instant moment) throws Exception {
    while (!region().now().isAfter(moment.plusSeconds(1))) {
      Thread.sleep(200);
    }
  }

  @Test
  void put_inParts_isLockedAllTheSame() throws Exception {
    ObjectKey key = key("packs/ab/large");
    region().put(key, ByteBuffer.wrap(new byte[11 << 20]));
    assertThat(region().lockedUntil(key)).isPresent();
    assertThatExceptionOfType(RegionException.Locked.class).isThrownBy(() -> region().delete(key));
  }

  @Test
  void put_bucketThatCannotLock_isRefusedWithAClearWord() throws Exception {
    try (Region region = open("lock-none", Duration.ofDays(1))) {
      assertThatExceptionOfType(RegionException.Permanent.class)
          .isThrownBy(() -> region.put(key("packs/ab/x"), ByteBuffer.wrap(new byte[1])))
          .withMessageContaining("lock-none cannot lock objects");
      assertThat(region.stat(key("packs/ab/x"))).isEmpty();
    }
  }

  @Test
  void deleteMarker_ofAThief_hidesNothing() throws Exception {
    ObjectKey key = key("packs/ab/x");
    region().put(key, ByteBuffer.wrap(new byte[] {1, 2, 3}));
    try (S3Client thief = server.admin()) {
      thief.deleteObject(b -> b.bucket("lock-contract").key(prefix + key));
    }
    assertThat(region().read(key)).containsExactly(1, 2, 3);
    assertThat(region().read(key, 1, 2)).containsExactly(2, 3);
    assertThat(region().stat(key).orElseThrow().bytes()).isEqualTo(3);
    List<ObjectKey> listed = new ArrayList<>();
    region().list("", info -> listed.add(info.key()));
    assertThat(listed).containsExactly(key);
    assertThat(region().lockedUntil(key)).isPresent();
    assertThat(overlays())
        .singleElement()
        .satisfies(o -> assertThat(o.kind()).isEqualTo(Overlay.Kind.DELETE_MARKER));
    region().replace(key, ByteBuffer.wrap(new byte[] {1, 2, 3}));
    assertThat(overlays()).isEmpty();
    assertThat(region().read(key)).containsExactly(1, 2, 3);
  }

  @Test
  void otherBytes_ofAThief_lieOverTheGoodOnesWhichAreFound() throws Exception {
    ObjectKey key = key("packs/ab/x");
    region().put(key, ByteBuffer.wrap(new byte[] {1, 2, 3}));
    try (S3Client thief = server.admin()) {
      thief.putObject(
          b -> b.bucket("lock-contract").key(prefix + key), RequestBody.fromString("planted"));
    }
    assertThat(region().read(key)).asString().isEqualTo("planted");
    assertThat(region().readBeneath(key, 0, Region.WHOLE, bytes -> bytes[0] == 1))
        .hasValueSatisfying(bytes -> assertThat(bytes).containsExactly(1, 2, 3));
    assertThat(region().readBeneath(key, 1, 2, bytes -> bytes[0] == 2)).isPresent();
    assertThat(region().readBeneath(key, 0, Region.WHOLE, _ -> false)).isEmpty();
    assertThat(overlays())
        .singleElement()
        .satisfies(o -> assertThat(o.kind()).isEqualTo(Overlay.Kind.OTHER_BYTES));
    region().replace(key, ByteBuffer.wrap(new byte[] {1, 2, 3}));
    assertThat(region().read(key)).containsExactly(1, 2, 3);
  }

  @Test
  void delete_version_leavesNone() throws Exception {
    ObjectKey key = key("leases/s/00000001");
    region().put(key, ByteBuffer.wrap(new byte[1]));
    region().replace(key, ByteBuffer.wrap(new byte[1]));
    region().delete(key);
    try (S3Client s3 = server.admin()) {
      assertThat(s3.listObjectVersions(b -> b.bucket("lock-contract").prefix(prefix)).versions())
          .extracting(ObjectVersion::key)
          .isEmpty();
    }
  }

  private List<Overlay> overlays() throws RegionException {
    List<Overlay> overlays = new ArrayList<>();
    region().listOverlays("", overlays::add);
    return overlays;
  }
}
