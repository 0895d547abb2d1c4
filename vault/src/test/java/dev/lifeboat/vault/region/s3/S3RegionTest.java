package dev.lifeboat.vault.region.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/** What a region makes of a service or network that does not do what it should. */
class S3RegionTest {
  private static final ObjectKey KEY = new ObjectKey("leases/a/1");

  private final ConcurrentLinkedQueue<String> requests = new ConcurrentLinkedQueue<>();
  private volatile HttpFault.Script script = HttpFault.calm();
  private S3ProxyServer server;
  private FaultProxy wire;
  private S3Region region;

  @BeforeEach
  void setUp() throws Exception {
    server = S3ProxyServer.start();
    server.createBucket("vault", S3TestServer.Bucket.PLAIN);
    wire =
        FaultProxy.before(server.plainEndpoint())
            .follow((method, target) -> {
              requests.add(method);
              return script.next(method, target);
            });
    region = S3RegionContract.open(server, settings());
  }

  @AfterEach
  void tearDown() {
    region.close();
    wire.close();
    server.close();
  }

  private S3Settings settings() {
    return S3Settings.of("vault", wire.endpoint());
  }

  private void reopen(S3Settings settings) throws Exception {
    region.close();
    region = S3RegionContract.open(server, settings);
  }

  private static ByteBuffer bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return ByteBuffer.wrap(bytes);
  }

  private static HttpFault.Script once(String method, HttpFault fault) {
    AtomicBoolean done = new AtomicBoolean();
    return (m, _) ->
        m.equals(method) && done.compareAndSet(false, true) ? fault : new HttpFault.None();
  }

  @Test
  void put_conditionsHonoured_isLearntOnceAndThenOneRequestEach() throws Exception {
    assertThat(region.put(KEY, bytes(10))).isTrue();
    assertThat(requests).containsExactly("HEAD", "HEAD", "PUT", "PUT");
    requests.clear();

    assertThat(region.put(new ObjectKey("leases/a/2"), bytes(10))).isTrue();
    assertThat(requests).containsExactly("PUT");
    requests.clear();

    assertThat(region.put(KEY, bytes(10))).isFalse();
    assertThat(requests).containsExactly("PUT", "HEAD");
  }

  @Test
  void put_conditionsKnownToBeIgnored_looksBeforeEach() throws Exception {
    reopen(settings().withConditionalPuts(false));
    assertThat(region.put(KEY, bytes(10))).isTrue();
    assertThat(region.put(KEY, bytes(10))).isFalse();
    assertThatThrownBy(() -> region.put(KEY, bytes(11)))
        .isInstanceOf(RegionException.Conflict.class);
    assertThat(requests).containsExactly("HEAD", "HEAD", "PUT", "HEAD", "HEAD");
  }

  @Test
  void put_packWhoseBytesDoNotHaveItsName_isRefusedForGood() throws Exception {
    reopen(settings().withConditionalPuts(true));
    ObjectKey pack = new ObjectKey("packs/ab/" + "ab".repeat(32));

    assertThatThrownBy(() -> region.put(pack, bytes(1_000)))
        .isInstanceOf(RegionException.Permanent.class)
        .hasMessageContaining("do not have the SHA-256 that it is named by");

    assertThat(region.stat(pack)).isEmpty();
  }

  @Test
  void put_packByItsName_isStored() throws Exception {
    ByteBuffer bytes = bytes(1_000_000);
    String hash = Content.hashed(bytes).sha256();
    ObjectKey pack = new ObjectKey("packs/%s/%s".formatted(hash.substring(0, 2), hash));
    assertThat(Content.of(pack, bytes)).isEqualTo(new Content(hash, true));
    assertThat(region.put(pack, bytes)).isTrue();
    assertThat(Content.hashed(ByteBuffer.wrap(region.read(pack))).sha256()).isEqualTo(hash);
    assertThat(HexFormat.of().parseHex(hash)).hasSize(32);
  }

  @Test
  void put_aboveTheThreshold_goesInParts() throws Exception {
    reopen(settings().withSizes(new S3Settings.Sizes(6 << 20, 5 << 20)));
    ByteBuffer large = bytes((12 << 20) + 7);

    assertThat(region.put(KEY, large)).isTrue();

    // Looking for it and for the bucket, beginning, three parts, the end, and looking again.
    assertThat(requests)
        .containsExactly("HEAD", "HEAD", "POST", "PUT", "PUT", "PUT", "POST", "HEAD");
    assertThat(ByteBuffer.wrap(region.read(KEY))).isEqualTo(large);
    assertThat(region.put(KEY, large)).isFalse();
  }

  @Test
  void put_partThatFails_leavesNoParts() throws Exception {
    reopen(settings().withSizes(new S3Settings.Sizes(6 << 20, 5 << 20)));
    script = once("PUT", new HttpFault.CutRequest(0.5));

    assertThatThrownBy(() -> region.put(KEY, bytes(12 << 20)))
        .isInstanceOf(RegionException.Transient.class);

    assertThat(requests).contains("DELETE");
    try (S3Client s3 = server.admin()) {
      assertThat(s3.listMultipartUploads(b -> b.bucket("vault")).uploads()).isEmpty();
    }
    assertThat(region.stat(KEY)).isEmpty();
    assertThat(region.put(KEY, bytes(12 << 20))).isTrue();
  }

  @Test
  void put_answerLost_packIsFoundToBeThere() throws Exception {
    reopen(settings().withConditionalPuts(true));
    ByteBuffer bytes = bytes(100_000);
    String hash = Content.hashed(bytes).sha256();
    ObjectKey pack = new ObjectKey("packs/%s/%s".formatted(hash.substring(0, 2), hash));
    script = once("PUT", new HttpFault.AnswerLost());

    assertThat(region.put(pack, bytes)).isTrue();
    assertThat(requests).containsExactly("PUT", "HEAD");
    assertThat(region.put(pack, bytes)).isFalse();
  }

  @Test
  void put_answerLostOfAnObjectWithAnotherName_isTriedAgainAndThereAlready() throws Exception {
    reopen(settings().withConditionalPuts(true));
    script = once("PUT", new HttpFault.AnswerLost());

    assertThatThrownBy(() -> region.put(KEY, bytes(10)))
        .isInstanceOf(RegionException.Transient.class);
    assertThat(region.put(KEY, bytes(10))).isFalse();
  }

  @Test
  void put_twiceOnTheWire_isStoredOnce() throws Exception {
    reopen(settings().withConditionalPuts(true));
    script = once("PUT", new HttpFault.Duplicated());
    ByteBuffer bytes = bytes(10);
    boolean _ = region.put(KEY, bytes);
    assertThat(ByteBuffer.wrap(region.read(KEY))).isEqualTo(bytes);
  }

  @Test
  void put_slowDown_passesAndTellsThePause() throws Exception {
    reopen(settings().withConditionalPuts(true));
    script = once("PUT", new HttpFault.SlowDown(Duration.ofSeconds(7)));

    assertThatThrownBy(() -> region.put(KEY, bytes(10)))
        .isInstanceOfSatisfying(
            RegionException.Transient.class,
            e -> assertThat(e.pause()).isEqualTo(Duration.ofSeconds(7)));
    assertThat(requests).containsExactly("PUT");
    assertThat(region.put(KEY, bytes(10))).isTrue();
  }

  @Test
  void put_peerThatTakesNoMoreBytes_isGivenUp() throws Exception {
    reopen(
        settings()
            .withConditionalPuts(true)
            .withTimeouts(
                new S3Settings.Timeouts(
                    Duration.ofMinutes(5), Duration.ofSeconds(5), Duration.ofSeconds(1))));
    wire.blackHole(true);

    // As RegionSet does it: in a virtual thread, whose writes an interrupt ends.
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            boolean _ = region.put(KEY, bytes(30 << 20));
          } catch (Throwable e) {
            failure.set(e);
          }
        })
        .join();

    assertThat(failure.get()).isInstanceOf(RegionException.Transient.class);
    wire.blackHole(false);
    assertThat(region.put(KEY, bytes(10))).isTrue();
  }

  @Test
  void put_interrupted_endsAndPasses() throws Exception {
    reopen(settings().withConditionalPuts(true));
    wire.blackHole(true);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              try {
                boolean _ = region.put(KEY, bytes(30 << 20));
              } catch (Throwable e) {
                failure.set(e);
              }
            });
    while (wire.requests() == 0) {
      Thread.sleep(5);
    }
    thread.interrupt();
    thread.join();
    assertThat(failure.get()).isInstanceOf(RegionException.Transient.class);
  }

  @Test
  void read_bodyThatEndsEarly_passes() throws Exception {
    assertThat(region.put(KEY, bytes(100_000))).isTrue();
    for (HttpFault fault : List.of(new HttpFault.CutResponse(0.5), new HttpFault.Truncated(0.5))) {
      script = once("GET", fault);
      assertThatThrownBy(() -> region.read(KEY, 1_000, 90_000))
          .as(fault.toString())
          .isInstanceOf(RegionException.class)
          .isNotInstanceOf(RegionException.Permanent.class);
      script = once("GET", new HttpFault.CutResponse(0.5));
      assertThatThrownBy(() -> region.read(KEY)).isInstanceOf(RegionException.Transient.class);
    }
    assertThat(region.read(KEY, 1_000, 90_000)).hasSize(90_000);
  }

  @Test
  void list_manyPages_showsAllInOrder() throws Exception {
    try (S3Client s3 = server.admin()) {
      for (int i = 0; i < 1_100; i++) {
        String key = "packs/%04d".formatted(i);
        s3.putObject(
            b -> b.bucket("vault").key(key),
            software.amazon.awssdk.core.sync.RequestBody.fromString("x"));
      }
      s3.putObject(
          b -> b.bucket("vault").key("packs/no key of ours"),
          software.amazon.awssdk.core.sync.RequestBody.fromString("x"));
    }
    ConcurrentLinkedQueue<String> listed = new ConcurrentLinkedQueue<>();
    region.list("packs/", info -> listed.add(info.key().value()));
    assertThat(List.copyOf(listed)).hasSize(1_100).isSorted();
    // Once in a session the bucket is asked whether it keeps versions.
    assertThat(requests).containsExactly("GET", "GET", "GET");
  }

  @Test
  void anything_noBucket_isForGoodAndNamesTheBucket() throws Exception {
    reopen(S3Settings.of("nowhere", wire.endpoint()));
    assertThatThrownBy(() -> region.stat(KEY))
        .isInstanceOf(RegionException.Permanent.class)
        .hasMessageContaining("there is no bucket nowhere");
    assertThatThrownBy(() -> region.read(KEY)).isInstanceOf(RegionException.Permanent.class);
    assertThatThrownBy(() -> region.put(KEY, bytes(1)))
        .isInstanceOf(RegionException.Permanent.class);
    assertThatThrownBy(() -> region.list("", _ -> {}))
        .isInstanceOf(RegionException.Permanent.class);
  }

  @Test
  void anything_unknownAuthority_isForGoodAndSaysSo() throws Exception {
    reopen(
        S3Settings.of("vault", server.endpoint())
            .withTls(new S3Settings.Tls("1.3", Optional.empty())));
    assertThatThrownBy(() -> region.stat(KEY))
        .isInstanceOf(RegionException.Permanent.class)
        .hasMessageContaining("tls: ca");
  }

  @Test
  void anything_nobodyListens_passes() throws Exception {
    wire.close();
    assertThatThrownBy(() -> region.stat(KEY)).isInstanceOf(RegionException.Transient.class);
  }

  @Test
  void requests_areCountedByOperation() throws Exception {
    reopen(settings().withConditionalPuts(true));
    boolean _ = region.put(KEY, bytes(10));
    region.read(KEY);
    region.read(KEY, 2, 3);
    region.delete(KEY);
    region.now();
    assertThat(region.connection().requests().byOperation())
        .containsOnly(
            java.util.Map.entry("PutObject", 1L),
            java.util.Map.entry("GetObject", 2L),
            java.util.Map.entry("GetBucketVersioning", 1L),
            java.util.Map.entry("DeleteObject", 1L));
    assertThat(region.connection().requests().total()).isEqualTo(wire.requests());
  }

  @Test
  void ping_silentServiceThatAnsweredAMomentAgo_isNotTakenForAlive() throws Exception {
    reopen(
        settings()
            .withTimeouts(
                new S3Settings.Timeouts(
                    Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(1))));
    region.ping();
    Object _ = region.now();
    wire.blackHole(true);
    Object _ = region.now();
    assertThatThrownBy(region::ping).isInstanceOf(RegionException.Transient.class);
  }

  @Test
  void ping_serviceThatIsBusyOrRefuses_answers() throws Exception {
    script = (_, _) -> new HttpFault.SlowDown(Duration.ZERO);
    region.ping();
  }

  @Test
  void copyFrom_bucketOfTheSameService_movesNoBytesThroughHere() throws Exception {
    ByteBuffer bytes = bytes(300_000);
    String hash = Content.hashed(bytes).sha256();
    ObjectKey pack = new ObjectKey("packs/%s/%s".formatted(hash.substring(0, 2), hash));
    server.createBucket("other", S3TestServer.Bucket.PLAIN);
    try (S3Region other = S3RegionContract.open(server, S3Settings.of("other", wire.endpoint()))) {
      assertThat(other.copyFrom(region, pack, Digest.parse(hash))).isFalse();
      assertThat(region.put(pack, bytes)).isTrue();
      requests.clear();

      assertThat(other.copyFrom(region, pack, Digest.parse(hash))).isTrue();

      assertThat(requests).doesNotContain("GET");
      assertThat(ByteBuffer.wrap(other.read(pack))).isEqualTo(bytes);
      assertThat(other.copyFrom(region, pack, Digest.parse(hash))).isFalse();
    }
  }

  @Test
  void copyFrom_bytesThatDoNotHaveTheName_copiesNothing() throws Exception {
    ObjectKey pack = new ObjectKey("packs/ab/" + "ab".repeat(32));
    server.createBucket("other", S3TestServer.Bucket.PLAIN);
    try (S3Client s3 = server.admin()) {
      Object _ =
          s3.putObject(
              b -> b.bucket("vault").key(pack.value()), RequestBody.fromBytes(new byte[] {1, 2}));
    }
    try (S3Region other = S3RegionContract.open(server, S3Settings.of("other", wire.endpoint()))) {
      assertThat(other.copyFrom(region, pack, Digest.parse("ab".repeat(32)))).isFalse();
      assertThat(other.stat(pack)).isEmpty();
    }
  }
}
