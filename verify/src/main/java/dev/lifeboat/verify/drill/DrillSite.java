package dev.lifeboat.verify.drill;

import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.TenantReadKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.function.UnaryOperator;

/** The world as a disaster leaves it: regions and a recovery kit. */
public interface DrillSite {
  /** All regions that are configured. */
  SortedSet<RegionName> regions();

  /** Whose key opens what is opened here, as the vault calls the recipient. */
  String recipient();

  /**
   * Opens the keys: this takes the time that it takes in a disaster.
   *
   * @param home an empty directory, in place of the state of this host
   * @param lost regions that are not opened and whose credentials are not asked for
   * @param around put around every region that is opened
   * @throws dev.lifeboat.vault.VaultException.KeyUnavailable if the keys cannot be opened
   */
  Opened open(Path home, SortedSet<RegionName> lost, UnaryOperator<Region> around)
      throws IOException;

  /** An opened vault; closing closes its keys too. */
  interface Opened extends AutoCloseable {
    Vault vault();

    /** What the recovery kit opens: all generations by tenant. */
    SortedMap<TenantName, List<TenantReadKeys>> keys();

    @Override
    void close();
  }
}
