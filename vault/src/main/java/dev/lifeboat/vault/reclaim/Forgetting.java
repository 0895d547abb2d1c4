package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborReader;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.region.MergedListing;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.PutReport;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.WriterName;
import dev.lifeboat.vault.snapshot.SnapshotRecord;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Removes manifests, on the record: a signed record of what is removed, by whom and why, lies in as
 * many regions as the quorum asks before the manifest goes from any. Verification can so tell a
 * lawful removal from a silent one, and a region that was down follows later.
 */
public final class Forgetting {
  /**
   * Prefix of the records; behind it stands what stands behind {@code snapshots/} in the manifest.
   */
  public static final String PREFIX = "ledger/forgotten/";

  static final String SNAPSHOTS = "snapshots/";

  private final RegionSet regions;
  private final Records records;

  public Forgetting(RegionSet regions, Records records) {
    this.regions = regions;
    this.records = records;
  }

  /**
   * That a snapshot was forgotten.
   *
   * @param manifest its key
   * @param digest SHA-256 of the manifest
   * @param sequence of the manifest in its dataset
   * @param previous SHA-256 of its predecessor
   */
  public record Forgotten(
      ObjectKey manifest,
      Digest digest,
      long sequence,
      @Nullable Digest previous,
      WriterName writer,
      String reason) {}

  /**
   * What a removal came to.
   *
   * @param removed manifests that are in no reachable region any more
   * @param remaining regions that still have forgotten manifests, or could not be asked, and why
   */
  public record Report(SortedSet<ObjectKey> removed, SortedMap<RegionName, String> remaining) {
    public Report {
      removed = Collections.unmodifiableSortedSet(new TreeSet<>(removed));
      remaining = Collections.unmodifiableSortedMap(new TreeMap<>(remaining));
    }
  }

  /** The record of a manifest's removal. */
  public static ObjectKey recordKey(ObjectKey manifest) {
    if (!manifest.value().startsWith(SNAPSHOTS)) {
      throw new IllegalArgumentException("not a manifest: " + manifest);
    }
    return new ObjectKey(PREFIX + manifest.value().substring(SNAPSHOTS.length()));
  }

  /** The manifest whose removal a record is about. */
  public static ObjectKey manifestKey(ObjectKey record) {
    return new ObjectKey(SNAPSHOTS + record.value().substring(PREFIX.length()));
  }

  /**
   * Forgets a snapshot.
   *
   * @param reason in words, as {@link Retention} gives it
   * @param holds read just before
   * @throws VaultException.Conflict if the snapshot is pinned or held, or nobody knows
   * @throws VaultException.Unreachable if fewer regions than the quorum take the record; then
   *     nothing was removed
   * @throws VaultException.Conflict if a record of another manifest has this name
   */
  public Report forget(SnapshotRecord snapshot, String reason, Holds holds) {
    holds
        .reason(snapshot.key())
        .ifPresent(why -> {
          throw new VaultException.Conflict("%s is kept: %s".formatted(snapshot.key(), why));
        });
    ObjectKey key = recordKey(snapshot.key());
    byte[] record;
    // A region that cannot be asked takes no record either; it follows when it is back.
    Optional<Forgotten> before = find(snapshot.key(), 0);
    if (before.isPresent()) {
      if (!before.get().digest().equals(snapshot.digest())) {
        throw new VaultException.Conflict(
            "%s was forgotten as %s, but is now %s: somebody stored another manifest in its place"
                .formatted(snapshot.key(), before.get().digest(), snapshot.digest()));
      }
      record = readRecord(key);
    } else {
      record = encode(snapshot, reason);
    }
    PutReport report = regions.put(key, ByteBuffer.wrap(record));
    if (!report.reaches(regions.quorum())) {
      throw new VaultException.Unreachable(
          "%s is kept: %d of %d regions took the record of its removal, %d are needed"
              .formatted(
                  snapshot.key(), report.held().size(), regions.regions().size(), regions.quorum()),
          List.copyOf(report.failed().values()));
    }
    SortedMap<RegionName, String> remaining = new TreeMap<>();
    report.failed().forEach((name, e) -> remaining.put(name, String.valueOf(e.getMessage())));
    for (RegionName name : report.held()) {
      delete(name, snapshot.key(), remaining);
    }
    return new Report(new TreeSet<>(List.of(snapshot.key())), remaining);
  }

  /**
   * Finishes what earlier removals left: copies their records to regions that lack them, and
   * removes the manifests they name wherever they still are. Repeating it changes nothing. What was
   * pinned or held since is left where it is.
   */
  public Report resume(Holds holds) throws InterruptedException {
    SortedMap<RegionName, String> remaining = new TreeMap<>();
    SortedSet<ObjectKey> removed = new TreeSet<>();
    // Side by side, because both are in the order of the same names.
    try (MergedListing manifests = regions.merged(SNAPSHOTS);
        MergedListing records = regions.merged(PREFIX)) {
      MergedListing.Row manifest = manifests.next();
      for (MergedListing.Row row = records.next(); row != null; row = records.next()) {
        ObjectKey of = manifestKey(row.key());
        while (manifest != null && manifest.key().compareTo(of) < 0) {
          manifest = manifests.next();
        }
        boolean still = manifest != null && manifest.key().equals(of) && holds.reason(of).isEmpty();
        if (still || !row.lacking().isEmpty()) {
          finish(
              row,
              manifest != null && still
                  ? new TreeSet<>(manifest.held().keySet())
                  : Collections.emptySortedSet(),
              removed,
              remaining);
        }
      }
      while (manifest != null) {
        manifest = manifests.next();
      }
      note(manifests, remaining);
      note(records, remaining);
    }
    return new Report(removed, remaining);
  }

  private void finish(
      MergedListing.Row row,
      SortedSet<RegionName> still,
      SortedSet<ObjectKey> removed,
      SortedMap<RegionName, String> remaining) {
    ObjectKey manifest = manifestKey(row.key());
    byte[] record;
    try {
      record = readRecord(row.key());
    } catch (VaultException e) {
      // An unverified record is no licence to remove anything.
      still.forEach(name -> remaining.put(name, String.valueOf(e.getMessage())));
      return;
    }
    SortedSet<RegionName> recorded = new TreeSet<>(row.held().keySet());
    if (!row.lacking().isEmpty()) {
      PutReport report = regions.put(row.key(), ByteBuffer.wrap(record), row.lacking().keySet());
      recorded.addAll(report.held());
      report.failed().forEach((name, e) -> remaining.put(name, String.valueOf(e.getMessage())));
    }
    if (recorded.size() < regions.quorum()) {
      still.forEach(
          name -> remaining.put(name, manifest + " stays until more regions have its record"));
      return;
    }
    for (RegionName name : still) {
      if (recorded.contains(name) && delete(name, manifest, remaining)) {
        removed.add(manifest);
      }
    }
  }

  private static void note(MergedListing listing, SortedMap<RegionName, String> remaining) {
    listing.failed().forEach((name, e) -> remaining.put(name, String.valueOf(e.getMessage())));
  }

  private boolean delete(
      RegionName name, ObjectKey manifest, SortedMap<RegionName, String> remaining) {
    try {
      return regions.in(
          name,
          region -> {
            if (region.lock().isPresent()) {
              Optional<Instant> until = region.lockedUntil(manifest);
              if (until.isPresent()) {
                throw new RegionException.Locked(name, manifest, until.get());
              }
            }
            region.delete(manifest);
            return true;
          });
    } catch (RegionException.Missing e) {
      return true;
    } catch (RegionException.Locked e) {
      // It stays until its lock ends, and is removed by a later resume(): nothing to mend.
      return false;
    } catch (RegionException e) {
      remaining.put(name, String.valueOf(e.getMessage()));
      return false;
    }
  }

  /**
   * The verified record of a manifest's removal, if there is one. One that fewer regions have than
   * the quorum may be overlooked while regions are out of reach: nothing was removed on its
   * account.
   *
   * @throws VaultException.Unreachable if so many regions could not be asked that a quorum of them
   *     may have it
   */
  public Optional<Forgotten> find(ObjectKey manifest) {
    return find(manifest, regions.regions().size() - regions.quorum() + 1);
  }

  private Optional<Forgotten> find(ObjectKey manifest, int enough) {
    ObjectKey key = recordKey(manifest);
    boolean listed = false;
    List<RegionException> unasked = new ArrayList<>();
    for (var region : regions.regions()) {
      try {
        listed |= regions.in(region.name(), r -> r.stat(key)).isPresent();
      } catch (RegionException e) {
        unasked.add(e);
      }
    }
    if (listed) {
      return Optional.of(decode(key, readRecord(key)));
    }
    if (regions.regions().size() - unasked.size() < enough) {
      throw new VaultException.Unreachable(
          "cannot tell whether %s was forgotten: %s"
              .formatted(manifest, unasked.getFirst().getMessage()),
          unasked);
    }
    return Optional.empty();
  }

  /** Bytes of a record that verify, from whichever region has them. */
  private byte[] readRecord(ObjectKey key) {
    return regions.read(
        key,
        bytes -> {
          try {
            Forgotten _ = decode(key, bytes);
            return true;
          } catch (VaultException.Damaged | VaultException.Untrusted e) {
            return false;
          }
        });
  }

  private byte[] encode(SnapshotRecord snapshot, String reason) {
    Digest previous = snapshot.header().previous();
    CborWriter body =
        new CborWriter()
            .map(previous == null ? 4 : 5)
            .text("digest")
            .bytes(snapshot.digest().toBytes())
            .text("reason")
            .text(reason)
            .text("manifest")
            .text(snapshot.key().value());
    if (previous != null) {
      body.text("previous").bytes(previous.toBytes());
    }
    body.text("sequence").integer(snapshot.header().sequence());
    return records.sign(Records.Kind.FORGOTTEN, body);
  }

  /**
   * Verifies and reads a record.
   *
   * @throws VaultException.Untrusted if it is not signed by a writer of the vault, or is about
   *     another manifest
   */
  public Forgotten decode(ObjectKey key, byte[] bytes) {
    Records.Verified verified = records.verify(Records.Kind.FORGOTTEN, key.toString(), bytes);
    CborReader body = verified.body();
    Digest digest = null;
    Digest previous = null;
    String reason = "";
    String manifest = "";
    long sequence = 0;
    CborReader.Keys keys = body.map();
    for (String name = keys.next(); name != null; name = keys.next()) {
      switch (name) {
        case "digest" -> digest = digest(body);
        case "reason" -> reason = body.text();
        case "manifest" -> manifest = body.text();
        case "previous" -> previous = digest(body);
        case "sequence" -> sequence = body.integer();
        default -> body.skip();
      }
    }
    body.end();
    if (digest == null) {
      throw body.damaged("no digest of the manifest");
    }
    if (!manifest.equals(manifestKey(key).value())) {
      throw new VaultException.Untrusted(
          "%s is about %s, not about its namesake".formatted(key, manifest));
    }
    return new Forgotten(manifestKey(key), digest, sequence, previous, verified.writer(), reason);
  }

  private static Digest digest(CborReader body) {
    byte[] bytes = body.bytes();
    if (bytes.length != Digest.BYTES) {
      throw body.damaged("a digest of %d bytes".formatted(bytes.length));
    }
    return Digest.read(bytes, 0);
  }
}
