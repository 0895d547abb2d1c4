package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.config.ByteSize;
import dev.lifeboat.cli.config.ConfigException;
import dev.lifeboat.cli.config.ConfigException.Problem;
import dev.lifeboat.cli.config.Configuration;
import dev.lifeboat.cli.config.DatasetSection;
import dev.lifeboat.cli.config.SecretSource;
import dev.lifeboat.jobs.DatasetPlan;
import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.Source;
import dev.lifeboat.sources.directory.DirectorySettings;
import dev.lifeboat.sources.directory.DirectorySource;
import dev.lifeboat.sources.git.GitSettings;
import dev.lifeboat.sources.git.GitSource;
import dev.lifeboat.sources.git.GitUrl;
import dev.lifeboat.sources.h2.H2Settings;
import dev.lifeboat.sources.h2.H2Source;
import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.sources.postgres.PostgresSettings;
import dev.lifeboat.sources.postgres.PostgresSource;
import dev.lifeboat.sources.postgres.SslMode;
import dev.lifeboat.vault.tree.Name;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Makes sources of the configured datasets. Closing wipes the passwords that they were given. */
public final class Sources implements AutoCloseable {
  private final Secrets secrets;
  private final List<Secret> fetched = new ArrayList<>();

  public Sources(Secrets secrets) {
    this.secrets = secrets;
  }

  /**
   * The datasets, ready to be captured. Passwords are fetched now.
   *
   * @throws ConfigException if a source refuses its settings
   */
  public List<DatasetPlan> plan(List<DatasetSection> datasets) {
    return datasets.stream().map(this::plan).toList();
  }

  private DatasetPlan plan(DatasetSection dataset) {
    try {
      return new DatasetPlan(dataset.tenant(), dataset.name(), source(dataset), dataset.rpo());
    } catch (IllegalArgumentException e) {
      throw new ConfigException(List.of(problem(dataset, e)));
    }
  }

  /** What the sources refuse, without fetching a password. */
  public static List<Problem> problems(Configuration configuration) {
    List<Problem> problems = new ArrayList<>();
    for (DatasetSection dataset : configuration.datasets()) {
      try {
        dataset.directory().ifPresent(Sources::settings);
        dataset.postgres().ifPresent(Sources::settings);
        dataset.git().ifPresent(Sources::settings);
        dataset.h2().ifPresent(h2 -> new H2Settings(h2.url(), h2.user()));
      } catch (IllegalArgumentException e) {
        problems.add(problem(dataset, e));
      }
    }
    return problems;
  }

  private static Problem problem(DatasetSection dataset, IllegalArgumentException refused) {
    return new Problem(
        dataset.at(), "datasets." + dataset.name(), String.valueOf(refused.getMessage()));
  }

  private Source source(DatasetSection dataset) {
    if (dataset.directory().isPresent()) {
      return new DirectorySource(settings(dataset.directory().get()));
    }
    if (dataset.postgres().isPresent()) {
      DatasetSection.Postgres postgres = dataset.postgres().get();
      return new PostgresSource(settings(postgres), secret(postgres.password(), dataset));
    }
    if (dataset.git().isPresent()) {
      DatasetSection.Git git = dataset.git().get();
      return new GitSource(
          settings(git),
          secret(git.password(), dataset),
          secret(git.privateKeyPassphrase(), dataset));
    }
    DatasetSection.H2 h2 = dataset.h2().orElseThrow();
    return new H2Source(new H2Settings(h2.url(), h2.user()), secret(h2.password(), dataset));
  }

  private Optional<Secret> secret(Optional<SecretSource> source, DatasetSection dataset) {
    Optional<Secret> secret =
        source.map(from -> secrets.fetch(from, "password of dataset " + dataset.id()));
    secret.ifPresent(fetched::add);
    return secret;
  }

  private static DirectorySettings settings(DatasetSection.Directory directory) {
    return new DirectorySettings(
        RawPath.of(directory.path().toString()),
        directory.exclude(),
        directory.excludeFrom().stream().map(path -> RawPath.of(path.toString())).toList(),
        directory.excludeIfPresent().stream().map(Name::of).toList(),
        directory.excludeCaches(),
        directory.oneFileSystem(),
        directory
            .maxFileSize()
            .map(size -> OptionalLong.of(size.bytes()))
            .orElse(OptionalLong.empty()),
        switch (directory.accessTimes()) {
          case KEEP -> DirectorySettings.AccessTimes.KEEP;
          case UPDATE -> DirectorySettings.AccessTimes.UPDATE;
        },
        directory.workers().map(OptionalInt::of).orElse(OptionalInt.empty()));
  }

  /** As the driver calls it. */
  static SslMode mode(DatasetSection.Postgres.SslMode mode) {
    return SslMode.parse(mode.name().toLowerCase(Locale.ROOT).replace('_', '-'));
  }

  private static PostgresSettings settings(DatasetSection.Postgres postgres) {
    return new PostgresSettings(
        postgres.host(),
        postgres.port(),
        postgres.user(),
        postgres.sslmode().map(Sources::mode),
        postgres.sslRootCertificate(),
        postgres.selected(),
        postgres.maintenanceDatabase(),
        postgres.binaries(),
        postgres.parallelism(),
        postgres
            .largeTable()
            .map(ByteSize::bytes)
            .orElse(PostgresSettings.DEFAULT_LARGE_TABLE_BYTES),
        postgres
            .checksumLimit()
            .map(ByteSize::bytes)
            .orElse(PostgresSettings.DEFAULT_CHECKSUM_LIMIT_BYTES));
  }

  private static GitSettings settings(DatasetSection.Git git) {
    return new GitSettings(
        git.urls().stream().map(GitUrl::parse).toList(),
        git.directories(),
        git.depth(),
        git.username(),
        git.privateKey(),
        git.knownHosts(),
        git.lfs(),
        git.timeout());
  }

  @Override
  public void close() {
    fetched.forEach(Secret::close);
    fetched.clear();
  }
}
