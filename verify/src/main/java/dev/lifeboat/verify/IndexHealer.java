package dev.lifeboat.verify;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.Directories;
import dev.lifeboat.vault.engine.EngineSettings;
import dev.lifeboat.vault.engine.HostReferences;
import dev.lifeboat.vault.engine.IndexRebuild;
import dev.lifeboat.vault.engine.PackProver;
import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.NeededPacks;
import dev.lifeboat.vault.reclaim.UpkeepCache;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.TenantWriteKeys;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Makes index objects for needed packs that none tells of. Works with a cache of its own: what this
 * host remembers of index objects that were set aside must not count.
 */
final class IndexHealer {
  private final Vault vault;
  private final KeyRing keys;
  private final HostReferences references;
  private final Path scratch;
  private final Clock clock;
  private final SecureRandom random;

  IndexHealer(
      Vault vault,
      KeyRing keys,
      HostReferences references,
      Path scratch,
      Clock clock,
      SecureRandom random) {
    this.vault = vault;
    this.keys = keys;
    this.references = references;
    this.scratch = scratch;
    this.clock = clock;
    this.random = random;
  }

  /**
   * Rebuilds what is lacking.
   *
   * @param setAside index objects that are gone from their places
   * @return what was done, in words
   */
  List<String> rebuild(Set<ObjectKey> setAside) throws InterruptedException {
    Set<Digest> names =
        setAside.stream().map(key -> Digest.parse(key.lastSegment())).collect(Collectors.toSet());
    List<String> done = new ArrayList<>();
    delete(scratch);
    List<Region> lent = new ArrayList<>();
    vault.regions().regions().forEach(region -> lent.add(new OneRegion(region)));
    try (Vault fresh =
        Vault.open(
            new RegionSet(lent, vault.regions().quorum()),
            vault.document(),
            scratch,
            clock,
            random,
            EngineSettings.DEFAULT)) {
      for (List<TenantWriteKeys> tenant : keys.byTenant()) {
        vault.rebuildIndex(tenant).forget(names);
        IndexRebuild rebuild = fresh.rebuildIndex(tenant);
        UpkeepCache cache =
            new UpkeepCache(
                scratch.resolve("upkeep").resolve(tenant.getFirst().id().hex()),
                references.binding());
        try (NeededPacks needed =
                NeededPacks.survey(
                    fresh.regions(),
                    Set.of(tenant.getFirst().id()),
                    references.manifests(),
                    cache);
            NeededPacks.Cursor cursor = needed.packs()) {
          for (PackId pack = cursor.next(); pack != null; pack = cursor.next()) {
            rebuild.add(new PackProver.Wanted(pack, cursor.bytes()));
          }
        }
        for (ObjectKey written : rebuild.finish()) {
          done.add(
              "%s: written anew, from what packs say of themselves (%d packs in all)"
                  .formatted(written, rebuild.packs()));
        }
      }
    } finally {
      delete(scratch);
    }
    return done;
  }

  /** Removes a directory of the local cache; losing it costs nothing but time. */
  static void delete(Path directory) {
    try {
      Directories.delete(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove " + directory, e);
    }
  }
}
