package dev.lifeboat.verify;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.index.IndexCodec;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.IndexReferences;
import dev.lifeboat.vault.region.MergedListing;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.TenantId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Every needed pack that some index object covers must be covered in every region. Packs that none
 * covers are read through their footers; that is slower and no damage.
 *
 * <p>Index objects are read only where a region lacks one: usually none.
 */
final class IndexCover {
  static final String PREFIX = "index/";

  private final RegionSet regions;
  private final References references;
  private final IndexReferences indexes;

  /** Index objects that a region lacks, with the needed packs that they cover. */
  private final Map<RegionName, Map<ObjectKey, Set<PackId>>> lacking = new TreeMap<>();

  private final Map<ObjectKey, Set<RegionName>> thin = new TreeMap<>();

  IndexCover(RegionSet regions, References references, IndexReferences indexes) {
    this.regions = regions;
    this.references = references;
    this.indexes = indexes;
  }

  /** An index object and who lists it. */
  void row(MergedListing.Row row) {
    if (!row.lacking().isEmpty()) {
      thin.put(row.key(), Set.copyOf(row.lacking().keySet()));
    }
  }

  /**
   * What is wrong in some regions.
   *
   * @param lookedAt of these regions
   */
  List<Finding> findings(Collection<RegionName> lookedAt) throws InterruptedException {
    thin.forEach((key, without) ->
        packs(key)
            .ifPresent(packs -> {
              packs.removeIf(pack -> !references.needs(pack));
              for (RegionName region : without) {
                if (lookedAt.contains(region) && !packs.isEmpty()) {
                  lacking.computeIfAbsent(region, _ -> new TreeMap<>()).put(key, packs);
                }
              }
            }));
    List<Finding> findings = new ArrayList<>();
    for (Map.Entry<RegionName, Map<ObjectKey, Set<PackId>>> region : lacking.entrySet()) {
      Set<PackId> uncovered = uncovered(region.getKey(), region.getValue().values());
      region
          .getValue()
          .forEach((key, packs) -> {
            if (packs.stream().anyMatch(uncovered::contains)) {
              findings.add(new Finding.Missing(region.getKey(), key, references.hurt(packs), true));
            }
          });
    }
    return findings;
  }

  /** Which of these packs no index object covers that the region holds. */
  private Set<PackId> uncovered(RegionName name, Collection<Set<PackId>> wanted)
      throws InterruptedException {
    Set<PackId> left = new HashSet<>();
    wanted.forEach(left::addAll);
    try (MergedListing listing = regions.merged(PREFIX)) {
      for (MergedListing.Row row = listing.next();
          row != null && !left.isEmpty();
          row = listing.next()) {
        if (row.held().containsKey(name)) {
          packs(row.key()).ifPresent(left::removeAll);
        }
      }
    }
    return left;
  }

  /** What an index object covers; nothing if no region has it unharmed, or it is another's. */
  private Optional<Set<PackId>> packs(ObjectKey key) {
    try {
      TenantId tenant = ObjectJudge.tenant(key);
      byte[] object = regions.read(key, bytes -> IndexCodec.key(tenant, bytes).equals(key));
      return Optional.of(new HashSet<>(indexes.of(key, object)));
    } catch (VaultException | IllegalArgumentException e) {
      // Its bytes are judged where bytes are read; nobody can say here what it covers.
      return Optional.empty();
    }
  }
}
