package dev.lifeboat.vault.region.s3;

import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.checksums.DefaultChecksumAlgorithm;
import software.amazon.awssdk.http.auth.aws.scheme.AwsV4AuthScheme;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.AsyncSignRequest;
import software.amazon.awssdk.http.auth.spi.signer.AsyncSignedRequest;
import software.amazon.awssdk.http.auth.spi.signer.PayloadChecksumStore;
import software.amazon.awssdk.http.auth.spi.signer.SdkInternalHttpSignerProperty;
import software.amazon.awssdk.http.auth.spi.signer.SignRequest;
import software.amazon.awssdk.http.auth.spi.signer.SignedRequest;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.IdentityProvider;
import software.amazon.awssdk.identity.spi.IdentityProviders;

/**
 * Signs bodies whose SHA-256 is known without hashing them again: most of what goes to a region is
 * named by it, and the same bytes go to several regions. The hash stands in the header {@value
 * #HEADER} of a request before it is signed; the service compares it with what arrives.
 */
final class KnownHashSigner implements AwsV4HttpSigner {
  static final String HEADER = "x-amz-content-sha256";

  private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();

  /** The usual scheme with this signer. */
  static AwsV4AuthScheme scheme() {
    AwsV4AuthScheme usual = AwsV4AuthScheme.create();
    KnownHashSigner signer = new KnownHashSigner();
    return new AwsV4AuthScheme() {
      @Override
      public String schemeId() {
        return usual.schemeId();
      }

      @Override
      public IdentityProvider<AwsCredentialsIdentity> identityProvider(
          IdentityProviders providers) {
        return usual.identityProvider(providers);
      }

      @Override
      public AwsV4HttpSigner signer() {
        return signer;
      }
    };
  }

  @Override
  public SignedRequest sign(SignRequest<? extends AwsCredentialsIdentity> request) {
    Optional<String> hash = request.request().firstMatchingHeader(HEADER);
    return hash.isPresent() ? signer.sign(withHash(request, hash.get())) : signer.sign(request);
  }

  private static <T extends AwsCredentialsIdentity> SignRequest<T> withHash(
      SignRequest<T> request, String hash) {
    PayloadChecksumStore known = PayloadChecksumStore.create();
    known.putChecksumValue(DefaultChecksumAlgorithm.SHA256, HexFormat.of().parseHex(hash));
    return request.toBuilder()
        .putProperty(SdkInternalHttpSignerProperty.CHECKSUM_STORE, known)
        .putProperty(PAYLOAD_SIGNING_ENABLED, true)
        .putProperty(CHUNK_ENCODING_ENABLED, false)
        .build();
  }

  @Override
  public CompletableFuture<AsyncSignedRequest> signAsync(
      AsyncSignRequest<? extends AwsCredentialsIdentity> request) {
    return signer.signAsync(request);
  }
}
