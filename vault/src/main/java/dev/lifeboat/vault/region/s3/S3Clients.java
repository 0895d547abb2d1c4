package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.Authorities;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.DefaultHostnameVerifier;
import org.apache.hc.client5.http.ssl.HostnameVerificationPolicy;
import org.apache.hc.core5.reactor.ssl.SSLBufferMode;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.http.apache5.ProxyConfiguration;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;

/** Makes clients of the SDK. */
public final class S3Clients {
  private S3Clients() {}

  /**
   * A client as the settings say, which the caller closes.
   *
   * <p>It does not try again by itself, computes no checksums that services besides Amazon's might
   * refuse, and sends each body in one piece with its SHA-256 signed.
   *
   * @param observer sees every request and answer
   * @throws RegionException.Permanent if the file with authorities cannot be used
   */
  public static S3Client open(
      RegionName name,
      S3Settings settings,
      AwsCredentialsProvider credentials,
      ExecutionInterceptor observer)
      throws RegionException {
    SdkHttpClient http = http(name, settings);
    var builder =
        S3Client.builder()
            .httpClient(http)
            .credentialsProvider(credentials)
            .region(Region.of(settings.region()))
            .forcePathStyle(settings.pathStyle())
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .serviceConfiguration(S3Configuration.builder().chunkedEncodingEnabled(false).build())
            .disableS3ExpressSessionAuth(true)
            .putAuthScheme(KnownHashSigner.scheme())
            .overrideConfiguration(o ->
                o.retryStrategy(AwsRetryStrategy.doNotRetry())
                    .apiCallAttemptTimeout(settings.timeouts().attempt())
                    .addExecutionInterceptor(observer)
                    // What the configuration says, and no file that happens to lie around.
                    .defaultProfileFile(ProfileFile.aggregator().build()));
    settings.endpoint().ifPresent(builder::endpointOverride);
    return builder.build();
  }

  /**
   * The HTTP client alone, for other services beside the bucket.
   *
   * @throws RegionException.Permanent if the file with authorities cannot be used
   */
  static SdkHttpClient http(RegionName name, S3Settings settings) throws RegionException {
    SSLContext context;
    try {
      context = Authorities.context(settings.tls().authority());
    } catch (IOException | GeneralSecurityException e) {
      throw new RegionException.Permanent(
          name,
          "the certificates in %s cannot be used: %s; tls: ca needs a file in PEM"
              .formatted(settings.tls().authority().map(Path::toString).orElse(""), e.getMessage()),
          e);
    }
    return Apache5HttpClient.builder()
        .tlsSocketStrategy(
            new DefaultClientTlsStrategy(
                context,
                settings.tls().protocols(),
                null,
                SSLBufferMode.STATIC,
                HostnameVerificationPolicy.BOTH,
                new DefaultHostnameVerifier()))
        // Never one that an environment variable names: it would see whose backup goes where.
        .proxyConfiguration(
            ProxyConfiguration.builder()
                .useEnvironmentVariableValues(false)
                .useSystemPropertyValues(true)
                .build())
        .maxConnections(AdaptiveLimit.MOST + 4)
        .connectionTimeout(settings.timeouts().connect())
        .connectionAcquisitionTimeout(settings.timeouts().attempt())
        .socketTimeout(settings.timeouts().stall())
        .connectionMaxIdleTime(Duration.ofSeconds(50))
        .tcpKeepAlive(true)
        .build();
  }
}
