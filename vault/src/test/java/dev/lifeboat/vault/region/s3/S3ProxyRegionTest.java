package dev.lifeboat.vault.region.s3;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract with S3Proxy, over TLS 1.3. */
class S3ProxyRegionTest extends S3RegionContract {
  private static S3ProxyServer server;

  @BeforeAll
  static void start() {
    server = S3ProxyServer.start();
    server.createBucket("vault", S3TestServer.Bucket.PLAIN);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Override
  protected S3TestServer server() {
    return server;
  }

  @Override
  protected S3Settings settings() {
    return overTls(server, "vault");
  }

  /** S3Proxy looks at its files one by one: what goes away meanwhile is listed with 0 bytes. */
  @Override
  protected boolean listsLengthsWhileOthersWrite() {
    return false;
  }
}
