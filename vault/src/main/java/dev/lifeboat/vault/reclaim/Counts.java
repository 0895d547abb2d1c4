package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborReader;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.region.MergedListing;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a region had when reclamation last looked, kept in all regions: a listing that has become
 * shorter, though nobody removed anything, is an outage.
 */
final class Counts {
  static final String PREFIX = "ledger/counts/";

  /** Older ones are removed. */
  private static final int KEPT = 3;

  private final RegionSet regions;
  private final Records records;
  private final SecureRandom random;

  Counts(RegionSet regions, Records records, SecureRandom random) {
    this.regions = regions;
    this.records = records;
    this.random = random;
  }

  /**
   * At least so many there should be.
   *
   * @param manifests with those that were forgotten: together they never grow fewer
   */
  record Count(long packs, long manifests) {}

  /** The latest count of a region that verifies, or {@code null} if it was never counted. */
  @Nullable Count latest(RegionName region) throws InterruptedException {
    List<ObjectKey> keys = list(region);
    for (ObjectKey key : keys.reversed()) {
      try {
        Count[] found = new Count[1];
        byte[] _ =
            regions.read(
                key,
                bytes -> {
                  try {
                    found[0] = decode(key, bytes);
                    return true;
                  } catch (VaultException.Damaged | VaultException.Untrusted e) {
                    return false;
                  }
                });
        return found[0];
      } catch (VaultException.Damaged e) {
        // An older one is better than none.
      }
    }
    return null;
  }

  /** Remembers a count, where a region takes it. Throws when none does. */
  void remember(RegionName region, Count count, Instant now) throws InterruptedException {
    List<ObjectKey> before = list(region);
    ObjectKey key = new ObjectKey(prefix(region) + RecordNames.next(now, random));
    CborWriter body =
        new CborWriter()
            .map(3)
            .text("key")
            .text(key.value())
            .text("packs")
            .integer(count.packs())
            .text("manifests")
            .integer(count.manifests());
    var report = regions.put(key, ByteBuffer.wrap(records.sign(Records.Kind.COUNT, body)));
    if (report.held().isEmpty()) {
      throw new VaultException.Unreachable(
          "no region takes the count of " + region, List.copyOf(report.failed().values()));
    }
    for (ObjectKey old : before.subList(0, Math.max(0, before.size() - KEPT))) {
      for (RegionName name : report.held()) {
        try {
          Boolean _ =
              regions.in(
                  name,
                  r -> {
                    r.delete(old);
                    return true;
                  });
        } catch (RegionException e) {
          // An old count more does no harm.
        }
      }
    }
  }

  private static String prefix(RegionName region) {
    return PREFIX + region + "/";
  }

  private List<ObjectKey> list(RegionName region) throws InterruptedException {
    List<ObjectKey> keys = new ArrayList<>();
    try (MergedListing listing = regions.merged(prefix(region))) {
      for (MergedListing.Row row = listing.next(); row != null; row = listing.next()) {
        keys.add(row.key());
      }
    }
    return keys;
  }

  private Count decode(ObjectKey key, byte[] bytes) {
    CborReader body = records.verify(Records.Kind.COUNT, key.toString(), bytes).body();
    long packs = 0;
    long manifests = 0;
    String own = "";
    CborReader.Keys keys = body.map();
    for (String name = keys.next(); name != null; name = keys.next()) {
      switch (name) {
        case "key" -> own = body.text();
        case "packs" -> packs = body.unsigned(Long.MAX_VALUE);
        case "manifests" -> manifests = body.unsigned(Long.MAX_VALUE);
        default -> body.skip();
      }
    }
    if (!own.equals(key.value())) {
      throw new VaultException.Untrusted("%s was written as '%s'".formatted(key, own));
    }
    return new Count(packs, manifests);
  }
}
