package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborReader;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Marks: signed lists of packs that nothing referred to when they were written, and that will be
 * removed if that stays so.
 */
public final class Trash {
  /** Prefix of all marks, and of the {@link Repacked} records. */
  public static final String PREFIX = "trash/";

  private Trash() {}

  /**
   * One mark.
   *
   * @param modified when it was stored, by the region's clock
   */
  record Mark(ObjectKey key, Instant modified, Set<PackId> packs, List<ObjectKey> indexes) {}

  /**
   * Packs of a region that a writer must not count on: whoever needs what is in them stores it
   * again. To be read after the writer's lease was taken, and before anything is counted on.
   *
   * <p>Signatures are not asked for: to believe a forged mark costs space, to ignore a true one
   * could cost a snapshot.
   *
   * @throws VaultException.UnsupportedFormat if a mark is of a later version
   */
  public static Set<PackId> marked(Region region, Records records) throws RegionException {
    return seen(region, records).marked();
  }

  /**
   * What a writer learns behind taking its lease.
   *
   * @param marked as {@link #marked} has it
   * @param repacked packs whose chunks lie in newer packs too: to be used where these do not have
   *     them
   */
  public record Seen(Set<PackId> marked, Set<PackId> repacked) {}

  /** As {@link #marked}, and which packs were {@linkplain Repacked repacked}; one listing. */
  public static Seen seen(Region region, Records records) throws RegionException {
    Set<PackId> packs = new HashSet<>();
    Set<PackId> repacked = new HashSet<>();
    for (ObjectInfo info : list(region)) {
      try {
        String what = info.key().toString();
        if (Repacked.is(info.key())) {
          repacked.addAll(
              Repacked.parse(
                      info,
                      records.insecureBodyOf(Records.Kind.REPACKED, what, region.read(info.key())))
                  .packs());
          continue;
        }
        packs.addAll(
            parse(info, records.insecureBodyOf(Records.Kind.TRASH, what, region.read(info.key())))
                .packs());
      } catch (RegionException.Missing e) {
        // Swept meanwhile; what it removed is in no later listing.
      } catch (VaultException.Damaged | VaultException.Untrusted e) {
        // Nobody can act on it either: see notes().
      }
    }
    return new Seen(packs, repacked);
  }

  /**
   * What may be acted on, because a writer of this vault signed it.
   *
   * @param refused why others may not
   */
  record Notes(List<Mark> marks, List<Repacked> repacked, List<String> refused) {}

  static Notes notes(Region region, Records records) throws RegionException {
    Notes notes = new Notes(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (ObjectInfo info : list(region)) {
      try {
        String what = info.key().toString();
        byte[] bytes = region.read(info.key());
        if (Repacked.is(info.key())) {
          notes.repacked.add(
              Repacked.parse(info, records.verify(Records.Kind.REPACKED, what, bytes).body()));
        } else {
          notes.marks.add(parse(info, records.verify(Records.Kind.TRASH, what, bytes).body()));
        }
      } catch (RegionException.Missing e) {
        // Swept by somebody else.
      } catch (VaultException e) {
        notes.refused.add(String.valueOf(e.getMessage()));
      }
    }
    return notes;
  }

  static byte[] encode(
      Records records, Collection<PackId> packs, Collection<ObjectKey> indexes, ObjectKey key) {
    byte[] ids = ids(packs);
    CborWriter body =
        new CborWriter(ids.length + 256)
            .map(3)
            .text("key")
            .text(key.value())
            .text("packs")
            .bytes(ids)
            .text("indexes")
            .array(indexes.size());
    indexes.forEach(index -> body.text(index.value()));
    return records.sign(Records.Kind.TRASH, body);
  }

  static byte[] ids(Collection<PackId> packs) {
    byte[] ids = new byte[Digest.BYTES * packs.size()];
    int at = 0;
    for (PackId pack : packs) {
      pack.value().write(ids, at);
      at += Digest.BYTES;
    }
    return ids;
  }

  static Set<PackId> packs(CborReader body) {
    byte[] ids = body.bytes();
    if (ids.length % Digest.BYTES != 0) {
      throw body.damaged("%d bytes of pack ids".formatted(ids.length));
    }
    Set<PackId> packs = new HashSet<>();
    for (int at = 0; at < ids.length; at += Digest.BYTES) {
      packs.add(new PackId(Digest.read(ids, at)));
    }
    return packs;
  }

  private static List<ObjectInfo> list(Region region) throws RegionException {
    List<ObjectInfo> infos = new ArrayList<>();
    region.list(PREFIX, infos::add);
    return infos;
  }

  private static Mark parse(ObjectInfo info, CborReader body) {
    Set<PackId> packs = new HashSet<>();
    List<ObjectKey> indexes = new ArrayList<>();
    String own = "";
    CborReader.Keys keys = body.map();
    for (String name = keys.next(); name != null; name = keys.next()) {
      switch (name) {
        case "key" -> own = body.text();
        case "packs" -> {
          packs.addAll(packs(body));
        }
        case "indexes" -> {
          for (int left = body.array(); left > 0; left--) {
            indexes.add(index(body));
          }
        }
        default -> body.skip();
      }
    }
    body.end();
    if (!own.equals(info.key().value())) {
      throw new VaultException.Untrusted("%s was written as '%s'".formatted(info.key(), own));
    }
    return new Mark(info.key(), info.modified(), packs, indexes);
  }

  private static ObjectKey index(CborReader body) {
    String text = body.text();
    if (!text.startsWith("index/")) {
      throw body.damaged("'%s' is no index object".formatted(text));
    }
    try {
      return new ObjectKey(text);
    } catch (IllegalArgumentException e) {
      throw body.damaged(String.valueOf(e.getMessage()));
    }
  }
}
