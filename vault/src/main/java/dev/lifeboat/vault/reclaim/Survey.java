package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.MergedListing;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.TenantId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All manifests of all regions, as they are listed now: which packs are referred to from anywhere,
 * and which regions are not in a state to remove anything.
 */
final class Survey implements AutoCloseable {
  /** What both begin with, {@link Forgetting#PREFIX} and {@link Counts#PREFIX}. */
  private static final String LEDGER = "ledger/";

  private final SortedMap<RegionName, String> objections = new TreeMap<>();
  private final Map<RegionName, Long> manifests = new HashMap<>();
  private final List<ObjectKey> counts = new ArrayList<>();
  private @Nullable PackSet referenced;

  private Survey() {}

  /** Packs that a manifest in any region refers to. */
  PackSet referenced() {
    PackSet packs = referenced;
    if (packs == null) {
      throw new IllegalStateException("nothing was surveyed");
    }
    return packs;
  }

  /** Regions that must be left alone, and why. */
  SortedMap<RegionName, String> objections() {
    return objections;
  }

  /** Manifests that a region has, and those forgotten: together they never grow fewer. */
  long manifests(RegionName region) {
    return manifests.getOrDefault(region, 0L);
  }

  /** Records of {@link Counts} in any region, in ascending order. */
  List<ObjectKey> counts() {
    return List.copyOf(counts);
  }

  /**
   * Lists everything anew, and reads what was not read before. What a region lists now it must have
   * listed to be complete.
   *
   * @param tables knows what manifests refer to that were read before
   */
  static Survey of(RegionSet regions, Set<TenantId> tenants, ReferenceTables tables)
      throws InterruptedException {
    return of(regions, tenants, tables, Forgetting.PREFIX);
  }

  /** As {@link #of}, and with {@link #counts}, for no request more. */
  static Survey withCounts(RegionSet regions, Set<TenantId> tenants, ReferenceTables tables)
      throws InterruptedException {
    return of(regions, tenants, tables, LEDGER);
  }

  /**
   * @param ledger prefix that has the records of what was forgotten
   */
  private static Survey of(
      RegionSet regions, Set<TenantId> tenants, ReferenceTables tables, String ledger)
      throws InterruptedException {
    Survey survey = new Survey();
    long forgotten = 0;
    String directory = "";
    SortedMap<ObjectKey, SortedMap<RegionName, ObjectInfo>> listed = new TreeMap<>();
    // Side by side, because both are in the order of the same names.
    try (MergedListing records = regions.merged(ledger);
        MergedListing listing = regions.merged(Forgetting.SNAPSHOTS)) {
      MergedListing.Row record = survey.nextForgotten(records);
      for (MergedListing.Row row = listing.next(); row != null; row = listing.next()) {
        ObjectKey of = Forgetting.recordKey(row.key());
        while (record != null && record.key().compareTo(of) < 0) {
          forgotten++;
          record = survey.nextForgotten(records);
        }
        survey.count(row, record != null && record.key().equals(of));
        if (isOfOneOf(tenants, row.key())) {
          String key = row.key().value();
          if (!key.startsWith(directory) || key.lastIndexOf('/') >= directory.length()) {
            survey.update(regions, tables, directory, listed, listing);
            listed.clear();
            directory = key.substring(0, key.lastIndexOf('/') + 1);
          }
          listed.put(row.key(), row.held());
        }
      }
      survey.update(regions, tables, directory, listed, listing);
      for (; record != null; record = survey.nextForgotten(records)) {
        forgotten++;
      }
      survey.objectToAll(regions, records);
      survey.objectToAll(regions, listing);
    }
    for (var region : regions.regions()) {
      survey.manifests.merge(region.name(), forgotten, Long::sum);
    }
    survey.referenced = tables.union();
    return survey;
  }

  private MergedListing.@Nullable Row nextForgotten(MergedListing ledger)
      throws InterruptedException {
    MergedListing.Row row = ledger.next();
    while (row != null && !row.key().value().startsWith(Forgetting.PREFIX)) {
      if (row.key().value().startsWith(Counts.PREFIX)) {
        counts.add(row.key());
      }
      row = ledger.next();
    }
    return row;
  }

  private void count(MergedListing.Row row, boolean forgotten) {
    if (forgotten) {
      return;
    }
    for (RegionName name : row.lacking().keySet()) {
      object(
          name,
          "it lacks %s, which %s has: an outage, not an instruction; run: lifeboat replicate"
              .formatted(row.key(), row.held().firstKey()));
    }
    for (RegionName name : row.held().keySet()) {
      manifests.merge(name, 1L, Long::sum);
    }
  }

  private void update(
      RegionSet regions,
      ReferenceTables tables,
      String directory,
      SortedMap<ObjectKey, SortedMap<RegionName, ObjectInfo>> listed,
      MergedListing listing) {
    if (listed.isEmpty()) {
      return;
    }
    tables.update(
        directory,
        listed,
        listing.failed().isEmpty(),
        (name, key) -> read(regions, name, key),
        this::object);
  }

  private byte @Nullable [] read(RegionSet regions, RegionName name, ObjectKey key) {
    try {
      return regions.in(name, region -> region.read(key));
    } catch (RegionException.Missing e) {
      // Forgotten between listing and reading, or lost: either way the next run knows better.
      object(name, "%s went away while it was looked at; try again".formatted(key));
    } catch (RegionException e) {
      object(name, "cannot read %s: %s".formatted(key, e.getMessage()));
    }
    return null;
  }

  private void object(RegionName name, ObjectKey key, VaultException why) {
    object(
        name,
        "%s cannot be understood, so that nobody knows what it needs: %s"
            .formatted(key, why.getMessage()));
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

  @Override
  public void close() {
    PackSet packs = referenced;
    if (packs != null) {
      packs.close();
    }
  }
}
