package dev.lifeboat.cli.config;

import dev.lifeboat.vault.region.s3.BandwidthWindow;
import dev.lifeboat.vault.region.s3.S3Settings;
import java.net.URI;
import java.nio.file.Path;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;

/** A bucket that is a region. */
public record S3Section(
    Place at,
    @Doc("Name of the bucket.") String bucket,
    @Doc("Region of the service, for example eu-west-2; may be absent only with an endpoint.")
        Optional<String> region,
    @Doc("Address of the service, https; absent for Amazon's own.") Optional<String> endpoint,
    @Doc("Begins all keys in the bucket.") Optional<String> prefix,
    @Doc(
            value =
                "Whether the bucket stands in the path of addresses; when absent, wherever there is an endpoint.")
        Optional<Boolean> pathStyle,
    @Doc(
            value = "Whether an endpoint beyond this machine may be http, readable by the network.",
            fallback = "false")
        boolean allowPlainHttp,
    @Doc(value = "Whether lifeboat init makes the bucket if it is missing.", fallback = "false")
        boolean create,
    @Doc("How connections are encrypted.") Optional<Tls> tls,
    @Doc("In which storage class objects are kept; absent for the bucket's default.")
        Optional<StorageClasses> storageClass,
    @Doc("Key of the service's key management that objects are encrypted with besides.")
        Optional<String> kmsKey,
    @Doc("Limits of the bytes per second; the first whose time it is counts.")
        List<Bandwidth> bandwidth,
    @Doc("Object Lock put on everything that is stored.") Optional<Lock> lock,
    @Doc("How to sign in; absent for the usual chain of environment, profile and machine role.")
        Optional<Credentials> credentials) {
  public S3Section {
    bandwidth = List.copyOf(bandwidth);
    if (region.isEmpty() && endpoint.isEmpty()) {
      throw new IllegalArgumentException(
          "lacks 'region', for example eu-west-2, or the endpoint of another service than Amazon's");
    }
    endpoint.ifPresent(address -> S3Settings.requireAddress(uri(address), allowPlainHttp));
    prefix.ifPresent(text -> {
      if (!text.matches("[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?")) {
        throw new IllegalArgumentException(
            "prefix: '%s' is not made of segments of letters, digits, '.', '_', '-', none of which begins with a dot"
                .formatted(text));
      }
    });
  }

  /** The text may hold a secret: no message repeats it. */
  private static URI uri(String text) {
    try {
      return URI.create(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "endpoint: must be https://host or https://host:port, without user or password, and without a path",
          e);
    }
  }

  /** Where it is, for people. */
  public String place() {
    return "s3://%s/%s%s"
        .formatted(bucket, prefix.orElse(""), endpoint.map(address -> " at " + address).orElse(""));
  }

  /** The endpoint as an address. */
  public Optional<URI> address() {
    return endpoint.map(S3Section::uri);
  }

  /** How connections are encrypted. */
  public record Tls(
      Place at,
      @Doc(value = "Oldest version of TLS that is spoken: 1.3, or 1.2.", fallback = "1.3")
          String minimum,
      @Doc(
              "File in PEM with the certificates of the authorities that are trusted, and no others; absent for those of the Java runtime.")
          Optional<Path> ca) {
    public Tls {
      // Refuses other versions.
      new S3Settings.Tls(minimum, ca);
    }
  }

  /** Storage classes by kind of object. */
  public record StorageClasses(
      Place at,
      @Doc("Of packs, which are nearly all bytes: STANDARD_IA, GLACIER_IR, …")
          Optional<String> packs,
      @Doc("Of index objects, which every new host reads.") Optional<String> index) {
    public StorageClasses {
      S3Settings.requireReadable("packs", packs);
      S3Settings.requireReadable("index", index);
    }
  }

  /** A limit of the bytes per second. */
  public record Bandwidth(
      Place at,
      @Doc("Bytes per second, for example 20MiB.") ByteSize limit,
      @Doc(value = "When it begins, for example \"08:00\".", fallback = "00:00") LocalTime from,
      @Doc(value = "When it has ended; the same as from for the whole day.", fallback = "00:00")
          LocalTime to,
      @Doc(value = "Time zone of both; when absent that of the nightly schedule, or else UTC.")
          Optional<ZoneId> zone) {
    public Bandwidth {
      // Refuses what is too little.
      new BandwidthWindow(limit.bytes(), from, to, ZoneId.of("UTC"));
    }
  }

  /** Object Lock. */
  public record Lock(
      Place at,
      @Doc("Who may shorten it: nobody (compliance), or a privileged user (governance).") Mode mode,
      @Doc(value = "For how many days.", atLeast = 1) int days) {
    /** Modes of S3 Object Lock. */
    public enum Mode {
      COMPLIANCE,
      GOVERNANCE
    }
  }

  /** How to sign in to an S3 service. */
  public record Credentials(
      Place at,
      @Doc("Profile in the shared credentials file, or in the one named by file.")
          Optional<String> profile,
      @Doc(
              "Credentials file, as other programs for S3 have it; others must not be able to read it.")
          Optional<Path> file,
      @Doc("Names of the environment variables that hold the credentials.")
          Optional<Variables> environment,
      @Doc("Command, run by /bin/sh, that prints credentials as AWS' credential_process does.")
          Optional<String> command,
      @Doc("Access key id.") Optional<String> accessKey,
      @Doc("Secret access key.") Optional<SecretSource> secretKey,
      @Doc("ARN of the role to take on, signing in for it as the other keys say.")
          Optional<String> role,
      @Doc("What the role's trust policy wants as external id.") Optional<String> externalId,
      @Doc(
              "Address of the service that gives out roles; when absent Amazon's, or that of the endpoint.")
          Optional<String> stsEndpoint) {
    public Credentials {
      long ways =
          List.of(
                  profile.isPresent() || file.isPresent(),
                  environment.isPresent(),
                  command.isPresent(),
                  accessKey.isPresent() || secretKey.isPresent())
              .stream()
              .filter(present -> present)
              .count();
      if (accessKey.isPresent() != secretKey.isPresent()) {
        throw new IllegalArgumentException("needs access-key and secret-key together");
      }
      if (ways > 1) {
        throw new IllegalArgumentException(
            "has several ways to sign in; write one of profile (with file, if it is in another), environment, command, or access-key with secret-key");
      }
      if (ways == 0 && role.isEmpty()) {
        throw new IllegalArgumentException(
            "lacks a way to sign in: profile, file, environment, command, access-key with secret-key, or role; remove it for the usual chain");
      }
      if (role.isEmpty() && (externalId.isPresent() || stsEndpoint.isPresent())) {
        throw new IllegalArgumentException("external-id and sts-endpoint go with a role");
      }
      stsEndpoint.ifPresent(address -> requireSts(address));
    }

    private static void requireSts(String address) {
      try {
        S3Settings.requireAddress(uri(address), false);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("sts-" + e.getMessage(), e);
      }
    }
  }

  /** Environment variables with credentials. */
  public record Variables(
      Place at,
      @Doc("Variable that holds the access key id.") String accessKey,
      @Doc("Variable that holds the secret access key.") String secretKey,
      @Doc("Variable that holds the session token, for credentials that expire.")
          Optional<String> sessionToken) {}
}
