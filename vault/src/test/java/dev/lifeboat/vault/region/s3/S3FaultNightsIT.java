package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.engine.FaultNights;
import dev.lifeboat.vault.engine.VaultFixture;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RetryPolicy;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/**
 * Nights against three buckets of a real server over wires that are slow, cut, silent, repeat
 * requests, lose answers, shorten and corrupt bodies, show listings of old or with holes, and ask
 * to slow down.
 *
 * <p>{@code -Dlifeboat.wire.seed=…} repeats a failure as far as threads and network do, {@code
 * -Dlifeboat.wire.nights=100} runs a hundred nights instead of as many as a minute has room for.
 */
@Timeout(5400)
class S3FaultNightsIT {
  private static final long SEED = Long.getLong("lifeboat.wire.seed", 20_261_122L);
  private static final int NIGHTS = Integer.getInteger("lifeboat.wire.nights", 4);

  /** Silence is told soon; everything here is on the loopback interface. */
  private static final RetryPolicy POLICY =
      new RetryPolicy(3, Duration.ofMillis(2), Duration.ofMillis(10), Duration.ofMillis(700));

  private static final S3Settings.Timeouts SHORT =
      new S3Settings.Timeouts(
          Duration.ofMillis(1000), Duration.ofMillis(600), Duration.ofMillis(600));

  /** What may happen to single requests; silence is for whole nights. */
  private static final Set<HttpFault.Kind> ANY =
      EnumSet.complementOf(EnumSet.of(HttpFault.Kind.BLACK_HOLE, HttpFault.Kind.SLOW_DOWN));

  private static final Set<HttpFault.Kind> CUTS =
      EnumSet.of(
          HttpFault.Kind.CUT_REQUEST,
          HttpFault.Kind.CUT_RESPONSE,
          HttpFault.Kind.ANSWER_LOST,
          HttpFault.Kind.DUPLICATED);

  private static final Set<HttpFault.Kind> BODIES =
      EnumSet.of(HttpFault.Kind.TRUNCATED, HttpFault.Kind.CORRUPTED);

  private static final Set<HttpFault.Kind> LISTINGS =
      EnumSet.of(HttpFault.Kind.STALE_LISTING, HttpFault.Kind.LISTING_OMITS);

  /** A bucket, and the wire to it. */
  private static final class Bucket implements FaultNights.Place {
    private final S3TestServer server;
    private final String bucket;
    private final FaultProxy wire;

    private Bucket(S3TestServer server, String bucket) {
      this.server = server;
      this.bucket = server.createBucket(bucket, S3TestServer.Bucket.PLAIN);
      this.wire = FaultProxy.before(server.plainEndpoint());
    }

    @Override
    public RegionName name() {
      return new RegionName(bucket);
    }

    @Override
    public Region open() throws RegionException {
      return region(S3Settings.of(bucket, wire.endpoint()).withTimeouts(SHORT));
    }

    @Override
    public Region bare() throws RegionException {
      return region(S3Settings.of(bucket, server.plainEndpoint()));
    }

    private S3Region region(S3Settings settings) throws RegionException {
      return new S3Region(
          new S3Connection(
              name(),
              settings,
              StaticCredentialsProvider.create(
                  AwsBasicCredentials.create(server.accessKey(), server.secretKey())),
              Clock.systemUTC()));
    }

    @Override
    public void fail(Random dice) {
      calm();
      Random own = new Random(dice.nextLong());
      var _ =
          switch (dice.nextInt(12)) {
            case 0 -> wire.follow(HttpFault.random(own, 0.05, ANY));
            case 1 -> wire.follow(HttpFault.random(own, 0.3, ANY));
            case 2 -> wire.follow(HttpFault.random(own, 0.3, CUTS));
            case 3 -> wire.blackHole(true);
            case 4 -> from(dice.nextInt(40), HttpFault.Kind.BLACK_HOLE, own);
            case 5 -> from(dice.nextInt(40), HttpFault.Kind.CUT_REQUEST, own);
            case 6 -> wire.follow(storm(dice.nextInt(40)));
            case 7 -> wire.follow(HttpFault.random(own, 0.7, BODIES));
            case 8 -> wire.follow(HttpFault.random(own, 0.9, LISTINGS));
            case 9 -> wire.rate(400_000).latency(Duration.ofMillis(3));
            default -> wire;
          };
    }

    @Override
    public void vanish() {
      var _ = wire.mend().blackHole(true);
    }

    /** From its n-th request on, every one fares like this. */
    private FaultProxy from(int request, HttpFault.Kind kind, Random random) {
      AtomicInteger left = new AtomicInteger(request);
      HttpFault.Script then = HttpFault.random(random, 1, EnumSet.of(kind));
      return wire.follow((method, target) ->
          left.getAndDecrement() > 0 ? new HttpFault.None() : then.next(method, target));
    }

    /** Of each sixty requests, those behind the n-th are sent away. */
    private static HttpFault.Script storm(int request) {
      AtomicInteger number = new AtomicInteger();
      return (_, _) ->
          number.getAndIncrement() % 60 < request
              ? new HttpFault.None()
              : new HttpFault.SlowDown(Duration.ZERO);
    }

    @Override
    public void calm() {
      var _ = wire.mend();
    }
  }

  @Test
  void nights_wiresFail_whatWasReportedDurableComesBackAndTheRestIsNamed(@TempDir Path home)
      throws Exception {
    List<Bucket> places = new ArrayList<>();
    try (S3ProxyServer server = S3ProxyServer.start()) {
      for (int i = 0; i < 3; i++) {
        places.add(new Bucket(server, "bucket-" + i));
      }
      new FaultNights(SEED, NIGHTS, places, POLICY, new VaultFixture.TestClock(), home).run();
    } finally {
      places.forEach(place -> place.wire.close());
    }
  }
}
