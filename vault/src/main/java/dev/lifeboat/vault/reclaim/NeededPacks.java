package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.snapshot.ManifestReferences;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The packs that the snapshots listed now need, for those who look whether they are there. Lies in
 * files: neither the number of packs nor that of snapshots is in memory. For one thread.
 *
 * <p>Manifests that were read before and are listed as they were then are not read again. What only
 * manifests need that cannot be read is not among the needed: whoever asks must know of those.
 */
public final class NeededPacks implements AutoCloseable {
  private final UpkeepCache.Use use;
  private final ReferenceTables tables;
  private final Survey survey;

  private NeededPacks(UpkeepCache.Use use, ReferenceTables tables, Survey survey) {
    this.use = use;
    this.tables = tables;
    this.survey = survey;
  }

  /**
   * Lists the manifests of all regions, and reads those that are new.
   *
   * @param tenants whose manifests {@code manifests} can read
   * @param cache in use until this is closed: others meanwhile work without
   */
  public static NeededPacks survey(
      RegionSet regions, Set<TenantId> tenants, ManifestReferences manifests, UpkeepCache cache)
      throws InterruptedException {
    UpkeepCache.Use use = cache.use();
    try {
      ReferenceTables tables = use.tables(manifests);
      return new NeededPacks(use, tables, Survey.of(regions, tenants, tables));
    } catch (RuntimeException | Error | InterruptedException e) {
      use.close();
      throw e;
    }
  }

  /** Whether a snapshot needs this pack. */
  public boolean contains(PackId pack) {
    return survey.referenced().contains(pack);
  }

  /** Packs in ascending order of ids. The caller closes it. */
  public Cursor packs() {
    return new Cursor(tables.needs());
  }

  /** Of each of these packs, the time of the newest snapshot that needs it. Reads all tables. */
  public SortedMap<PackId, Instant> newest(Set<PackId> packs) {
    SortedMap<PackId, Instant> newest = new TreeMap<>();
    tables.newest((id, time) -> {
      PackId pack = new PackId(id);
      if (packs.contains(pack)) {
        newest.merge(pack, time, (one, other) -> one.isAfter(other) ? one : other);
      }
    });
    return newest;
  }

  /** Keys of the manifests that refer to a pack. Reads all tables: for the rare case of damage. */
  public SortedSet<ObjectKey> manifestsNeeding(PackId pack) {
    return tables.needing(pack);
  }

  @Override
  public void close() {
    survey.close();
    use.close();
  }

  /** One needed pack after the other. */
  public static final class Cursor implements AutoCloseable {
    private final SortedNeeds needs;

    private Cursor(SortedNeeds needs) {
      this.needs = needs;
    }

    /** The next pack, {@code null} behind the last. */
    public @Nullable PackId next() {
      try {
        Digest next = needs.next();
        return next == null ? null : new PackId(next);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read what is needed", e);
      }
    }

    /** How long the pack that came last must be. */
    public long bytes() {
      return needs.bytes();
    }

    @Override
    public void close() {
      try {
        needs.close();
      } catch (IOException e) {
        throw new UncheckedIOException("cannot leave what is needed", e);
      }
    }
  }
}
