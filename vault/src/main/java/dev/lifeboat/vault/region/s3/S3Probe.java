package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionProbe.Result;
import dev.lifeboat.vault.region.RegionProbe.Verdict;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/** Finds out what only buckets can or cannot do. */
public final class S3Probe {
  private static final int PARTS = 6 << 20;

  private final S3Connection connection;
  private final SecureRandom random;
  private final List<Result> results = new ArrayList<>();
  private Optional<Boolean> conditionalPuts = Optional.empty();

  public S3Probe(S3Connection connection, SecureRandom random) {
    this.connection = connection;
    this.random = random;
  }

  /** Whether conditional puts are honoured, if that was found out. */
  public Optional<Boolean> conditionalPuts() {
    return conditionalPuts;
  }

  /** Tries everything. */
  public List<Result> run() {
    byte[] name = new byte[8];
    random.nextBytes(name);
    String prefix = "probe/" + HexFormat.of().formatHex(name) + "/";
    ObjectKey once = new ObjectKey(prefix + "once");
    ObjectKey parts = new ObjectKey(prefix + "parts");
    tls();
    versions();
    conditional(once);
    multipart(parts);
    for (ObjectKey key : List.of(once, parts)) {
      try {
        new S3Region(connection).delete(key);
      } catch (RegionException e) {
        // The trial of deleting tells who may not.
      }
    }
    return List.copyOf(results);
  }

  private void add(String trial, Verdict verdict, String detail) {
    results.add(new Result(trial, verdict, detail));
  }

  private void conditional(ObjectKey key) {
    String path = connection.settings().prefix() + key;
    try {
      PutObjectResponse first = put(path, false);
      add(
          "checksums",
          first.checksumSHA256() == null ? Verdict.NO : Verdict.YES,
          first.checksumSHA256() == null
              ? "are not kept; the SHA-256 in the signature protects the way"
              : "are kept with the object");
      try {
        Object _ = put(path, true);
        conditionalPuts = Optional.of(false);
        add(
            "conditional put",
            Verdict.NO,
            "the condition is ignored: objects are looked for before they are stored");
      } catch (SdkException e) {
        if (S3Errors.isPrecondition(e)) {
          conditionalPuts = Optional.of(true);
          add("conditional put", Verdict.YES, "of two writers of a name one wins");
        } else {
          add("conditional put", Verdict.NO, "is refused: " + what(e));
        }
      }
    } catch (SdkException e) {
      add("conditional put", Verdict.FAILED, what(e));
    } catch (RegionException e) {
      add("conditional put", Verdict.FAILED, String.valueOf(e.getMessage()));
    }
  }

  private PutObjectResponse put(String path, boolean onlyIfAbsent) throws RegionException {
    byte[] bytes = {1, 2, 3};
    Content content = Content.hashed(ByteBuffer.wrap(bytes));
    return connection.call(s3 ->
        s3.putObject(
            b ->
                b.bucket(connection.settings().bucket())
                    .key(path)
                    .checksumSHA256(content.base64())
                    .ifNoneMatch(onlyIfAbsent ? "*" : null)
                    .overrideConfiguration(
                        connection
                            .within(bytes.length)
                            .putHeader(KnownHashSigner.HEADER, content.sha256())
                            .build()),
            RequestBody.fromBytes(bytes)));
  }

  private String what(SdkException e) {
    return String.valueOf(connection.failure("a conditional put failed", e).getMessage());
  }

  private void multipart(ObjectKey key) {
    byte[] bytes = new byte[PARTS];
    random.nextBytes(bytes);
    try {
      ConditionalPuts never = new ConditionalPuts(Optional.of(false));
      never.learn(ConditionalPuts.State.REFUSED);
      S3Region region = new S3Region(connection);
      boolean _ =
          new MultipartUpload(connection, key, ByteBuffer.wrap(bytes), never, null)
              .run(region::stat);
      add(
          "multipart",
          Arrays.equals(bytes, region.read(key)) ? Verdict.YES : Verdict.FAILED,
          "an object stored in parts came back");
    } catch (SdkException e) {
      add(
          "multipart",
          Verdict.FAILED,
          String.valueOf(connection.failure("cannot store in parts", e).getMessage()));
    } catch (RegionException e) {
      add("multipart", Verdict.FAILED, String.valueOf(e.getMessage()));
    }
  }

  private void versions() {
    try {
      BucketVersioningStatus status =
          connection
              .call(s3 -> s3.getBucketVersioning(b -> b.bucket(connection.settings().bucket())))
              .status();
      add(
          "versions",
          status == null ? Verdict.NO : Verdict.YES,
          status == null
              ? "are not kept: what is deleted or overwritten is gone"
              : "are %s: what is deleted or overwritten can be found again"
                  .formatted(status.toString().toLowerCase(Locale.ROOT)));
    } catch (SdkException e) {
      add(
          "versions",
          Verdict.NO,
          String.valueOf(connection.failure("cannot ask for versioning", e).getMessage()));
    } catch (RegionException e) {
      add("versions", Verdict.FAILED, String.valueOf(e.getMessage()));
    }
  }

  /** What the service would speak; whether its certificate is trusted, every other trial tells. */
  private void tls() {
    S3Settings settings = connection.settings();
    if (settings.endpoint().filter(e -> "http".equalsIgnoreCase(e.getScheme())).isPresent()) {
      add("TLS", Verdict.NO, "plain http: names and sizes can be read on the way");
      return;
    }
    String host =
        settings
            .endpoint()
            .map(e -> e.getHost())
            .orElse("s3.%s.amazonaws.com".formatted(settings.region()));
    int port = settings.endpoint().map(e -> e.getPort()).filter(p -> p > 0).orElse(443);
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new AnyCertificate()}, random);
      try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(host, port)) {
        socket.setSoTimeout((int) settings.timeouts().connect().toMillis());
        socket.startHandshake();
        String version = socket.getSession().getProtocol();
        add(
            "TLS",
            version.equals("TLSv1.3") ? Verdict.YES : Verdict.NO,
            "%s, %s".formatted(version, socket.getSession().getCipherSuite()));
      }
    } catch (IOException | GeneralSecurityException e) {
      add("TLS", Verdict.FAILED, String.valueOf(e.getMessage()));
    }
  }

  /** Nothing is sent over this connection: it only shows which version is spoken. */
  private static final class AnyCertificate implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
