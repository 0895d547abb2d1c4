package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborReader;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.region.MergedListing;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.PutReport;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.TenantId;
import dev.lifeboat.vault.seal.WriterName;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What must not be forgotten whatever the retention policy says: snapshots that are <em>pinned</em>
 * and tenants under a legal <em>hold</em>. Both are signed records in the ledger, which every host
 * obeys; a second record, which names the first, releases it. No clock decides which of two counts.
 *
 * <p>Where the records cannot be read for certain, everything is kept.
 */
public final class Holds {
  /** Prefix of all these records. */
  public static final String PREFIX = "ledger/holds/";

  /** Nothing is held, and that is known. */
  public static final Holds NONE = new Holds(List.of(), List.of(), List.of());

  private static final Pattern NAME =
      Pattern.compile("[0-9]{8}T[0-9]{9}Z-[0-9a-f]{16}/(hold|release)");
  private static final Pattern TENANT = Pattern.compile("[0-9a-f]{32}");

  private final List<Hold> active;
  private final List<String> unknown;
  private final List<String> notes;

  private Holds(List<Hold> active, List<String> unknown, List<String> notes) {
    this.active = List.copyOf(active);
    this.unknown = List.copyOf(unknown);
    this.notes = List.copyOf(notes);
  }

  /**
   * A pin or hold that is not released.
   *
   * @param id of the record: time and chance, as in its name
   * @param scope key of a manifest for a pin, id of a tenant for a hold
   * @param reason in words
   * @param by the host that placed it
   */
  public record Hold(String id, String scope, String reason, WriterName by) {
    /** Whether it is about one snapshot. */
    public boolean isPin() {
      return scope.startsWith(Forgetting.SNAPSHOTS);
    }

    boolean covers(ObjectKey manifest) {
      return isPin()
          ? manifest.value().equals(scope)
          : manifest.value().startsWith(Forgetting.SNAPSHOTS + scope + "/");
    }

    /** In words, for {@code --explain}. */
    public String because() {
      return "%s by %s: %s".formatted(isPin() ? "pinned" : "legal hold", by, reason);
    }
  }

  /** The scope of a hold on all snapshots of a tenant. */
  public static String scope(TenantId tenant) {
    return tenant.hex();
  }

  /** The scope of a pin. */
  public static String scope(ObjectKey manifest) {
    return manifest.value();
  }

  /** Reads all records, from whichever region has them unharmed. */
  public static Holds read(RegionSet regions, Records records) throws InterruptedException {
    Map<String, Set<String>> listed = new TreeMap<>();
    List<String> unknown = new ArrayList<>();
    try (MergedListing listing = regions.merged(PREFIX)) {
      for (MergedListing.Row row = listing.next(); row != null; row = listing.next()) {
        String name = row.key().value().substring(PREFIX.length());
        if (NAME.matcher(name).matches()) {
          int slash = name.indexOf('/');
          listed
              .computeIfAbsent(name.substring(0, slash), _ -> new TreeSet<>())
              .add(name.substring(slash + 1));
        } else {
          unknown.add("%s is no record of a hold".formatted(row.key()));
        }
      }
      // A hold lies in a quorum of regions: fewer that are out of reach cannot hide it.
      if (listing.failed().size() >= regions.quorum()) {
        listing
            .failed()
            .forEach((region, e) ->
                unknown.add(
                    "the holds in region %s cannot be listed: %s"
                        .formatted(region, e.getMessage())));
      }
    }
    List<Hold> active = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    listed.forEach((id, kinds) -> {
      if (kinds.contains("release")) {
        try {
          Hold _ = read(regions, records, id, "release");
          return;
        } catch (VaultException e) {
          notes.add("a release counts for nothing: " + e.getMessage());
        }
      }
      if (kinds.contains("hold")) {
        try {
          active.add(read(regions, records, id, "hold"));
        } catch (VaultException e) {
          unknown.add(String.valueOf(e.getMessage()));
        }
      }
    });
    return new Holds(active, unknown, notes);
  }

  private static Hold read(RegionSet regions, Records records, String id, String kind) {
    ObjectKey key = new ObjectKey(PREFIX + id + "/" + kind);
    AtomicReference<@Nullable Hold> found = new AtomicReference<>();
    AtomicReference<@Nullable VaultException> refused = new AtomicReference<>();
    try {
      byte[] _ =
          regions.read(
              key,
              bytes -> {
                try {
                  found.set(decode(records, id, key, bytes));
                  return true;
                } catch (VaultException e) {
                  refused.set(e);
                  return false;
                }
              });
    } catch (VaultException e) {
      VaultException why = refused.get();
      throw why == null ? e : why;
    }
    Hold hold = found.get();
    if (hold == null) {
      throw new VaultException.Damaged(key + " cannot be read");
    }
    return hold;
  }

  private static Hold decode(Records records, String id, ObjectKey key, byte[] bytes) {
    Records.Verified verified = records.verify(Records.Kind.HOLD, key.toString(), bytes);
    CborReader body = verified.body();
    String own = "";
    String scope = "";
    String reason = "";
    CborReader.Keys keys = body.map();
    for (String name = keys.next(); name != null; name = keys.next()) {
      switch (name) {
        case "key" -> own = body.text();
        case "scope" -> scope = body.text();
        case "reason" -> reason = body.text();
        default -> body.skip();
      }
    }
    body.end();
    if (!own.equals(key.value())) {
      throw new VaultException.Untrusted("%s was written as '%s'".formatted(key, own));
    }
    if (!TENANT.matcher(scope).matches() && !scope.startsWith(Forgetting.SNAPSHOTS)) {
      throw body.damaged("'%s' is neither a tenant nor a manifest".formatted(scope));
    }
    return new Hold(id, scope, reason, verified.writer());
  }

  /**
   * Places a pin or hold. Retention that began before may still go on for the tenant it is at.
   *
   * @throws VaultException.Unreachable if fewer regions than the quorum took it; it may count all
   *     the same
   */
  public static Hold place(
      RegionSet regions,
      Records records,
      SecureRandom random,
      Instant now,
      String scope,
      String reason) {
    Hold hold = new Hold(RecordNames.next(now, random), scope, reason, records.writer());
    store(regions, records, hold, "hold", reason);
    return hold;
  }

  /**
   * Releases a pin or hold; repeating it changes nothing.
   *
   * @throws VaultException.Unreachable if fewer regions than the quorum took the release
   */
  public static void release(RegionSet regions, Records records, Hold hold, String reason) {
    store(regions, records, hold, "release", reason);
  }

  private static void store(
      RegionSet regions, Records records, Hold hold, String kind, String reason) {
    ObjectKey key = new ObjectKey(PREFIX + hold.id() + "/" + kind);
    CborWriter body =
        new CborWriter()
            .map(3)
            .text("key")
            .text(key.value())
            .text("scope")
            .text(hold.scope())
            .text("reason")
            .text(reason);
    PutReport report = regions.put(key, ByteBuffer.wrap(records.sign(Records.Kind.HOLD, body)));
    if (!report.reaches(regions.quorum())) {
      throw new VaultException.Unreachable(
          "%s is in %d of %d regions, %d are needed: try again when more can be reached"
              .formatted(key, report.held().size(), regions.regions().size(), regions.quorum()),
          List.copyOf(report.failed().values()));
    }
  }

  /** Pins and holds that count, oldest first. */
  public List<Hold> active() {
    return active;
  }

  /** Why nobody knows all that is held: as long as there is such a reason, everything is kept. */
  public List<String> unknown() {
    return unknown;
  }

  /** What else is wrong with the records. */
  public List<String> notes() {
    return notes;
  }

  /** Why a snapshot must not be forgotten, in words; nothing if it may. */
  public List<String> reasons(ObjectKey manifest) {
    List<String> reasons = new ArrayList<>();
    active.stream().filter(hold -> hold.covers(manifest)).map(Hold::because).forEach(reasons::add);
    unknown.forEach(why -> reasons.add("nobody knows whether it is held: " + why));
    return reasons;
  }

  /** The first of {@link #reasons}. */
  public Optional<String> reason(ObjectKey manifest) {
    return reasons(manifest).stream().findFirst();
  }
}
