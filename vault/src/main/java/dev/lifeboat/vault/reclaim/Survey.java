package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.MergedListing;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.snapshot.ManifestReferences;
import dev.lifeboat.vault.snapshot.PackReference;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All manifests of all regions, read: which packs are referred to from anywhere, and which regions
 * are not in a state to remove anything.
 */
final class Survey {
  private final Set<PackId> referenced = new HashSet<>();
  private final SortedMap<RegionName, String> objections = new TreeMap<>();
  private final Map<RegionName, Long> manifests = new HashMap<>();

  private Survey() {}

  /** Packs that a manifest in any region refers to. About 100 bytes of memory each. */
  Set<PackId> referenced() {
    return referenced;
  }

  /** Regions that must be left alone, and why. */
  SortedMap<RegionName, String> objections() {
    return objections;
  }

  /** Manifests that a region has, and those forgotten: together they never grow fewer. */
  long manifests(RegionName region) {
    return manifests.getOrDefault(region, 0L);
  }

  /** Reads everything anew. What a region lists now it must have listed to be complete. */
  static Survey of(RegionSet regions, Set<TenantId> tenants, ManifestReferences references)
      throws InterruptedException {
    Survey survey = new Survey();
    Set<ObjectKey> forgotten = new HashSet<>();
    try (MergedListing listing = regions.merged(Forgetting.PREFIX)) {
      for (MergedListing.Row row = listing.next(); row != null; row = listing.next()) {
        forgotten.add(row.key());
      }
      survey.objectToAll(regions, listing);
    }
    Set<Digest> parsed = new HashSet<>();
    try (MergedListing listing = regions.merged(Forgetting.SNAPSHOTS)) {
      for (MergedListing.Row row = listing.next(); row != null; row = listing.next()) {
        boolean wanted = !forgotten.contains(Forgetting.recordKey(row.key()));
        for (RegionName name : row.lacking().keySet()) {
          if (wanted) {
            survey.object(
                name,
                "it lacks %s, which %s has: an outage, not an instruction; run: lifeboat replicate"
                    .formatted(row.key(), row.held().firstKey()));
          }
        }
        for (RegionName name : row.held().keySet()) {
          if (wanted) {
            survey.manifests.merge(name, 1L, Long::sum);
          }
          if (isOfOneOf(tenants, row.key())) {
            survey.read(regions, name, row.key(), references, parsed);
          }
        }
      }
      survey.objectToAll(regions, listing);
    }
    for (var region : regions.regions()) {
      survey.manifests.merge(region.name(), (long) forgotten.size(), Long::sum);
    }
    return survey;
  }

  private void read(
      RegionSet regions,
      RegionName name,
      ObjectKey key,
      ManifestReferences references,
      Set<Digest> parsed) {
    try {
      byte[] bytes = regions.in(name, region -> region.read(key));
      Digest digest = digest(bytes);
      if (parsed.contains(digest)) {
        return;
      }
      for (PackReference reference : references.of(key, bytes)) {
        referenced.add(reference.pack());
      }
      parsed.add(digest);
    } catch (RegionException.Missing e) {
      // Forgotten between listing and reading, or lost: either way the next run knows better.
      object(name, "%s went away while it was looked at; try again".formatted(key));
    } catch (RegionException e) {
      object(name, "cannot read %s: %s".formatted(key, e.getMessage()));
    } catch (VaultException e) {
      object(
          name,
          "%s cannot be understood, so that nobody knows what it needs: %s"
              .formatted(key, e.getMessage()));
    }
  }

  /** Manifests that cannot be listed may need anything anywhere. */
  private void objectToAll(RegionSet regions, MergedListing listing) {
    listing
        .failed()
        .forEach((failed, e) ->
            regions
                .regions()
                .forEach(region ->
                    object(
                        region.name(),
                        "the snapshots of region %s cannot be listed: %s"
                            .formatted(failed, e.getMessage()))));
  }

  void object(RegionName region, String reason) {
    objections.putIfAbsent(region, reason);
  }

  private static boolean isOfOneOf(Set<TenantId> tenants, ObjectKey manifest) {
    String rest = manifest.value().substring(Forgetting.SNAPSHOTS.length());
    int slash = rest.indexOf('/');
    return slash > 0 && tenants.stream().anyMatch(t -> t.hex().equals(rest.substring(0, slash)));
  }

  static Digest digest(byte[] bytes) {
    try {
      return Digest.read(MessageDigest.getInstance("SHA-256").digest(bytes), 0);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks SHA-256", e);
    }
  }
}
