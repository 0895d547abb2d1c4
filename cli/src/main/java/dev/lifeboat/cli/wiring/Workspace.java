package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.Environment;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.Configuration;
import dev.lifeboat.cli.config.DatasetSection;
import dev.lifeboat.schedules.run.RunBook;
import dev.lifeboat.schedules.store.SharedStore;
import dev.lifeboat.sources.Secret;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.EngineSettings;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.vault.seal.KitFile;
import dev.lifeboat.vault.seal.KitShares;
import dev.lifeboat.vault.seal.RecipientName;
import dev.lifeboat.vault.seal.RecoveryKit;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.seal.VerifyKey;
import dev.lifeboat.vault.send.SendSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a command works with, made when first asked for: configuration, regions, keys, vault. For
 * one thread. Closing closes all of it.
 */
public final class Workspace implements AutoCloseable {
  private final Invocation invocation;
  private final Configuration configuration;
  private final Instant started;
  private @Nullable RegionSet regions;
  private @Nullable SharedStores stores;
  private @Nullable SharedStore store;
  private @Nullable HostKeystore keystore;
  private @Nullable RecoveryKit kit;
  private @Nullable VaultDocument document;
  private @Nullable Vault vault;
  private @Nullable SortedMap<TenantName, List<TenantReadKeys>> readKeys;

  private Workspace(Invocation invocation, Configuration configuration) {
    this.invocation = invocation;
    this.configuration = configuration;
    this.started = invocation.environment().clock().instant();
  }

  /** Reads the configuration, and nothing else yet. */
  public static Workspace open(Invocation invocation) {
    return new Workspace(invocation, invocation.configuration());
  }

  public Configuration configuration() {
    return configuration;
  }

  public Environment environment() {
    return invocation.environment();
  }

  /** The state directory. */
  public Path home() {
    return invocation.home();
  }

  /** The state directory, made if it is missing, mode 0700. */
  public Path ensureHome() throws IOException {
    return Files.createDirectories(
        home(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  public Path keystoreFile() {
    return home().resolve(HostKeystore.FILE_NAME);
  }

  public Secrets secrets() {
    return new Secrets(environment().variables(), 60);
  }

  /** The regions; one that is out of reach answers with the reason. */
  public RegionSet regions() {
    RegionSet opened = regions;
    if (opened == null) {
      opened = Regions.open(configuration, environment());
      regions = opened;
    }
    return opened;
  }

  /** Opens the store that hosts share, if the configuration names one; closed with this. */
  public Optional<SharedStores> sharedStores() {
    SharedStores opener = stores;
    if (opener == null) {
      opener = SharedStores.of(configuration, environment(), home()).orElse(null);
      stores = opener;
    }
    return Optional.ofNullable(opener);
  }

  /**
   * The runs of this host, or of all that share a store; in use until this is closed.
   *
   * @throws dev.lifeboat.schedules.store.SharedStoreException if the database cannot be reached
   */
  public RunBook runs() {
    SharedStore opened = store;
    if (opened == null) {
      Optional<SharedStores> opener = sharedStores();
      if (opener.isEmpty()) {
        return RunBook.ofHome(home());
      }
      opened = opener.get().get();
      store = opened;
    }
    return RunBook.shared(opened);
  }

  public boolean hasKeystore() {
    return keystore != null || Files.exists(keystoreFile());
  }

  /**
   * This host's keys.
   *
   * @throws VaultException.KeyUnavailable if it has none
   */
  public HostKeystore keystore() throws IOException {
    HostKeystore loaded = keystore;
    if (loaded == null) {
      if (!hasKeystore()) {
        throw new VaultException.KeyUnavailable(
            "%s is missing: this host does not belong to a vault yet; run: lifeboat init (or init --join with the recovery kit)"
                .formatted(keystoreFile()));
      }
      loaded = HostKeystore.load(keystoreFile());
      keystore = loaded;
    }
    return loaded;
  }

  /** Notes the keystore of a new host. Closed with this. */
  public void adopt(HostKeystore made) {
    keystore = made;
  }

  public void saveKeystore() throws IOException {
    ensureHome();
    keystore().save(keystoreFile());
  }

  /** Forgets the document that was read: it has changed. */
  public void adopt(VaultDocument changed) {
    document = changed;
  }

  /**
   * The newest vault document, signed by the root key this host trusts: that of its keystore, or of
   * the recovery kit where there is no keystore.
   */
  public VaultDocument document() throws IOException {
    VaultDocument read = document;
    if (read == null) {
      VerifyKey root = hasKeystore() ? keystore().root() : kit().rootKey().verifyKey();
      read =
          new Documents(regions())
              .newest(Optional.of(root))
              .orElseThrow(() ->
                  new VaultException.NotFound("the regions hold no vault; run: lifeboat init"));
      if (hasKeystore()) {
        int seen = keystore().documentGeneration();
        keystore().saw(read);
        if (read.generation() > seen) {
          saveKeystore();
        }
      }
      document = read;
    }
    return read;
  }

  public Vault vault() throws IOException {
    Vault opened = vault;
    if (opened == null) {
      opened =
          Vault.open(
              regions(),
              document(),
              ensureHome().resolve("cache"),
              environment().clock(),
              environment().random(),
              EngineSettings.forHeap(Runtime.getRuntime().maxMemory()),
              new SendSettings(
                  home().resolve("spill"), configuration.night().spill().bytes(), deadline()));
      vault = opened;
    }
    return opened;
  }

  /** When a night that begins now stops waiting, if the configuration says so. */
  public Optional<Instant> deadline() {
    return configuration.night().deadline().map(started::plus);
  }

  public Tenants tenants() throws IOException {
    return new Tenants(regions(), document(), environment().random());
  }

  /**
   * The recovery kit, opened with the configured passphrase or one asked for.
   *
   * @throws VaultException.KeyUnavailable if there is none here
   */
  public RecoveryKit kit() throws IOException {
    RecoveryKit opened = kit;
    if (opened == null) {
      Path file =
          configuration
              .vault()
              .kit()
              .orElseThrow(() ->
                  new VaultException.KeyUnavailable(
                      "this needs the recovery kit, and the configuration has no vault.kit: add it, or use a host where restoring is allowed"));
      char[] passphrase = passphrase("Passphrase of " + file);
      try {
        opened = KitFile.read(file, passphrase);
      } finally {
        Arrays.fill(passphrase, '\0');
      }
      kit = opened;
    }
    return opened;
  }

  /** The recovery kit, put together from shares instead of opened. Closed with this. */
  RecoveryKit kitOf(List<String> shares) {
    RecoveryKit combined = kit;
    if (combined == null) {
      combined = KitShares.combine(shares);
      kit = combined;
    }
    return combined;
  }

  /** Notes a kit that was made or put together. Closed with this. */
  public void adopt(RecoveryKit made) {
    kit = made;
  }

  /** The configured passphrase, or one typed without echo. The caller wipes it. */
  public char[] passphrase(String question) {
    if (configuration.vault().passphrase().isPresent()) {
      try (Secret secret =
          secrets()
              .fetch(configuration.vault().passphrase().get(), "passphrase of the recovery kit")) {
        return secret.exposeSecret().toCharArray();
      }
    }
    return environment()
        .prompt()
        .secret(question)
        .orElseThrow(() ->
            new CliException(
                ExitCode.KEY_UNAVAILABLE,
                "the passphrase of the recovery kit is needed and there is no terminal to ask on; configure vault.passphrase"));
  }

  /** The tenants that are known here: of the configuration, the keystore, or what the kit opens. */
  public SortedSet<TenantName> knownTenants() throws IOException {
    return new TreeSet<>(hasKeystore() ? keystore().tenants() : readKeys().keySet());
  }

  /**
   * All generations of what this host needs to list a tenant's snapshots: of its keystore, or of
   * what the kit opens. Not closed by the caller.
   */
  public List<TenantWriteKeys> writeKeys(TenantName tenant) throws IOException {
    List<TenantWriteKeys> keys =
        hasKeystore()
            ? keystore().generations(tenant)
            : readKeys().getOrDefault(tenant, List.of()).stream()
                .map(TenantReadKeys::write)
                .toList();
    if (keys.isEmpty()) {
      throw new VaultException.NotFound(
          "there are no keys of tenant %s here; known are %s".formatted(tenant, knownTenants()));
    }
    return keys;
  }

  /**
   * What opens a tenant's snapshots, all generations. Not closed by the caller.
   *
   * @throws VaultException.KeyUnavailable if there is no recovery kit here, or it opens nothing of
   *     the tenant
   */
  public List<TenantReadKeys> readKeys(TenantName tenant) throws IOException {
    List<TenantReadKeys> keys = readKeys().get(tenant);
    if (keys == null) {
      throw new VaultException.KeyUnavailable(
          "the recovery kit opens no key of tenant %s; it opens %s"
              .formatted(tenant, readKeys().keySet()));
    }
    return keys;
  }

  private SortedMap<TenantName, List<TenantReadKeys>> readKeys() throws IOException {
    SortedMap<TenantName, List<TenantReadKeys>> opened = readKeys;
    if (opened == null) {
      opened = tenants().open(RecipientName.KIT, kit().privateKey());
      readKeys = opened;
    }
    return opened;
  }

  /** The configured datasets by {@code name} and {@code tenant/name}; names are unique enough. */
  public Map<String, DatasetSection> datasets() {
    Map<String, DatasetSection> datasets = new LinkedHashMap<>();
    for (DatasetSection dataset : configuration.datasets()) {
      datasets.put(dataset.id(), dataset);
    }
    return datasets;
  }

  /** Whether a command used this for more than its configuration. */
  boolean hasSpokenToTheVault() {
    return document != null;
  }

  @Override
  public void close() {
    if (!invocation.keeps(this)) {
      release();
    }
  }

  /** Closes it, whoever would like to keep it. */
  void release() {
    if (store != null) {
      store.close();
    }
    if (stores != null) {
      stores.close();
    }
    if (readKeys != null) {
      readKeys.values().forEach(all -> all.forEach(TenantReadKeys::close));
    }
    if (kit != null) {
      kit.close();
    }
    if (keystore != null) {
      keystore.close();
    }
    if (vault != null) {
      vault.close();
    } else if (regions != null) {
      regions.close();
    }
  }
}
