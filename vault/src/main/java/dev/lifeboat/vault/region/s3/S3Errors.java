package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import java.io.InterruptedIOException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * What errors of a service mean for a region. Told by status and error code; messages are repeated,
 * never understood. Many services answer without a body: then the status is all there is.
 */
public final class S3Errors {
  /** Asked to slow down, with whatever status. */
  private static final Set<String> BUSY =
      Set.of(
          "SlowDown",
          "SlowDownRead",
          "SlowDownWrite",
          "Throttling",
          "ThrottlingException",
          "ThrottledException",
          "RequestThrottled",
          "RequestThrottledException",
          "RequestLimitExceeded",
          "BandwidthLimitExceeded",
          "TooManyRequestsException",
          "TooManyRequests",
          "ServiceUnavailable",
          "Busy");

  /** Damaged on the way, or caught in a moment that passes. */
  private static final Set<String> PASSING =
      Set.of(
          "RequestTimeout",
          "RequestTimeoutException",
          "IncompleteBody",
          "BadDigest",
          "InvalidDigest",
          "XAmzContentSHA256Mismatch",
          "XAmzContentChecksumMismatch",
          "OperationAborted",
          "ConditionalRequestConflict",
          "InternalError",
          "ExpiredToken",
          "ExpiredTokenException",
          "TokenRefreshRequired",
          "NoSuchUpload");

  private static final Set<String> DAMAGED =
      Set.of("BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch");

  private static final Set<String> FULL =
      Set.of("QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "EntityTooLarge");

  private static final Set<String> ELSEWHERE =
      Set.of(
          "PermanentRedirect",
          "TemporaryRedirect",
          "AuthorizationHeaderMalformed",
          "IllegalLocationConstraintException",
          "InvalidLocationConstraint");

  private static final Set<String> CREDENTIALS =
      Set.of("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "NotSignedUp");

  /** Longest pause that a service may ask for. */
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

  private S3Errors() {}

  /** Whether a service with too much to do, or an outage, is a likely reason. */
  static boolean isOverload(SdkException e) {
    if (e instanceof AwsServiceException service) {
      int status = service.statusCode();
      return BUSY.contains(code(service)) || status == 429 || isOutage(status);
    }
    return !(e instanceof AbortedException)
        && !(e instanceof CredentialsUnavailable)
        && handshake(e) == null;
  }

  private static boolean isOutage(int status) {
    return status == 500 || (status >= 502 && status <= 504) || status == 509;
  }

  /** Whether the request may have been carried out all the same, or may yet be. */
  static boolean isAmbiguous(SdkException e) {
    return e instanceof AwsServiceException service
        ? service.statusCode() >= 500
            && service.statusCode() != 501
            && !BUSY.contains(code(service))
        : handshake(e) == null && !(e instanceof CredentialsUnavailable);
  }

  /** Whether the object that was asked for is not there. A bucket that is not there is another. */
  static boolean isMissing(SdkException e) {
    return e instanceof AwsServiceException service
        && service.statusCode() == 404
        && !code(service).equals("NoSuchBucket");
  }

  /** Whether a condition of the request did not hold. */
  static boolean isPrecondition(SdkException e) {
    return e instanceof AwsServiceException service && service.statusCode() == 412;
  }

  /** Whether a service says that it does not know what was asked for. */
  static boolean isUnknown(SdkException e) {
    return e instanceof AwsServiceException service
        && (service.statusCode() == 501 || code(service).equals("NotImplemented"));
  }

  /** Whether what arrived may not have been what was announced. */
  static boolean isDamaged(SdkException e) {
    if (!(e instanceof AwsServiceException service) || service.statusCode() != 400) {
      return false;
    }
    String code = code(service);
    return code.isEmpty() || DAMAGED.contains(code);
  }

  static int status(SdkException e) {
    return e instanceof AwsServiceException service ? service.statusCode() : 0;
  }

  /** The code of an error; empty where a service gives none. */
  static String code(AwsServiceException e) {
    if (e.awsErrorDetails() == null || e.awsErrorDetails().errorCode() == null) {
      return "";
    }
    String code = e.awsErrorDetails().errorCode();
    // Without a body, the SDK puts the status in its place.
    return code.chars().allMatch(Character::isDigit) ? "" : code;
  }

  /**
   * What {@code e} means.
   *
   * @param what could not be done, on which object
   */
  public static RegionException translate(
      RegionName region, S3Settings settings, String what, SdkException e) {
    return e instanceof AwsServiceException service
        ? ofService(region, settings, what, service)
        : ofClient(region, settings, what, e);
  }

  private static RegionException ofService(
      RegionName region, S3Settings settings, String what, AwsServiceException e) {
    int status = e.statusCode();
    String code = code(e);
    String told =
        "%s: %s".formatted(what, code.isEmpty() ? "status " + status : status + " " + code);
    String id = e.requestId() == null ? "" : " (request %s)".formatted(e.requestId());
    if (BUSY.contains(code)
        || PASSING.contains(code)
        || status == 408
        || status == 429
        || isOutage(status)) {
      return new RegionException.Transient(region, told + id, e, retryAfter(e));
    }
    String remedy;
    if (code.equals("NoSuchBucket") || status == 404) {
      remedy =
          "there is no bucket %s at %s; make it, or have lifeboat init make it with create: true"
              .formatted(settings.bucket(), settings.place());
    } else if (ELSEWHERE.contains(code) || status == 301 || status == 307) {
      remedy =
          "the bucket is in another region than %s%s; set region"
              .formatted(settings.region(), bucketRegion(e));
    } else if (code.equals("RequestTimeTooSkewed")) {
      remedy = "the clock of this machine is wrong; set it";
    } else if (CREDENTIALS.contains(code)) {
      remedy = "the service does not know these credentials; check the region's credentials";
    } else if (FULL.contains(code) || status == 507) {
      remedy = "make room, or raise the quota";
    } else if (status == 401 || status == 403) {
      remedy =
          "not permitted; check the credentials, and compare their policy with: lifeboat regions policy "
              + region;
    } else {
      remedy = message(e);
    }
    return new RegionException.Permanent(
        region, told + (remedy.isEmpty() ? "" : "; " + remedy) + id, e);
  }

  private static String message(AwsServiceException e) {
    return e.awsErrorDetails() == null || e.awsErrorDetails().errorMessage() == null
        ? ""
        : e.awsErrorDetails().errorMessage();
  }

  private static String bucketRegion(AwsServiceException e) {
    return header(e, "x-amz-bucket-region").map(name -> " (in %s)".formatted(name)).orElse("");
  }

  private static RegionException ofClient(
      RegionName region, S3Settings settings, String what, SdkException e) {
    Throwable handshake = handshake(e);
    if (handshake != null) {
      return new RegionException.Permanent(
          region,
          "%s: no trusted connection with %s: %s; it must speak TLS %s or newer (tls: minimum) and show a certificate of a known authority for its name (tls: ca)"
              .formatted(what, settings.place(), handshake.getMessage(), settings.tls().minimum()),
          e);
    }
    CredentialsUnavailable credentials = cause(e, CredentialsUnavailable.class);
    if (credentials != null) {
      return credentials.mayPass()
          ? new RegionException.Transient(region, what + ": " + credentials.getMessage(), e)
          : new RegionException.Permanent(region, what + ": " + credentials.getMessage(), e);
    }
    if (e instanceof ApiCallAttemptTimeoutException || e instanceof ApiCallTimeoutException) {
      return new RegionException.Transient(
          region, "%s: no answer from %s in time".formatted(what, settings.place()), e);
    }
    if (e instanceof AbortedException || cause(e, InterruptedException.class) != null) {
      return new RegionException.Transient(region, what + ": interrupted", e);
    }
    UnknownHostException host = cause(e, UnknownHostException.class);
    if (host != null) {
      return new RegionException.Transient(
          region, "%s: no address is known for %s".formatted(what, settings.place()), e);
    }
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String why =
        root instanceof InterruptedIOException || root.getMessage() == null
            ? root.getClass().getSimpleName() + ": " + root.getMessage()
            : root.getMessage();
    return new RegionException.Transient(region, what + ": " + why, e);
  }

  /** A certificate that is not trusted, or no common version: it does not pass by itself. */
  private static @Nullable Throwable handshake(SdkException e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof SSLPeerUnverifiedException || t instanceof CertificateException) {
        return t;
      }
      // A connection that was cut in the midst of a handshake says so by another of its kind.
      if (t instanceof SSLHandshakeException
          && (t.getCause() == null || t.getCause() instanceof CertificateException)) {
        return t;
      }
    }
    return null;
  }

  private static <T extends Throwable> @Nullable T cause(Throwable e, Class<T> type) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (type.isInstance(t)) {
        return type.cast(t);
      }
    }
    return null;
  }

  /** How long the service asks to be left alone, at most a minute: in seconds, or until a date. */
  private static Duration retryAfter(AwsServiceException e) {
    String value = header(e, "Retry-After").orElse("").strip();
    if (value.isEmpty()) {
      return Duration.ZERO;
    }
    Duration asked = Duration.ZERO;
    if (value.chars().allMatch(c -> c >= '0' && c <= '9') && value.length() < 10) {
      asked = Duration.ofSeconds(Long.parseLong(value));
    } else {
      Optional<Instant> now = header(e, "Date").flatMap(S3Errors::date);
      Optional<Instant> until = date(value);
      if (now.isPresent() && until.isPresent()) {
        asked = Duration.between(now.get(), until.get());
      }
    }
    if (asked.isNegative()) {
      return Duration.ZERO;
    }
    return asked.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : asked;
  }

  private static Optional<String> header(AwsServiceException e, String name) {
    if (!(e instanceof S3Exception)
        || e.awsErrorDetails() == null
        || e.awsErrorDetails().sdkHttpResponse() == null) {
      return Optional.empty();
    }
    return e.awsErrorDetails().sdkHttpResponse().firstMatchingHeader(name);
  }

  /** A date as HTTP writes it (RFC 9110, 5.6.7); others than the preferred form are left alone. */
  static Optional<Instant> date(String header) {
    try {
      return Optional.of(
          ZonedDateTime.parse(header, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
