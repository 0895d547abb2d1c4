package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What the {@link Repacked} records of a region mean for its reclamation. */
final class RepackedRecords {
  /** So many old records may lie side by side before they are joined into one. */
  private static final int MOST_OLD = 4;

  private final List<Repacked> records;
  private final Instant now;
  private final Set<PackId> fresh = new HashSet<>();
  private final Set<PackId> packs = new HashSet<>();

  RepackedRecords(List<Repacked> records, Instant now) {
    this.records = List.copyOf(records);
    this.now = now;
    for (Repacked record : records) {
      packs.addAll(record.packs());
      if (record.isFresh(now)) {
        fresh.addAll(record.into());
      }
    }
  }

  /** New packs that may still be referred to. */
  Set<PackId> fresh() {
    return fresh;
  }

  /** Packs that were copied. */
  Set<PackId> packs() {
    return packs;
  }

  /**
   * What becomes of the records.
   *
   * @param joined packs for a new record, none if there is to be none
   * @param remove records to be removed behind it
   */
  record Tidying(Set<PackId> joined, List<ObjectKey> remove) {}

  /**
   * A record is needed while one of its packs is there, or its new packs wait to be referred to.
   *
   * @param present those of {@link #packs} that are there
   */
  Tidying tidy(Set<PackId> present) {
    List<ObjectKey> remove = new ArrayList<>();
    List<Repacked> old = new ArrayList<>();
    for (Repacked record : records) {
      if (record.isFresh(now)) {
        continue;
      }
      if (record.packs().stream().noneMatch(present::contains)) {
        remove.add(record.key());
      } else {
        old.add(record);
      }
    }
    Set<PackId> joined = new HashSet<>();
    if (old.size() > MOST_OLD) {
      for (Repacked record : old) {
        record.packs().stream().filter(present::contains).forEach(joined::add);
        remove.add(record.key());
      }
    }
    return new Tidying(joined, remove);
  }
}
