package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.cbor.CborReader;
import dev.lifeboat.vault.cbor.CborWriter;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.PutReport;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.WriterName;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
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

  /**
   * How long a renewal waits for a region. One that takes longer for so small an object is not
   * among the answers, and may be next time.
   */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /** Whoever closes a lease has other things to do: where it cannot be told, it expires. */
  private static final Duration LAST_PATIENCE = Duration.ofSeconds(15);

  private static final int LAST_COUNTER = 99_999_999;

  /**
   * Who holds a lease, for people who wonder what reclamation waits for.
   *
   * @param host the writer's name
   * @param purpose for example {@code replicate}. Everybody can read it: never a name of a tenant
   *     or dataset, only a pseudonym
   */
  public record Holder(String host, long pid, Instant processStart, String purpose) {
    /** The present process. */
    public static Holder ofThisProcess(String host, String purpose) {
      ProcessHandle self = ProcessHandle.current();
      return new Holder(
          host, self.pid(), self.info().startInstant().orElse(Instant.EPOCH), purpose);
    }
  }

  /** Regions tell their time to the second, in answers that are a moment old. */
  private static final Duration CLOCK_ERROR = Duration.ofSeconds(5);

  /** How long the first of two that begin at once waits for the other to withdraw. */
  private static final int CONTEST_ROUNDS = 10;

  private static final Duration CONTEST_PAUSE = Duration.ofMillis(300);

  /** Sessions of this process that are not closed. */
  private static final Set<String> OPEN = ConcurrentHashMap.newKeySet();

  private final RegionSet regions;
  private final Records records;
  private final Holder holder;
  private final ProcessIdentity process;
  private final String session;

  /**
   * The earliest time that each region may show for this lease, by its own clock; regions where it
   * was lost are gone.
   */
  private final Map<RegionName, Instant> seen = new TreeMap<>();

  private SortedMap<RegionName, RegionException> failures = Collections.emptySortedMap();
  private int counter;
  private boolean ended;
  private @Nullable Thread renewing;

  private Lease(RegionSet regions, Records records, Holder holder, String session) {
    this.regions = regions;
    this.records = records;
    this.holder = holder;
    this.process = ProcessIdentity.of(holder.pid());
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
    OPEN.add(lease.session);
    Set<RegionName> held = lease.renew();
    lease.seen.keySet().retainAll(held);
    if (held.isEmpty()) {
      lease.close();
      throw new VaultException.Unreachable(
          "no region takes a lease: " + regions.outages(), List.copyOf(lease.failures.values()));
    }
    return lease;
  }

  /**
   * Takes a lease as {@link #acquire} does, unless somebody else holds one for the same purpose. Of
   * two that begin at once one goes on. A holder whose process is gone for certain does not count:
   * it ran on this machine since its last boot, and runs no more. Others that were killed count
   * until their lease expires.
   *
   * @param what is to be done alone, in words, for the message: {@code dataset x is being written}
   * @throws VaultException.Conflict naming the other
   * @throws VaultException.Unreachable if no region can be reached
   */
  public static Lease acquireAlone(
      RegionSet regions, Records records, SecureRandom random, Holder holder, String what) {
    Lease lease = acquire(regions, records, random, holder);
    Rivals rivals = new Rivals(regions, records, holder.purpose());
    lease.requireAlone(rivals, rivals.find(lease.session), what);
    return lease;
  }

  /**
   * Goes on if nobody else does the same, or whoever came later withdraws; otherwise ends this
   * lease. Who came first decides how soon that is, never whether two go on: nobody does while
   * another is there.
   *
   * @param found in listings that were begun behind the lease: who looks behind taking a lease sees
   *     everybody who looked before, so that two never miss each other
   */
  void requireAlone(Rivals rivals, Optional<Rivals.Rival> found, String what) {
    try {
      Optional<Rivals.Rival> rival = found;
      for (int round = 1; rival.isPresent(); round++) {
        if (round == CONTEST_ROUNDS || rival.get().first()) {
          throw conflict(what, rival.get());
        }
        // The other came behind, and withdraws when it sees this one.
        Thread.sleep(CONTEST_PAUSE);
        rival = rivals.find(session);
      }
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      throw new VaultException.Conflict("interrupted");
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private static VaultException.Conflict conflict(String what, Rivals.Rival rival) {
    Told holder = rival.holder();
    return new VaultException.Conflict(
        "%s by %s already (process %d since %s, session %s); if that was killed on another machine, its claim ends %d minutes after its last renewal"
            .formatted(
                what,
                holder.writer(),
                holder.process().pid(),
                holder.started(),
                rival.session(),
                TTL.toMinutes()));
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
    return renew(seen.keySet());
  }

  /** As {@link #renew()}, in some regions only: others are not waited for. */
  public synchronized Set<RegionName> renew(Collection<RegionName> only) {
    if (ended) {
      throw new IllegalStateException("lease " + session + " has ended");
    }
    if (counter == LAST_COUNTER) {
      throw new IllegalStateException("lease " + session + " was renewed too often");
    }
    ObjectKey key = new ObjectKey("%s%s/%08d".formatted(PREFIX, session, ++counter));
    List<RegionName> asked = seen.keySet().stream().filter(only::contains).toList();
    long from = System.nanoTime();
    PutReport report = regions.put(key, ByteBuffer.wrap(record(counter)), asked, PATIENCE);
    Duration took = Duration.ofNanos(System.nanoTime() - from);
    Set<RegionName> alive = new TreeSet<>();
    SortedMap<RegionName, RegionException> failed = new TreeMap<>(report.failed());
    for (RegionName name : report.held()) {
      Instant stored;
      try {
        stored = regions.in(name, Region::now);
      } catch (RegionException e) {
        failed.put(name, e);
        continue;
      }
      Instant before = seen.getOrDefault(name, Instant.MAX);
      if (!before.equals(Instant.MAX)
          && Duration.between(before, stored).plus(CLOCK_ERROR).compareTo(TTL) >= 0) {
        // Somebody may have seen it expired in between: it never counts here again.
        seen.remove(name);
        failed.put(
            name,
            new RegionException.Permanent(
                name,
                "the lease was not renewed for %s and has expired"
                    .formatted(Duration.between(before, stored)),
                null));
      } else {
        seen.put(name, stored.minus(took));
        alive.add(name);
      }
    }
    failures = Collections.unmodifiableSortedMap(failed);
    return alive;
  }

  /** Why regions were not among the answers of the last renewal. */
  public synchronized SortedMap<RegionName, RegionException> failures() {
    return failures;
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

  /** Ends the lease, where it can be told; elsewhere it expires. An interrupt does not keep it. */
  @Override
  public void close() {
    Thread thread;
    boolean interrupted = Thread.interrupted();
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      OPEN.remove(session);
      thread = renewing;
      ObjectKey key = new ObjectKey(PREFIX + session + "/" + END);
      PutReport _ =
          regions.put(
              key, ByteBuffer.wrap(record(counter)), List.copyOf(seen.keySet()), LAST_PATIENCE);
    }
    if (thread != null) {
      thread.interrupt();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private byte[] record(int count) {
    CborWriter body =
        new CborWriter()
            .map(9)
            .text("pid")
            .integer(holder.pid())
            .text("ttl")
            .integer(TTL.toSeconds())
            .text("host")
            .text(holder.host())
            .text("ticks")
            .integer(process.ticks())
            .text("counter")
            .integer(count)
            .text("machine")
            .text(process.machine())
            .text("purpose")
            .text(holder.purpose())
            .text("session")
            .text(session)
            .text("started")
            .integer(holder.processStart().toEpochMilli());
    return records.sign(Records.Kind.LEASE, body);
  }

  /**
   * What a lease says of its holder.
   *
   * @param started of the process
   */
  record Told(
      WriterName writer,
      String host,
      String session,
      String purpose,
      Instant started,
      ProcessIdentity process) {}

  /**
   * Reads what a writer of the vault said of itself.
   *
   * @throws VaultException if it is damaged, or by nobody who is known
   */
  static Told told(Records records, ObjectKey key, byte[] bytes) {
    Records.Verified verified = records.verify(Records.Kind.LEASE, key.toString(), bytes);
    CborReader body = verified.body();
    String host = "";
    String session = "";
    String purpose = "";
    String machine = "";
    long pid = 0;
    long started = 0;
    long ticks = ProcessIdentity.UNKNOWN;
    CborReader.Keys keys = body.map();
    for (String name = keys.next(); name != null; name = keys.next()) {
      switch (name) {
        case "host" -> host = body.text();
        case "session" -> session = body.text();
        case "purpose" -> purpose = body.text();
        case "machine" -> machine = body.text();
        case "pid" -> pid = body.integer();
        case "started" -> started = body.integer();
        case "ticks" -> ticks = body.integer();
        default -> body.skip();
      }
    }
    body.end();
    return new Told(
        verified.writer(),
        host,
        session,
        purpose,
        Instant.ofEpochMilli(started),
        new ProcessIdentity(machine, pid, ticks));
  }

  /** Whether the holder is certainly done, although no region could be told. */
  static boolean isOver(Told told) {
    return told.process().isSelf() ? !OPEN.contains(told.session()) : told.process().isGone();
  }

  /** What a lease says of its holder, for people: never a reason to remove anything. */
  static String describe(Records records, ObjectKey key, byte[] bytes) {
    try {
      Told told = told(records, key, bytes);
      return "%s on %s (%s, process %d)"
          .formatted(told.purpose(), told.writer(), told.host(), told.process().pid());
    } catch (VaultException e) {
      return "an unreadable lease";
    }
  }
}
