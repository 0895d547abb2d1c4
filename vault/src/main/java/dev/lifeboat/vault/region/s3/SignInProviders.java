package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProcessCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleCredentialsProvider;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/** Makes what the SDK takes credentials from. */
public final class SignInProviders {
  private static final Set<PosixFilePermission> OTHERS =
      Set.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  private final RegionName name;
  private final S3Settings settings;
  private final Map<String, String> variables;

  /**
   * For one region.
   *
   * @param variables the environment that names of variables are looked up in
   */
  public SignInProviders(RegionName name, S3Settings settings, Map<String, String> variables) {
    this.name = name;
    this.settings = settings;
    this.variables = variables;
  }

  /**
   * Nothing is fetched before it is needed. What cannot be had is told by {@link
   * CredentialsUnavailable}. A {@link S3Connection} closes it.
   *
   * @throws RegionException.Permanent if the settings cannot be used on this machine
   */
  public AwsCredentialsProvider of(SignIn signIn) throws RegionException {
    return switch (signIn) {
      case SignIn.Chain() ->
          new Telling(
              DefaultCredentialsProvider.builder().build(),
              "no credentials in environment, profile or machine role; write the region's credentials",
              false);
      case SignIn.Profile profile -> profile(profile);
      case SignIn.Variables named -> new Telling(() -> fromVariables(named), "", false);
      case SignIn.Command(String command) ->
          new Telling(
              ProcessCredentialsProvider.builder()
                  .command(List.of("/bin/sh", "-c", command))
                  .credentialRefreshThreshold(Duration.ofMinutes(1))
                  .build(),
              "the command of credentials gives none",
              true);
      case SignIn.Keys keys -> new Telling(keys(keys), "", false);
      case SignIn.Role role -> role(role);
    };
  }

  private AwsCredentialsProvider profile(SignIn.Profile profile) {
    String what =
        "no credentials in profile %s%s"
            .formatted(
                profile.name().orElse("default"),
                profile.file().map(file -> " of " + file).orElse(""));
    ProfileCredentialsProvider.Builder builder = ProfileCredentialsProvider.builder();
    profile.name().ifPresent(builder::profileName);
    profile
        .file()
        .ifPresent(file ->
            builder.profileFile(() -> {
              requirePrivate(file);
              return ProfileFile.builder().content(file).type(ProfileFile.Type.CREDENTIALS).build();
            }));
    return new Telling(builder.build(), what, false);
  }

  private static void requirePrivate(Path file) {
    try {
      if (Files.getFileStore(file).supportsFileAttributeView("posix")
          && Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains)) {
        throw new CredentialsUnavailable(
            "%s can be read or changed by others: chmod 600 it".formatted(file), false, null);
      }
    } catch (IOException e) {
      throw new CredentialsUnavailable(
          Files.exists(file)
              ? file + " cannot be read: check its owner and mode"
              : file + " is missing",
          false,
          e);
    }
  }

  private AwsCredentials fromVariables(SignIn.Variables named) {
    String access = variable(named.accessKey());
    String secret = variable(named.secretKey());
    return named.sessionToken().isPresent()
        ? AwsSessionCredentials.create(access, secret, variable(named.sessionToken().get()))
        : AwsBasicCredentials.create(access, secret);
  }

  private String variable(String variable) {
    String value = variables.get(variable);
    if (value == null || value.isEmpty()) {
      throw new CredentialsUnavailable(
          "environment variable %s is not set".formatted(variable), false, null);
    }
    return value;
  }

  private static AwsCredentialsProvider keys(SignIn.Keys keys) {
    return new AwsCredentialsProvider() {
      private @Nullable AwsCredentials known;

      @Override
      public synchronized AwsCredentials resolveCredentials() {
        AwsCredentials credentials = known;
        if (credentials == null) {
          credentials = AwsBasicCredentials.create(keys.accessKey(), keys.secretKey().fetch());
          known = credentials;
        }
        return credentials;
      }
    };
  }

  private AwsCredentialsProvider role(SignIn.Role role) throws RegionException {
    AwsCredentialsProvider with = of(role.with());
    SdkHttpClient http = S3Clients.http(name, settings);
    var builder =
        StsClient.builder()
            .httpClient(http)
            .region(Region.of(settings.region()))
            .credentialsProvider(with)
            .overrideConfiguration(o ->
                o.apiCallTimeout(settings.timeouts().attempt())
                    .defaultProfileFile(ProfileFile.aggregator().build()));
    role.service().ifPresent(builder::endpointOverride);
    StsClient sts = builder.build();
    StsAssumeRoleCredentialsProvider provider =
        StsAssumeRoleCredentialsProvider.builder()
            .stsClient(sts)
            .refreshRequest(r ->
                r.roleArn(role.arn())
                    .roleSessionName("lifeboat-" + name)
                    .externalId(role.externalId().orElse(null)))
            .build();
    return new Telling(
        provider,
        "role %s is not given".formatted(role.arn()),
        false,
        () -> {
          provider.close();
          sts.close();
          http.close();
          close(with);
        });
  }

  static void close(AwsCredentialsProvider provider) {
    if (provider instanceof SdkAutoCloseable closeable) {
      closeable.close();
    }
  }

  /** Says in our words what cannot be had, and whether to ask again. */
  private static final class Telling implements AwsCredentialsProvider, SdkAutoCloseable {
    private final AwsCredentialsProvider provider;
    private final String what;
    private final boolean mayPass;
    private final Runnable close;

    private Telling(AwsCredentialsProvider provider, String what, boolean mayPass) {
      this(provider, what, mayPass, () -> SignInProviders.close(provider));
    }

    private Telling(AwsCredentialsProvider provider, String what, boolean mayPass, Runnable close) {
      this.provider = provider;
      this.what = what;
      this.mayPass = mayPass;
      this.close = close;
    }

    @Override
    public AwsCredentials resolveCredentials() {
      try {
        return provider.resolveCredentials();
      } catch (CredentialsUnavailable e) {
        throw e;
      } catch (AwsServiceException e) {
        String code = S3Errors.code(e);
        throw new CredentialsUnavailable(
            "%s: %s".formatted(what, code.isEmpty() ? "status " + e.statusCode() : code),
            e.statusCode() >= 500 || e.statusCode() == 429 || e.isThrottlingException(),
            e);
      } catch (SdkClientException | IllegalStateException e) {
        throw new CredentialsUnavailable(
            "%s: %s".formatted(what, e.getMessage()), mayPass || isNetwork(e), e);
      }
    }

    private static boolean isNetwork(Throwable e) {
      for (Throwable t = e; t != null; t = t.getCause()) {
        if (t instanceof IOException) {
          return true;
        }
      }
      return false;
    }

    @Override
    public void close() {
      close.run();
    }

    @Override
    public String toString() {
      return "credentials";
    }
  }
}
