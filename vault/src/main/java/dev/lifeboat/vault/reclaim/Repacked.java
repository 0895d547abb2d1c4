package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborReader;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Set;

/**
 * That what the newest snapshots need of some packs was copied into others: a signed record. The
 * next snapshots refer to the copies, if these are there; the old packs stay for those that refer
 * to them, and go with the last of these like any pack.
 *
 * <p>Nothing depends on such a record. One that is missing, forged or too old costs space: writers
 * then use the old packs or, of a chunk that is in none, store it again.
 *
 * @param modified when it was stored, by the region's clock
 * @param packs the old ones
 * @param into the new ones. Nothing refers to them at first: reclamation leaves them alone until
 *     the record is {@link #PICKED_UP} old
 */
public record Repacked(ObjectKey key, Instant modified, Set<PackId> packs, Set<PackId> into) {
  static final String PREFIX = Trash.PREFIX + "repacked/";

  /**
   * New packs that no snapshot refers to after so long are garbage: their dataset is not backed up
   * any more.
   */
  public static final Duration PICKED_UP = Duration.ofDays(10);

  public Repacked {
    packs = Set.copyOf(packs);
    into = Set.copyOf(into);
  }

  static boolean is(ObjectKey key) {
    return key.value().startsWith(PREFIX);
  }

  /** A name for a new record. */
  public static ObjectKey newKey(Instant now, SecureRandom random) {
    return new ObjectKey(PREFIX + RecordNames.next(now, random));
  }

  /** The bytes of a record. */
  public static byte[] encode(
      Records records, Collection<PackId> packs, Collection<PackId> into, ObjectKey key) {
    return records.sign(
        Records.Kind.REPACKED,
        new CborWriter(32 * (packs.size() + into.size()) + 256)
            .map(3)
            .text("key")
            .text(key.value())
            .text("into")
            .bytes(Trash.ids(into.stream().sorted().toList()))
            .text("packs")
            .bytes(Trash.ids(packs.stream().sorted().toList())));
  }

  static Repacked parse(ObjectInfo info, CborReader body) {
    Set<PackId> packs = Set.of();
    Set<PackId> into = Set.of();
    String own = "";
    CborReader.Keys keys = body.map();
    for (String name = keys.next(); name != null; name = keys.next()) {
      switch (name) {
        case "key" -> own = body.text();
        case "into" -> into = Trash.packs(body);
        case "packs" -> packs = Trash.packs(body);
        default -> body.skip();
      }
    }
    body.end();
    if (!own.equals(info.key().value())) {
      throw new VaultException.Untrusted("%s was written as '%s'".formatted(info.key(), own));
    }
    return new Repacked(info.key(), info.modified(), packs, into);
  }

  /** Whether its new packs still wait for a snapshot that refers to them. */
  boolean isFresh(Instant now) {
    return Duration.between(modified, now).compareTo(PICKED_UP) < 0;
  }
}
