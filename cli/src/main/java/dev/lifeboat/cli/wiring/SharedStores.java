package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.Environment;
import dev.lifeboat.cli.config.Configuration;
import dev.lifeboat.cli.config.StoreSection;
import dev.lifeboat.schedules.store.Nodes;
import dev.lifeboat.schedules.store.SharedStore;
import dev.lifeboat.schedules.store.SharedStoreException;
import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.postgres.PostgresDatabase;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.seal.HostKeystore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Opens the store that hosts share, if the configuration names one. The password is fetched once,
 * and from the first use on connections are kept until this is closed.
 */
public final class SharedStores implements Supplier<SharedStore>, AutoCloseable {
  /** So long nobody tries again what failed. */
  private static final Duration GIVEN_UP = Duration.ofSeconds(5);

  private final StoreSection section;
  private final Environment environment;
  private final Path home;
  private SharedStore.@Nullable Settings settings;
  private @Nullable SharedStore kept;
  private @Nullable SharedStoreException failed;
  private long failedAt;

  private SharedStores(StoreSection section, Environment environment, Path home) {
    this.section = section;
    this.environment = environment;
    this.home = home;
  }

  /** That of the configuration; nothing is opened yet. */
  public static Optional<SharedStores> of(
      Configuration configuration, Environment environment, Path home) {
    return configuration
        .service()
        .store()
        .map(section -> new SharedStores(section, environment, home));
  }

  /**
   * Opens it, for one use; what is open in this process already is used with others.
   *
   * @throws SharedStoreException if it cannot be reached
   * @throws VaultException.KeyUnavailable if this host does not belong to a vault yet
   * @throws dev.lifeboat.cli.CliException if the password cannot be had
   */
  @Override
  public synchronized SharedStore get() {
    SharedStoreException before = failed;
    if (before != null && System.nanoTime() - failedAt < GIVEN_UP.toNanos()) {
      throw before;
    }
    failed = null;
    try {
      if (kept == null) {
        kept = SharedStore.open(settings());
      }
      return SharedStore.open(settings());
    } catch (SharedStoreException e) {
      failed = e;
      failedAt = System.nanoTime();
      throw e;
    }
  }

  /**
   * The same for those who have another way when it cannot be had: whatever the reason, it is the
   * store that cannot be used.
   */
  SharedStore getOrElse() {
    try {
      return get();
    } catch (VaultException | CliException | UncheckedIOException e) {
      throw new SharedStoreException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public synchronized void close() {
    SharedStore open = kept;
    if (open != null) {
      kept = null;
      open.close();
    }
  }

  private SharedStore.Settings settings() {
    SharedStore.Settings made = settings;
    if (made == null) {
      StoreSection.Postgres postgres = section.postgres().orElseThrow();
      Optional<Secret> password =
          postgres
              .password()
              .map(source ->
                  new Secrets(environment.variables(), 60)
                      .fetch(source, "password of service.store"));
      try {
        made =
            new SharedStore.Settings(
                new PostgresDatabase(
                    postgres.host(),
                    postgres.port(),
                    postgres.database(),
                    postgres.user(),
                    postgres.sslmode().map(Sources::mode),
                    postgres.sslRootCertificate(),
                    password),
                scope(),
                Nodes.of(home.resolve("state")),
                section.takeover());
      } catch (IOException e) {
        throw new UncheckedIOException("cannot name this host in " + home, e);
      }
      settings = made;
    }
    return made;
  }

  /** Hosts of one vault share, and no others. */
  private String scope() throws IOException {
    Path file = home.resolve(HostKeystore.FILE_NAME);
    if (Files.notExists(file)) {
      throw new VaultException.KeyUnavailable(
          "%s is missing: what hosts share in service.store is that of their vault, and this host does not belong to one yet; run: lifeboat init (or init --join with the recovery kit)"
              .formatted(file));
    }
    try (HostKeystore keystore = HostKeystore.load(file)) {
      return keystore.vault().hex();
    }
  }
}
