package dev.lifeboat.vault.region.s3;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Where a bucket is, and how it is spoken to. Holds no secret.
 *
 * @param endpoint address of the service; absent for Amazon's own
 * @param region of the service, as it goes into signatures
 * @param prefix empty, or what all keys in the bucket begin with, ending with a slash
 * @param pathStyle whether the bucket stands in the path of an address instead of its host
 * @param plainHttp whether an {@code http} endpoint beyond this machine is allowed
 * @param packClass storage class of packs; absent for the bucket's default
 * @param indexClass storage class of index objects
 * @param kmsKey key of the service's key management that objects are encrypted with
 * @param bandwidth limits of the bytes per second, by the time of day; the first that fits counts
 * @param conditionalPuts whether the service honours {@code If-None-Match: *} in this bucket, where
 *     that is known; otherwise it is found out
 */
public record S3Settings(
    String bucket,
    Optional<URI> endpoint,
    String region,
    String prefix,
    boolean pathStyle,
    boolean plainHttp,
    Tls tls,
    Optional<String> packClass,
    Optional<String> indexClass,
    Optional<String> kmsKey,
    List<BandwidthWindow> bandwidth,
    Sizes sizes,
    Timeouts timeouts,
    Optional<Boolean> conditionalPuts) {
  private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,254}");
  private static final Pattern PREFIX = Pattern.compile("([A-Za-z0-9_-][A-Za-z0-9._-]*/)*");

  /**
   * Classes whose objects are read at once. A pack of a snapshot from yesterday may be a year old:
   * a restore, and every verification, reads it without waiting for hours.
   */
  public static final Set<String> READABLE_AT_ONCE =
      Set.of(
          "STANDARD",
          "STANDARD_IA",
          "ONEZONE_IA",
          "INTELLIGENT_TIERING",
          "GLACIER_IR",
          "REDUCED_REDUNDANCY");

  /**
   * How connections are encrypted.
   *
   * @param minimum {@code 1.3} or {@code 1.2}
   * @param authority file in PEM with the certificates of the authorities that are trusted, and no
   *     others; absent for those of the Java runtime
   */
  public record Tls(String minimum, Optional<Path> authority) {
    public static final Tls DEFAULT = new Tls("1.3", Optional.empty());

    public Tls {
      if (!minimum.equals("1.3") && !minimum.equals("1.2")) {
        throw new IllegalArgumentException(
            "tls: minimum: '%s' is neither 1.3 nor 1.2".formatted(minimum));
      }
    }

    String[] protocols() {
      return minimum.equals("1.3") ? new String[] {"TLSv1.3"} : new String[] {"TLSv1.3", "TLSv1.2"};
    }
  }

  /**
   * When an upload is cut into parts.
   *
   * @param multipartAbove objects of more bytes are
   * @param part bytes of each part but the last
   */
  public record Sizes(long multipartAbove, int part) {
    public static final Sizes DEFAULT = new Sizes(64L << 20, 16 << 20);

    public Sizes {
      if (part < 5 << 20 || multipartAbove < part) {
        throw new IllegalArgumentException(
            "a part has at least 5 MiB, and one part is no multipart upload: %d, %d"
                .formatted(multipartAbove, part));
      }
    }
  }

  /**
   * How long to wait.
   *
   * @param attempt for one request; requests with a body get one second more for every 64 KiB
   * @param connect for a connection
   * @param stall for the next bytes, in either direction
   */
  public record Timeouts(Duration attempt, Duration connect, Duration stall) {
    public static final Timeouts DEFAULT =
        new Timeouts(Duration.ofSeconds(90), Duration.ofSeconds(10), Duration.ofSeconds(30));

    Duration forBytes(long bytes) {
      return attempt.plusSeconds(bytes / (64 << 10));
    }
  }

  public S3Settings {
    if (!BUCKET.matcher(bucket).matches()) {
      throw new IllegalArgumentException("bucket: '%s' is no name of a bucket".formatted(bucket));
    }
    if (region.isEmpty()) {
      throw new IllegalArgumentException("region: is empty");
    }
    if (prefix.length() > 400 || !PREFIX.matcher(prefix).matches()) {
      throw new IllegalArgumentException(
          "prefix: '%s' is not made of segments of letters, digits, '.', '_', '-', none of which begins with a dot"
              .formatted(prefix));
    }
    endpoint.ifPresent(address -> requireAddress(address, plainHttp));
    requireReadable("packs", packClass);
    requireReadable("index", indexClass);
    bandwidth = List.copyOf(bandwidth);
  }

  /** A bucket at an endpoint, with everything else as it is by default. */
  public static S3Settings of(String bucket, URI endpoint) {
    return new S3Settings(
        bucket,
        Optional.of(endpoint),
        "us-east-1",
        "",
        true,
        false,
        Tls.DEFAULT,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        Sizes.DEFAULT,
        Timeouts.DEFAULT,
        Optional.empty());
  }

  /** The same bucket below another prefix. */
  public S3Settings withPrefix(String other) {
    return new S3Settings(
        bucket,
        endpoint,
        region,
        other,
        pathStyle,
        plainHttp,
        tls,
        packClass,
        indexClass,
        kmsKey,
        bandwidth,
        sizes,
        timeouts,
        conditionalPuts);
  }

  /** The same with other TLS. */
  public S3Settings withTls(Tls other) {
    return new S3Settings(
        bucket,
        endpoint,
        region,
        prefix,
        pathStyle,
        plainHttp,
        other,
        packClass,
        indexClass,
        kmsKey,
        bandwidth,
        sizes,
        timeouts,
        conditionalPuts);
  }

  /** The same with other timeouts. */
  public S3Settings withTimeouts(Timeouts other) {
    return new S3Settings(
        bucket,
        endpoint,
        region,
        prefix,
        pathStyle,
        plainHttp,
        tls,
        packClass,
        indexClass,
        kmsKey,
        bandwidth,
        sizes,
        other,
        conditionalPuts);
  }

  /** The same with other sizes of uploads. */
  public S3Settings withSizes(Sizes other) {
    return new S3Settings(
        bucket,
        endpoint,
        region,
        prefix,
        pathStyle,
        plainHttp,
        tls,
        packClass,
        indexClass,
        kmsKey,
        bandwidth,
        other,
        timeouts,
        conditionalPuts);
  }

  /** The same, knowing whether conditional puts are honoured. */
  public S3Settings withConditionalPuts(boolean honoured) {
    return new S3Settings(
        bucket,
        endpoint,
        region,
        prefix,
        pathStyle,
        plainHttp,
        tls,
        packClass,
        indexClass,
        kmsKey,
        bandwidth,
        sizes,
        timeouts,
        Optional.of(honoured));
  }

  /**
   * Refuses an address that bytes would leave this machine through in the clear.
   *
   * @throws IllegalArgumentException saying what to write instead
   */
  public static void requireAddress(URI endpoint, boolean plainHttp) {
    String scheme = String.valueOf(endpoint.getScheme()).toLowerCase(Locale.ROOT);
    if (endpoint.getHost() == null
        || endpoint.getUserInfo() != null
        || endpoint.getQuery() != null
        || endpoint.getFragment() != null
        || !(String.valueOf(endpoint.getPath()).isEmpty() || endpoint.getPath().equals("/"))) {
      throw new IllegalArgumentException(
          "endpoint: must be https://host or https://host:port, without user or password, and without a path");
    }
    if (scheme.equals("https") || (scheme.equals("http") && (plainHttp || isLoopback(endpoint)))) {
      return;
    }
    throw new IllegalArgumentException(
        "endpoint: must begin with https://; plain http is for this machine (127.0.0.1, localhost) unless allow-plain-http: true is written too");
  }

  private static boolean isLoopback(URI endpoint) {
    String host = endpoint.getHost();
    if (host.equalsIgnoreCase("localhost")) {
      return true;
    }
    // Only literal addresses: whatever a name resolves to now, it may resolve to another later.
    if (!host.startsWith("[") && !host.matches("[0-9.]+")) {
      return false;
    }
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /**
   * Refuses a storage class whose objects are not read at once.
   *
   * @throws IllegalArgumentException saying why, and what to write instead
   */
  public static void requireReadable(String kind, Optional<String> storageClass) {
    storageClass.ifPresent(name -> {
      if (!READABLE_AT_ONCE.contains(name)) {
        throw new IllegalArgumentException(
            "storage-class: %s: %s cannot be read at once, so that verification and restores would wait for hours; use one of %s"
                .formatted(
                    kind, name, String.join(", ", READABLE_AT_ONCE.stream().sorted().toList())));
      }
    });
  }

  /** For people: {@code s3://bucket/prefix at https://host}. */
  public String place() {
    return "s3://%s/%s at %s"
        .formatted(
            bucket,
            prefix,
            endpoint
                .map(address -> address.getScheme() + "://" + address.getAuthority())
                .orElse("Amazon"));
  }
}
