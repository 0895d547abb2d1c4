package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionContract;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/** The contract in a bucket of a real server, each test below a prefix of its own. */
abstract class S3RegionContract extends RegionContract {
  private static final AtomicInteger PREFIXES = new AtomicInteger();

  private String prefix = "";

  /** Where the bucket is. */
  protected abstract S3TestServer server();

  /** How it is spoken to; the prefix is added. */
  protected abstract S3Settings settings();

  /** Over TLS, with the server's own authority. */
  protected static S3Settings overTls(S3TestServer server, String bucket) {
    return S3Settings.of(bucket, server.endpoint())
        .withTls(new S3Settings.Tls("1.3", Optional.of(server.authority())));
  }

  @Override
  protected Region create() throws Exception {
    prefix = "test-%d/".formatted(PREFIXES.incrementAndGet());
    return open();
  }

  @Override
  protected Region openAgain(Region first) throws Exception {
    return open();
  }

  /** The region of the present test. */
  protected final S3Region open() throws RegionException {
    return open(server(), settings().withPrefix(prefix));
  }

  static S3Region open(S3TestServer server, S3Settings settings) throws RegionException {
    return new S3Region(
        new S3Connection(
            new RegionName("bucket"),
            settings,
            StaticCredentialsProvider.create(
                AwsBasicCredentials.create(server.accessKey(), server.secretKey())),
            Clock.systemUTC()));
  }
}
