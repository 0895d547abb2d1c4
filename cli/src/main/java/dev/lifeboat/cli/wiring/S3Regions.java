package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.config.Configuration;
import dev.lifeboat.cli.config.RegionSection;
import dev.lifeboat.cli.config.S3Section;
import dev.lifeboat.cli.config.SecretSource;
import dev.lifeboat.sources.Secret;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.s3.BandwidthWindow;
import dev.lifeboat.vault.region.s3.CredentialsUnavailable;
import dev.lifeboat.vault.region.s3.S3Buckets;
import dev.lifeboat.vault.region.s3.S3Connection;
import dev.lifeboat.vault.region.s3.S3Region;
import dev.lifeboat.vault.region.s3.S3Settings;
import dev.lifeboat.vault.region.s3.SignIn;
import dev.lifeboat.vault.region.s3.SignInProviders;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes regions of configured buckets. Loaded only where there is one: the SDK is large. */
final class S3Regions {
  private final Configuration configuration;
  private final Map<String, String> variables;
  private final Clock clock;

  S3Regions(Configuration configuration, Map<String, String> variables, Clock clock) {
    this.configuration = configuration;
    this.variables = variables;
    this.clock = clock;
  }

  /** A region in a bucket; asks the service nothing yet. */
  S3Region open(RegionSection region) throws RegionException {
    return new S3Region(connect(region), lock(region), honoured -> remember(region, honoured));
  }

  private void remember(RegionSection region, boolean honoured) {
    Path home = configuration.vault().home();
    try {
      if (Files.isDirectory(home)) {
        Probes.remember(home, region.name(), honoured);
      }
    } catch (IOException e) {
      // The next run finds out again, with two requests more.
    }
  }

  /** How a region is configured to lock what is stored in it. */
  static Optional<ObjectLock> lock(RegionSection region) {
    return region
        .s3()
        .flatMap(S3Section::lock)
        .map(lock ->
            new ObjectLock(
                ObjectLock.Mode.valueOf(lock.mode().name()), Duration.ofDays(lock.days())));
  }

  /** The same, when the bucket was seen to be there and fit, or was made. */
  S3Region create(RegionSection region) throws RegionException {
    S3Connection connection = connect(region);
    try {
      Optional<ObjectLock> lock = lock(region);
      S3Buckets.prepare(connection, region.s3().orElseThrow().create(), lock.isPresent());
      S3Region made = new S3Region(connection, lock);
      made.requireLocks();
      return made;
    } catch (RegionException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /** What requests to a bucket go through; the caller closes it. */
  S3Connection connect(RegionSection region) throws RegionException {
    S3Settings settings = settings(region);
    return new S3Connection(
        region.name(),
        settings,
        new SignInProviders(region.name(), settings, variables).of(signIn(region)),
        clock);
  }

  S3Settings settings(RegionSection region) {
    S3Section s3 = region.s3().orElseThrow();
    ZoneId zone =
        Optional.ofNullable(configuration.schedules().get("nightly"))
            .map(schedule -> schedule.zone())
            .orElse(ZoneOffset.UTC);
    List<BandwidthWindow> windows =
        s3.bandwidth().stream()
            .map(limit ->
                new BandwidthWindow(
                    limit.limit().bytes(), limit.from(), limit.to(), limit.zone().orElse(zone)))
            .toList();
    return new S3Settings(
        s3.bucket(),
        s3.address(),
        // What services besides Amazon's expect where they have no regions.
        s3.region().orElse("us-east-1"),
        s3.prefix().map(prefix -> prefix.endsWith("/") ? prefix : prefix + "/").orElse(""),
        s3.pathStyle().orElse(s3.endpoint().isPresent()),
        s3.allowPlainHttp(),
        s3.tls()
            .map(tls -> new S3Settings.Tls(tls.minimum(), tls.ca()))
            .orElse(S3Settings.Tls.DEFAULT),
        s3.storageClass().flatMap(S3Section.StorageClasses::packs),
        s3.storageClass().flatMap(S3Section.StorageClasses::index),
        s3.kmsKey(),
        windows,
        S3Settings.Sizes.DEFAULT,
        S3Settings.Timeouts.DEFAULT,
        s3.endpoint().isEmpty()
            ? Optional.of(true)
            : Probes.conditionalPuts(configuration.vault().home(), region.name()));
  }

  private SignIn signIn(RegionSection region) {
    S3Section s3 = region.s3().orElseThrow();
    if (s3.credentials().isEmpty()) {
      return new SignIn.Chain();
    }
    S3Section.Credentials from = s3.credentials().get();
    SignIn base = base(region.name(), from);
    if (from.role().isEmpty()) {
      return base;
    }
    Optional<URI> service = from.stsEndpoint().map(URI::create).or(s3::address);
    return new SignIn.Role(base, from.role().get(), from.externalId(), service);
  }

  private SignIn base(RegionName name, S3Section.Credentials from) {
    if (from.profile().isPresent() || from.file().isPresent()) {
      return new SignIn.Profile(from.profile(), from.file());
    }
    if (from.environment().isPresent()) {
      S3Section.Variables named = from.environment().get();
      return new SignIn.Variables(named.accessKey(), named.secretKey(), named.sessionToken());
    }
    if (from.command().isPresent()) {
      return new SignIn.Command(from.command().get());
    }
    if (from.accessKey().isPresent()) {
      SecretSource source = from.secretKey().orElseThrow();
      return new SignIn.Keys(from.accessKey().get(), () -> secret(name, source));
    }
    return new SignIn.Chain();
  }

  private String secret(RegionName name, SecretSource source) {
    try (Secret secret = new Secrets(variables, 60).fetch(source, "secret key of region " + name)) {
      return secret.exposeSecret();
    } catch (CliException e) {
      throw new CredentialsUnavailable(String.valueOf(e.getMessage()), false, e);
    }
  }
}
