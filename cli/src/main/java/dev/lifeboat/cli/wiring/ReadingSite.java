package dev.lifeboat.cli.wiring;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.engine.EngineSettings;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.RecipientName;
import dev.lifeboat.vault.seal.RecoveryKit;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.verify.drill.DrillSite;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * The regions of the configuration and the recovery kit, and nothing else of this host: neither its
 * keystore nor its caches, and no dataset with its credentials.
 */
final class ReadingSite implements DrillSite {
  private final Workspace workspace;
  private final Keys keys;

  /** Where the recovery kit comes from. */
  interface Keys {
    /** The kit, opened when first asked for. Not closed by the caller. */
    RecoveryKit open() throws IOException;
  }

  ReadingSite(Workspace workspace, Keys keys) {
    this.workspace = workspace;
    this.keys = keys;
  }

  @Override
  public SortedSet<RegionName> regions() {
    TreeSet<RegionName> names = new TreeSet<>();
    workspace.configuration().vault().regions().forEach(region -> names.add(region.name()));
    return names;
  }

  @Override
  public String recipient() {
    return RecipientName.KIT.value();
  }

  @Override
  public Opened open(Path home, SortedSet<RegionName> lost, UnaryOperator<Region> around)
      throws IOException {
    RecoveryKit kit = keys.open();
    RegionSet regions =
        Regions.openToRead(workspace.configuration(), workspace.environment(), lost, around);
    try {
      VaultDocument document =
          new Documents(regions)
              .newest(Optional.of(kit.rootKey().verifyKey()))
              .orElseThrow(
                  () -> new VaultException.NotFound("the regions that are left hold no vault"));
      SortedMap<TenantName, List<TenantReadKeys>> tenants =
          new Tenants(regions, document, workspace.environment().random())
              .open(RecipientName.KIT, kit.privateKey());
      Vault vault =
          Vault.open(
              regions,
              document,
              home.resolve("cache"),
              workspace.environment().clock(),
              workspace.environment().random(),
              EngineSettings.forHeap(Runtime.getRuntime().maxMemory()));
      return new OpenedVault(vault, tenants);
    } catch (RuntimeException e) {
      regions.close();
      throw e;
    }
  }

  private record OpenedVault(Vault vault, SortedMap<TenantName, List<TenantReadKeys>> keys)
      implements Opened {
    @Override
    public void close() {
      keys.values().forEach(all -> all.forEach(TenantReadKeys::close));
      vault.close();
    }
  }
}
