package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborReader;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What each region had when reclamation last looked, kept in all regions: a listing that has become
 * shorter, though nobody removed anything, is an outage. For one reclamation, and one thread.
 */
final class Counts {
  static final String PREFIX = "ledger/counts/";

  /** Older ones are not needed. */
  private static final int KEPT = 3;

  private final RegionSet regions;
  private final Records records;
  private final SecureRandom random;
  private final List<ObjectKey> listed;
  private final SortedMap<RegionName, Count> counts;
  private Set<RegionName> saved = Set.of();
  private boolean changed;

  private Counts(
      RegionSet regions,
      Records records,
      SecureRandom random,
      List<ObjectKey> listed,
      SortedMap<RegionName, Count> counts) {
    this.regions = regions;
    this.records = records;
    this.random = random;
    this.listed = listed;
    this.counts = counts;
  }

  /**
   * At least so many there should be.
   *
   * @param manifests with those that were forgotten: together they never grow fewer
   */
  record Count(long packs, long manifests) {}

  /**
   * Reads the latest record that verifies, wherever it is; without one, nothing was counted.
   *
   * @param listed all records that any region lists, in ascending order
   */
  static Counts read(
      RegionSet regions, Records records, SecureRandom random, List<ObjectKey> listed) {
    SortedMap<RegionName, Count> counts = new TreeMap<>();
    for (ObjectKey key : listed.reversed()) {
      try {
        byte[] record = regions.read(key, bytes -> decode(records, key, bytes).isPresent());
        counts.putAll(decode(records, key, record).orElseThrow());
        break;
      } catch (VaultException.Damaged e) {
        // An older one is better than none.
      }
    }
    return new Counts(regions, records, random, new ArrayList<>(listed), counts);
  }

  /** What a region had at least; nothing if it was never counted. */
  Optional<Count> of(RegionName region) {
    return Optional.ofNullable(counts.get(region));
  }

  /** To be remembered with the next {@link #save}. */
  void note(RegionName region, Count count) {
    changed |= !count.equals(counts.put(region, count));
  }

  /** Remembers what was noted, where a region takes it. Throws when none does. */
  void save(Instant now) {
    if (!changed) {
      return;
    }
    ObjectKey key = new ObjectKey(PREFIX + RecordNames.next(behindAll(now), random));
    CborWriter body =
        new CborWriter().map(2).text("key").text(key.value()).text("regions").array(counts.size());
    counts.forEach((region, count) ->
        body.array(3).text(region.value()).integer(count.packs()).integer(count.manifests()));
    var report = regions.put(key, ByteBuffer.wrap(records.sign(Records.Kind.COUNT, body)));
    if (report.held().isEmpty()) {
      throw new VaultException.Unreachable(
          "no region takes the counts of the regions", List.copyOf(report.failed().values()));
    }
    changed = false;
    listed.add(key);
    saved = report.held();
  }

  /** Records that a region needs no more, because it took the one that was just saved. */
  List<ObjectKey> old(RegionName region) {
    return saved.contains(region)
        ? List.copyOf(listed.subList(0, Math.max(0, listed.size() - KEPT)))
        : List.of();
  }

  /** Names tell the latest, also where the clock of one region is ahead of another's. */
  private Instant behindAll(Instant now) {
    if (listed.isEmpty()) {
      return now;
    }
    Instant last = RecordNames.time(listed.getLast().lastSegment()).plusMillis(1);
    return now.isAfter(last) ? now : last;
  }

  /** Nothing where the record is not what it must be. */
  private static Optional<SortedMap<RegionName, Count>> decode(
      Records records, ObjectKey key, byte[] bytes) {
    try {
      CborReader body = records.verify(Records.Kind.COUNT, key.toString(), bytes).body();
      SortedMap<RegionName, Count> counts = new TreeMap<>();
      String own = "";
      CborReader.Keys keys = body.map();
      for (String name = keys.next(); name != null; name = keys.next()) {
        switch (name) {
          case "key" -> own = body.text();
          case "regions" -> {
            for (int i = body.array(); i > 0; i--) {
              body.array(3);
              RegionName region = new RegionName(body.text());
              counts.put(
                  region, new Count(body.unsigned(Long.MAX_VALUE), body.unsigned(Long.MAX_VALUE)));
            }
          }
          default -> body.skip();
        }
      }
      body.end();
      return own.equals(key.value()) ? Optional.of(counts) : Optional.empty();
    } catch (VaultException.Damaged | VaultException.Untrusted | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
