package dev.lifeboat.vault.region.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ObjectVersion;

/** radosgw ignores {@code If-None-Match} in buckets with versions: nothing is stored over. */
class IgnoredConditionsIT {
  private static final ObjectKey FIRST = new ObjectKey("leases/a/1");
  private static final ObjectKey SECOND = new ObjectKey("leases/a/2");

  @Test
  void put_whatIsThere_isLeftAlone() throws Exception {
    try (RadosGateway server = RadosGateway.start();
        S3Client admin = server.admin()) {
      String bucket = server.createBucket("ignores", S3TestServer.Bucket.VERSIONED);
      try (S3Region region =
          S3RegionContract.open(server, S3RegionContract.overTls(server, bucket))) {
        assertThat(region.put(FIRST, ByteBuffer.allocate(10))).isTrue();
        assertThat(region.put(SECOND, ByteBuffer.allocate(10))).isTrue();
        byte[] others = "0123456789".getBytes(StandardCharsets.US_ASCII);
        assertThat(region.put(SECOND, ByteBuffer.wrap(others))).isFalse();
        assertThatThrownBy(() -> region.put(SECOND, ByteBuffer.allocate(11)))
            .isInstanceOf(RegionException.Conflict.class);
        assertThat(region.read(SECOND)).isEqualTo(new byte[10]);
      }

      List<ObjectVersion> versions = admin.listObjectVersions(b -> b.bucket(bucket)).versions();
      // The first object is where it was found out: the same bytes, twice.
      assertThat(versions)
          .extracting(ObjectVersion::key)
          .containsExactly(FIRST.value(), FIRST.value(), SECOND.value());
      assertThat(versions).extracting(ObjectVersion::size).containsOnly(10L);
    }
  }
}
