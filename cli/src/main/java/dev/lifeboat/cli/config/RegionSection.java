package dev.lifeboat.cli.config;

import dev.lifeboat.vault.region.RegionName;
import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** One region. */
public record RegionSection(
    Place at,
    @Doc("What you call it.") RegionName name,
    @Doc(value = "A bucket in an S3 service.", choice = "kind") Optional<S3> s3,
    @Doc(value = "A directory, for example a mounted disk.", choice = "kind")
        Optional<DirectoryPlace> directory) {

  /** A directory that is a region. */
  public record DirectoryPlace(
      Place at, @Doc("The directory; lifeboat init makes it.") Path path) {}

  /** A bucket that is a region. */
  public record S3(
      Place at,
      @Doc("Name of the bucket.") String bucket,
      @Doc("Region of the service, for example eu-west-2.") Optional<String> region,
      @Doc("Address of the service, https; absent for Amazon's own.") Optional<String> endpoint,
      @Doc("Begins all keys in the bucket.") Optional<String> prefix,
      @Doc("Object Lock put on everything that is stored.") Optional<Lock> lock,
      @Doc("How to sign in; absent for the usual chain of environment, profile and machine role.")
          Optional<Credentials> credentials) {
    public S3 {
      if (endpoint.isPresent()) {
        String lower = endpoint.get().toLowerCase(Locale.ROOT);
        if (!lower.startsWith("https://")) {
          throw new IllegalArgumentException("endpoint: must begin with https://");
        }
        try {
          if (URI.create(endpoint.get()).getUserInfo() != null) {
            throw new IllegalArgumentException(
                "endpoint: holds a user or password; take it out and use credentials");
          }
        } catch (IllegalArgumentException e) {
          // The text may hold a secret: the message of the URI parser would repeat it.
          throw new IllegalArgumentException(
              "endpoint: must be https://host or https://host:port, without user or password", e);
        }
      }
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
      @Doc("Profile in the shared credentials file.") Optional<String> profile,
      @Doc("Access key id.") Optional<String> accessKey,
      @Doc("Secret access key.") Optional<SecretSource> secretKey) {
    public Credentials {
      if (profile.isPresent() == accessKey.isPresent()
          || accessKey.isPresent() != secretKey.isPresent()) {
        throw new IllegalArgumentException(
            "needs either profile, or access-key and secret-key together");
      }
    }
  }
}
