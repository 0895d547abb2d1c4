package dev.lifeboat.vault.region.s3;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract with radosgw, over TLS 1.3. */
class RadosGatewayRegionIT extends S3RegionContract {
  private static RadosGateway server;

  @BeforeAll
  static void start() {
    server = RadosGateway.start();
    server.createBucket("contract", S3TestServer.Bucket.PLAIN);
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
    return overTls(server, "contract");
  }
}
