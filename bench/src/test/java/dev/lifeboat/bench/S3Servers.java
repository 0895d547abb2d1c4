package dev.lifeboat.bench;

import dev.lifeboat.vault.region.s3.S3ProxyServer;
import dev.lifeboat.vault.region.s3.S3TestServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.LongSummaryStatistics;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * S3 servers in memory for measurements of whole commands, until standard input ends. Prints a line
 * for each: address over TLS, access key, secret key, and the file with the authority; each has an
 * empty bucket {@code lifeboat-N} for every N up to the second argument. Then answers each line,
 * the name of a bucket, with the bytes and objects that it has in the first server.
 */
final class S3Servers {
  private S3Servers() {}

  public static void main(String[] arguments) throws IOException {
    int servers = Integer.parseInt(arguments[0]);
    int buckets = Integer.parseInt(arguments[1]);
    List<S3ProxyServer> started = new ArrayList<>();
    try {
      for (int i = 0; i < servers; i++) {
        S3ProxyServer server = S3ProxyServer.start();
        started.add(server);
        for (int bucket = 1; bucket <= buckets; bucket++) {
          server.createBucket("lifeboat-" + bucket, S3TestServer.Bucket.PLAIN);
        }
        System.out.printf(
            "%s %s %s %s%n",
            server.endpoint(), server.accessKey(), server.secretKey(), server.authority());
      }
      System.out.println("ready");
      System.out.flush();
      BufferedReader asked =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      try (S3Client client = started.getFirst().admin()) {
        for (String bucket = asked.readLine(); bucket != null; bucket = asked.readLine()) {
          String name = bucket;
          LongSummaryStatistics sizes =
              client.listObjectsV2Paginator(b -> b.bucket(name)).contents().stream()
                  .mapToLong(S3Object::size)
                  .summaryStatistics();
          System.out.printf("%d %d%n", sizes.getSum(), sizes.getCount());
          System.out.flush();
        }
      }
    } finally {
      started.forEach(S3ProxyServer::close);
    }
  }
}
