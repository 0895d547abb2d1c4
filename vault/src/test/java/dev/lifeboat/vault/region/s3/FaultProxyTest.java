package dev.lifeboat.vault.region.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/** The proxy does to the traffic of a real client and a real server what it is told to. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FaultProxyTest {
  private static final byte[] BYTES = new byte[3 << 20];

  private final S3ProxyServer server = S3ProxyServer.start();
  private final FaultProxy proxy = FaultProxy.before(server.plainEndpoint());
  private final S3Client s3 =
      S3Client.builder()
          .endpointOverride(proxy.endpoint())
          .region(Region.US_EAST_1)
          .forcePathStyle(true)
          .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
          .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
          .overrideConfiguration(c ->
              c.retryStrategy(AwsRetryStrategy.doNotRetry()).apiCallTimeout(Duration.ofSeconds(30)))
          .credentialsProvider(
              StaticCredentialsProvider.create(
                  AwsBasicCredentials.create(server.accessKey(), server.secretKey())))
          .build();

  @BeforeAll
  void makeBucket() {
    server.createBucket("faults", S3TestServer.Bucket.PLAIN);
  }

  @BeforeEach
  void empty() {
    s3.putObject(b -> b.bucket("faults").key("big"), RequestBody.fromBytes(BYTES));
    s3.putObject(b -> b.bucket("faults").key("small"), RequestBody.fromString("small"));
    s3.deleteObject(b -> b.bucket("faults").key("new"));
  }

  @AfterEach
  void mend() {
    proxy.mend();
  }

  @AfterAll
  void stop() {
    s3.close();
    proxy.close();
    server.close();
  }

  /** The next request of this method fares like this; all others go well. */
  private void once(String method, HttpFault fault) {
    AtomicReference<HttpFault> left = new AtomicReference<>(fault);
    proxy.follow((asked, _) -> {
      HttpFault next = asked.equals(method) ? left.getAndSet(null) : null;
      return next == null ? new HttpFault.None() : next;
    });
  }

  private byte[] read(String key) {
    return s3.getObjectAsBytes(b -> b.bucket("faults").key(key)).asByteArray();
  }

  private void write() {
    s3.putObject(b -> b.bucket("faults").key("new"), RequestBody.fromBytes(BYTES));
  }

  private List<String> keys() {
    return s3.listObjectsV2(b -> b.bucket("faults")).contents().stream()
        .map(S3Object::key)
        .toList();
  }

  /** S3Proxy lists the file it writes, "new-" and an id, until it sees that the client is gone. */
  private void awaitNothingInWriting() throws InterruptedException {
    long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (keys().stream().anyMatch(k -> k.startsWith("new-")) && System.nanoTime() < end) {
      Thread.sleep(20);
    }
  }

  @Test
  void calm_everything_passesUnchanged() {
    assertThat(read("big")).isEqualTo(BYTES);
    assertThat(keys()).containsExactly("big", "small");
    s3.headObject(b -> b.bucket("faults").key("big"));
  }

  @Test
  void cutResponse_inMidBody_failsTheRead() {
    once("GET", new HttpFault.CutResponse(0.5));
    assertThatThrownBy(() -> read("big")).isInstanceOf(SdkClientException.class);
    assertThat(read("big")).isEqualTo(BYTES);
  }

  @Test
  void cutRequest_inMidBody_storesNothing() throws InterruptedException {
    once("PUT", new HttpFault.CutRequest(0.5));
    assertThatThrownBy(this::write).isInstanceOf(SdkClientException.class);
    awaitNothingInWriting();
    assertThat(keys()).containsExactly("big", "small");
  }

  @Test
  void answerLost_ofAPut_storesAndFails() {
    once("PUT", new HttpFault.AnswerLost());
    assertThatThrownBy(this::write).isInstanceOf(SdkClientException.class);
    assertThat(keys()).containsExactly("big", "new", "small");
  }

  @Test
  void slowDown_isTheErrorThatS3Gives() {
    once("PUT", new HttpFault.SlowDown(Duration.ofSeconds(3)));
    assertThatThrownBy(this::write)
        .isInstanceOfSatisfying(
            S3Exception.class,
            e -> {
              assertThat(e.statusCode()).isEqualTo(503);
              assertThat(e.awsErrorDetails().errorCode()).isEqualTo("SlowDown");
              assertThat(e.awsErrorDetails().sdkHttpResponse().firstMatchingHeader("Retry-After"))
                  .hasValue("3");
            });
  }

  @Test
  void truncated_looksWhole() {
    once("GET", new HttpFault.Truncated(0.25));
    assertThat(read("big")).hasSize(BYTES.length / 4);
  }

  @Test
  void corrupted_turnsOneBit() {
    once("GET", new HttpFault.Corrupted(0.5));
    byte[] expected = BYTES.clone();
    expected[BYTES.length / 2] ^= 1;
    assertThat(read("big")).isEqualTo(expected);
  }

  @Test
  void duplicated_reachesTheServerTwice() {
    once("PUT", new HttpFault.Duplicated());
    assertThatThrownBy(() ->
            s3.putObject(
                b -> b.bucket("faults").key("new").ifNoneMatch("*"), RequestBody.fromString("x")))
        .isInstanceOfSatisfying(S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(412));
    assertThat(read("new")).asString().isEqualTo("x");
  }

  @Test
  void listings_lagAndOmit() {
    assertThat(keys()).containsExactly("big", "small");
    write();
    once("GET", new HttpFault.StaleListing());
    assertThat(keys()).containsExactly("big", "small");
    once("GET", new HttpFault.ListingOmits(1, 1));
    assertThat(keys()).isEmpty();
    assertThat(keys()).containsExactly("big", "new", "small");
  }

  @Test
  void blackHole_neverAnswers_untilMended() {
    proxy.blackHole(true);
    assertThatThrownBy(() ->
            s3.headObject(b ->
                b.bucket("faults")
                    .key("big")
                    .overrideConfiguration(c -> c.apiCallTimeout(Duration.ofSeconds(1)))))
        .isInstanceOf(SdkClientException.class);
    proxy.mend();
    assertThat(read("small")).asString().isEqualTo("small");
  }

  @Test
  void rate_ofABody_takesItsTime() {
    proxy.rate(3 << 20);
    long before = System.nanoTime();
    assertThat(read("big")).isEqualTo(BYTES);
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThan(Duration.ofMillis(900));
  }
}
