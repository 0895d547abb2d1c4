package dev.lifeboat.jobs;

import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.reclaim.Holds;
import dev.lifeboat.vault.reclaim.Lease;
import dev.lifeboat.vault.reclaim.Trash;
import dev.lifeboat.vault.region.RegionSet;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the regions list, remembered from one step of a night to the next: replication, verification
 * and retention need the same, and a large vault takes thousands of requests to list.
 */
final class NightListings {
  /** By these, hosts tell each other what must not wait. */
  private static final List<String> ALWAYS_ASKED =
      List.of(Lease.PREFIX, Trash.PREFIX, Holds.PREFIX);

  private final Vault vault;
  private RegionSet.@Nullable Remembering open;

  NightListings(Vault vault) {
    this.vault = vault;
  }

  /** Forgets what was remembered, and remembers from now on. */
  synchronized void begin() {
    end();
    try {
      open = vault.regions().rememberListings(vault.cache("listings"), ALWAYS_ASKED);
    } catch (IOException e) {
      // Then each step asks anew.
    }
  }

  /** From now on the regions are asked. */
  synchronized void end() {
    RegionSet.Remembering remembering = open;
    open = null;
    if (remembering != null) {
      remembering.close();
    }
  }
}
