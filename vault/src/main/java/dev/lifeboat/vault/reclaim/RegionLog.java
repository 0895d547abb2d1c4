package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.PutReport;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Signed records of which regions joined and left a vault, and why: whoever finds fewer copies than
 * there were can read who decided that.
 */
public final class RegionLog {
  /** Prefix of these records. */
  public static final String PREFIX = "ledger/regions/";

  /** What happened to a region. */
  public enum Action {
    ADDED,
    REMOVED
  }

  private final RegionSet regions;
  private final Records records;
  private final SecureRandom random;

  public RegionLog(RegionSet regions, Records records, SecureRandom random) {
    this.regions = regions;
    this.records = records;
    this.random = random;
  }

  /**
   * Notes an action in several regions.
   *
   * @param in where
   * @param reason in the words of whoever decided; absent if nobody had to be overruled
   * @return the record
   * @throws VaultException.Unreachable if none of them took it
   */
  public ObjectKey note(
      Action action,
      RegionName region,
      Optional<String> reason,
      Collection<RegionName> in,
      Instant time) {
    ObjectKey key = new ObjectKey(PREFIX + RecordNames.next(time, random));
    CborWriter body = new CborWriter().map(reason.isPresent() ? 5 : 4);
    body.text("key").text(key.value());
    body.text("time").integer(time.toEpochMilli());
    body.text("action").text(action == Action.ADDED ? "added" : "removed");
    reason.ifPresent(why -> body.text("reason").text(why));
    body.text("region").text(region.value());
    PutReport report =
        regions.put(key, ByteBuffer.wrap(records.sign(Records.Kind.REGION, body)), in);
    if (report.held().isEmpty()) {
      throw new VaultException.Unreachable(
          "no region takes the record that region %s was %s"
              .formatted(region, action == Action.ADDED ? "added" : "removed"),
          List.copyOf(report.failed().values()));
    }
    return key;
  }
}
