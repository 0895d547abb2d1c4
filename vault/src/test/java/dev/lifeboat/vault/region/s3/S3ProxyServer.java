package dev.lifeboat.vault.region.s3;

import java.net.URI;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;

/**
 * S3Proxy in this JVM, keeping objects in memory: atomic conditional puts, ranges, multipart
 * uploads, versions, signatures checked; no Object Lock.
 */
public final class S3ProxyServer implements S3TestServer {
  private static final String ACCESS_KEY = "lifeboat";
  private static final String SECRET_KEY = "secret-of-lifeboat";

  private final S3Proxy proxy;

  private S3ProxyServer(S3Proxy proxy) {
    this.proxy = proxy;
  }

  /** Starts one, empty, on free ports. */
  public static S3ProxyServer start() {
    S3Proxy proxy =
        S3Proxy.builder()
            .blobStore(new TransientNio2BlobStore())
            .endpoint(URI.create("http://127.0.0.1:0"))
            .secureEndpoint(URI.create("https://127.0.0.1:0"))
            .sslContext(TestCertificates.shared().serverContext())
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, ACCESS_KEY, SECRET_KEY)
            .ignoreUnknownHeaders(true)
            .stopTimeout(0)
            .build();
    try {
      proxy.start();
    } catch (Exception e) {
      throw new IllegalStateException("S3Proxy does not start", e);
    }
    return new S3ProxyServer(proxy);
  }

  @Override
  public URI endpoint() {
    return URI.create("https://127.0.0.1:" + proxy.getSecurePort());
  }

  @Override
  public URI plainEndpoint() {
    return URI.create("http://127.0.0.1:" + proxy.getPort());
  }

  @Override
  public String accessKey() {
    return ACCESS_KEY;
  }

  @Override
  public String secretKey() {
    return SECRET_KEY;
  }

  @Override
  public void close() {
    try {
      proxy.stop();
    } catch (Exception e) {
      throw new IllegalStateException("S3Proxy does not stop", e);
    }
  }
}
