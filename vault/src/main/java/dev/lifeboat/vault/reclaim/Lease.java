package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborReader;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.PutReport;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A live writer's claim that what it has seen in a region stays there until it is done.
 *
 * <p>A writer acquires a lease <em>before</em> it lists a region or reads its {@link Trash marks},
 * commits only to regions where it holds the lease, and asks {@link #renew} once more
 * <em>behind</em> its last commit: a region that is then no longer among the answers may have been
 * swept meanwhile, and has to be listed again. All ages are told by the clock of the region itself.
 *
 * <p>Safe for use by many threads.
 */
public final class Lease implements AutoCloseable {
  /** Prefix of all leases. */
  public static final String PREFIX = "leases/";

  /** A lease not renewed for so long has expired. */
  public static final Duration TTL = Duration.ofHours(2);

  /** How often to renew: many times within {@link #TTL}, few objects a night. */
  public static final Duration RENEWAL = Duration.ofMinutes(15);

  static final String END = "end";
  private static final int LAST_COUNTER = 99_999_999;

  /**
   * Who holds a lease, for people who wonder what reclamation waits for.
   *
   * @param purpose for example {@code backup acme/uploads}
   */
  public record Holder(String host, long pid, Instant processStart, String purpose) {
    /** The present process. */
    public static Holder ofThisProcess(String host, String purpose) {
      ProcessHandle self = ProcessHandle.current();
      return new Holder(
          host, self.pid(), self.info().startInstant().orElse(Instant.EPOCH), purpose);
    }
  }

  private final RegionSet regions;
  private final Records records;
  private final Holder holder;
  private final String session;

  /** When each region last saw this lease, by its own clock; regions where it was lost are gone. */
  private final Map<RegionName, Instant> seen = new TreeMap<>();

  private int counter;
  private boolean ended;
  private @Nullable Thread renewing;

  private Lease(RegionSet regions, Records records, Holder holder, String session) {
    this.regions = regions;
    this.records = records;
    this.holder = holder;
    this.session = session;
  }

  /**
   * Takes a lease in every region that can be reached.
   *
   * @throws VaultException.Unreachable if that is none
   */
  public static Lease acquire(
      RegionSet regions, Records records, SecureRandom random, Holder holder) {
    Lease lease = new Lease(regions, records, holder, RecordNames.hex(random));
    for (Region region : regions.regions()) {
      lease.seen.put(region.name(), Instant.MAX);
    }
    Set<RegionName> held = lease.renew();
    lease.seen.keySet().retainAll(held);
    if (held.isEmpty()) {
      throw new VaultException.Unreachable(
          "no region takes a lease: " + regions.outages(), List.of());
    }
    return lease;
  }

  /** 16 hexadecimal digits that name the session. */
  public String session() {
    return session;
  }

  /** Regions where the lease was taken and has not been found lost since. */
  public synchronized Set<RegionName> held() {
    return Collections.unmodifiableSet(new TreeSet<>(seen.keySet()));
  }

  /**
   * Renews the lease.
   *
   * @return regions where it is alive at this moment and has been without a gap; a region that did
   *     not answer is not among them, but may be next time
   */
  public synchronized Set<RegionName> renew() {
    if (ended) {
      throw new IllegalStateException("lease " + session + " has ended");
    }
    if (counter == LAST_COUNTER) {
      throw new IllegalStateException("lease " + session + " was renewed too often");
    }
    ObjectKey key = new ObjectKey("%s%s/%08d".formatted(PREFIX, session, ++counter));
    PutReport report =
        regions.put(key, ByteBuffer.wrap(record(counter)), List.copyOf(seen.keySet()));
    Set<RegionName> alive = new TreeSet<>();
    for (RegionName name : report.held()) {
      Optional<Instant> modified = modified(name, key);
      if (modified.isEmpty()) {
        continue;
      }
      Instant before = seen.getOrDefault(name, Instant.MAX);
      if (!before.equals(Instant.MAX)
          && Duration.between(before, modified.get()).compareTo(TTL) >= 0) {
        // Somebody may have seen it expired in between: it never counts here again.
        seen.remove(name);
      } else {
        seen.put(name, modified.get());
        alive.add(name);
      }
    }
    return alive;
  }

  private Optional<Instant> modified(RegionName name, ObjectKey key) {
    try {
      Optional<Region> region = regions.region(name);
      return region.isEmpty() ? Optional.empty() : region.get().stat(key).map(ObjectInfo::modified);
    } catch (RegionException e) {
      return Optional.empty();
    }
  }

  /** Renews from now on, every {@link #RENEWAL}, until the lease is closed. */
  public synchronized void keepAlive() {
    if (renewing == null && !ended) {
      renewing =
          Thread.ofVirtual()
              .name("lease-" + session)
              .start(() -> {
                try {
                  while (true) {
                    Thread.sleep(RENEWAL);
                    renew();
                  }
                } catch (InterruptedException | IllegalStateException e) {
                  // Closed.
                }
              });
    }
  }

  /** Ends the lease, where it can be told; elsewhere it expires. */
  @Override
  public void close() {
    Thread thread;
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      thread = renewing;
      ObjectKey key = new ObjectKey(PREFIX + session + "/" + END);
      PutReport _ = regions.put(key, ByteBuffer.wrap(record(counter)), List.copyOf(seen.keySet()));
    }
    if (thread != null) {
      thread.interrupt();
    }
  }

  private byte[] record(int count) {
    CborWriter body =
        new CborWriter()
            .map(7)
            .text("pid")
            .integer(holder.pid())
            .text("ttl")
            .integer(TTL.toSeconds())
            .text("host")
            .text(holder.host())
            .text("counter")
            .integer(count)
            .text("purpose")
            .text(holder.purpose())
            .text("session")
            .text(session)
            .text("started")
            .integer(holder.processStart().toEpochMilli());
    return records.sign(Records.Kind.LEASE, body);
  }

  /** What a lease says of its holder, for people: never a reason to act. */
  static String describe(Records records, ObjectKey key, byte[] bytes) {
    try {
      Records.Verified verified = records.verify(Records.Kind.LEASE, key.toString(), bytes);
      CborReader body = verified.body();
      String host = "";
      String purpose = "";
      long pid = 0;
      CborReader.Keys keys = body.map();
      for (String name = keys.next(); name != null; name = keys.next()) {
        switch (name) {
          case "host" -> host = body.text();
          case "purpose" -> purpose = body.text();
          case "pid" -> pid = body.integer();
          default -> body.skip();
        }
      }
      return "%s on %s (%s, process %d)".formatted(purpose, verified.writer(), host, pid);
    } catch (VaultException e) {
      return "an unreadable lease";
    }
  }
}
