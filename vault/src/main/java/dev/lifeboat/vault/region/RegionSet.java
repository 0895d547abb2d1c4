package dev.lifeboat.vault.region;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The regions of a vault, in order of preference. Safe for use by many threads.
 *
 * <p>A region that failed for good, that hangs, or that failed again and again is left out: nothing
 * is written to it until a pause is over, then it may show that it is well again. So one dead
 * region costs a night a few retries, not one for each object. {@link #outages} tells which, and
 * why; replication brings it up to date later. For reading it comes last.
 */
public final class RegionSet implements AutoCloseable {
  /** Waiting without a limit, because each attempt has its own. */
  public static final Duration FOREVER = Duration.ofDays(3650);

  /** How long a remembered listing answers others. */
  static final Duration REMEMBERED = Duration.ofMinutes(15);

  private final List<GuardedRegion> regions;
  private final List<Region> guarded;
  private final int quorum;
  private final RetryPolicy policy;
  private final RandomGenerator jitter;
  private final ExecutorService threads;
  private final Attempts attempts;
  private final Map<RegionName, Double> readCosts;
  private final LongSupplier nanos;

  /**
   * How a set treats its regions.
   *
   * @param jitter spreads pauses; nothing secret depends on it
   * @param readCosts of a gigabyte, in any one currency, by region; a region that is not there
   *     costs nothing
   * @param nanos a clock that never goes back, as {@link System#nanoTime}
   */
  public record Manner(
      RetryPolicy policy,
      RandomGenerator jitter,
      Map<RegionName, Double> readCosts,
      LongSupplier nanos) {
    public Manner {
      readCosts = Map.copyOf(readCosts);
    }

    /** With a policy and without costs. */
    public static Manner of(RetryPolicy policy, RandomGenerator jitter) {
      return new Manner(policy, jitter, Map.of(), System::nanoTime);
    }
  }

  /** Has the bytes of an object, and lends them while somebody is really reading them. */
  public interface Lender {
    int length();

    /**
     * Called by the thread that stores, once for each attempt that begins.
     *
     * @throws RegionException if the bytes cannot be had
     */
    ByteBuffer lend() throws RegionException;

    /** Called by the same thread when it has let go of them, also long after it was interrupted. */
    void giveBack(ByteBuffer bytes);
  }

  /**
   * Takes over the regions: they are closed with this.
   *
   * @param regions in order of preference for reading
   * @param quorum how many must hold a snapshot before it is durable
   * @throws IllegalArgumentException if there are no regions, fewer than the quorum, or two that
   *     are the same
   */
  public RegionSet(List<Region> regions, int quorum) {
    this(regions, quorum, RetryPolicy.DEFAULT, RandomGenerator.getDefault());
  }

  /** As the other, with another policy of retries. */
  public RegionSet(List<Region> regions, int quorum, RetryPolicy policy, RandomGenerator jitter) {
    this(regions, quorum, Manner.of(policy, jitter));
  }

  /** As the other, in another manner. */
  public RegionSet(List<Region> regions, int quorum, Manner manner) {
    if (quorum < 1 || quorum > regions.size()) {
      throw new IllegalArgumentException(
          "a quorum of %d needs at least as many regions, and at least 1; there are %d"
              .formatted(quorum, regions.size()));
    }
    Set<RegionName> names = new HashSet<>();
    Map<String, RegionName> places = new LinkedHashMap<>();
    for (Region region : regions) {
      if (!names.add(region.name())) {
        throw new IllegalArgumentException("two regions are named " + region.name());
      }
      region
          .place()
          .ifPresent(place -> {
            RegionName other = places.put(place, region.name());
            if (other != null) {
              throw new IllegalArgumentException(
                  "regions %s and %s are the same %s: that is one copy, not two"
                      .formatted(other, region.name(), place));
            }
          });
    }
    this.quorum = quorum;
    this.policy = manner.policy();
    this.jitter = manner.jitter();
    this.readCosts = manner.readCosts();
    this.nanos = manner.nanos();
    this.threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("region-", 0).factory());
    this.attempts = new Attempts(policy, jitter, threads);
    this.regions =
        regions.stream()
            .map(region ->
                new GuardedRegion(region, policy.patience(), attempts, new Breaker(manner.nanos())))
            .toList();
    this.guarded = List.copyOf(this.regions);
  }

  /** In order of preference. No call on one of them waits for ever. */
  public List<Region> regions() {
    return guarded;
  }

  public int quorum() {
    return quorum;
  }

  public Optional<Region> region(RegionName name) {
    return guarded.stream().filter(region -> region.name().equals(name)).findFirst();
  }

  /** Regions that are left out at present, and why. */
  public SortedMap<RegionName, String> outages() {
    SortedMap<RegionName, String> outages = new TreeMap<>();
    for (GuardedRegion region : regions) {
      String outage = region.outage();
      if (outage != null) {
        outages.put(region.name(), outage);
      }
    }
    return outages;
  }

  private GuardedRegion guarded(RegionName name) {
    return regions.stream()
        .filter(region -> region.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no such region: " + name));
  }

  /**
   * Stores an object in all regions at once; see {@link #put(ObjectKey, ByteBuffer, Collection)}.
   */
  public PutReport put(ObjectKey key, ByteBuffer bytes) {
    return put(key, bytes, regions.stream().map(Region::name).toList());
  }

  /**
   * Stores an object in the named regions at once, trying again what may pass. A region's failure
   * is in the report, never thrown. The buffer may be used again when this returns, also where a
   * region hung: an interrupted put stores nothing.
   *
   * @param bytes read from position to limit; its own position stays
   * @throws IllegalArgumentException if a name is no region of this set
   */
  public PutReport put(ObjectKey key, ByteBuffer bytes, Collection<RegionName> only) {
    return put(key, bytes, only, FOREVER);
  }

  /**
   * As the other, but waits no longer than told. A region that has not answered by then counts as
   * failed with {@link RegionException.Transient}, and may store the object all the same: the bytes
   * must never change.
   */
  public PutReport put(
      ObjectKey key, ByteBuffer bytes, Collection<RegionName> only, Duration atMost) {
    long from = System.nanoTime();
    Map<RegionName, Future<Boolean>> running = new LinkedHashMap<>();
    SortedMap<RegionName, RegionException> failed = new TreeMap<>();
    Set<RegionName> wanted = new HashSet<>(only);
    for (GuardedRegion region : regions) {
      if (!wanted.remove(region.name())) {
        continue;
      }
      String outage = region.outage();
      if (outage != null) {
        failed.put(region.name(), leftOut(region.name(), outage));
        continue;
      }
      running.put(
          region.name(),
          threads.submit(() -> attempts.retrying(region.name(), () -> region.put(key, bytes))));
    }
    Set<RegionName> held = new HashSet<>();
    running.forEach((name, future) -> {
      RegionException failure = outcome(name, future, atMost.minusNanos(System.nanoTime() - from));
      if (future.isDone()) {
        note(guarded(name), failure);
      }
      if (failure == null) {
        held.add(name);
      } else {
        failed.put(name, failure);
      }
    });
    if (!wanted.isEmpty()) {
      throw new IllegalArgumentException("no such regions: " + wanted);
    }
    return new PutReport(held, failed);
  }

  /**
   * Stores an object in one region, trying again what may pass.
   *
   * @return whether this call created the object
   * @throws IllegalArgumentException if the region is none of this set
   * @throws RegionException.Transient also if this thread is interrupted; the region may still be
   *     reading then what it was lent
   */
  public boolean put(RegionName name, ObjectKey key, Lender lender) throws RegionException {
    GuardedRegion region = guarded(name);
    String outage = region.outage();
    if (outage != null) {
      throw leftOut(name, outage);
    }
    try {
      boolean created = attempts.retrying(name, () -> region.put(key, lender));
      note(region, null);
      return created;
    } catch (RegionException e) {
      note(region, e);
      throw e;
    }
  }

  /**
   * Has an object copied from one region to another by the servers themselves, if they can; see
   * {@link Region#copyFrom}. Sources are asked in the order of what reading there costs.
   *
   * @return whether the region has it now; if not, somebody has to carry the bytes
   * @throws RegionException.Doubtful if it may have wrong ones now: carrying them would find it
   *     there already
   */
  public boolean copy(Collection<RegionName> from, RegionName to, ObjectKey key, Digest sha256)
      throws RegionException.Doubtful {
    GuardedRegion target = guarded(to);
    List<GuardedRegion> sources =
        regions.stream()
            .filter(region -> from.contains(region.name()) && region.outage() == null)
            .sorted(Comparator.comparingDouble(region -> readCost(region.name())))
            .toList();
    for (GuardedRegion source : sources) {
      try {
        if (target.outage() == null && target.copyFrom(source, key, sha256)) {
          return true;
        }
      } catch (RegionException.Doubtful e) {
        throw e;
      } catch (RegionException e) {
        // Whatever it is: carrying the bytes will tell.
      }
    }
    return false;
  }

  private static RegionException leftOut(RegionName name, String outage) {
    return new RegionException.Permanent(name, "left out since it failed: " + outage, null);
  }

  private static void note(GuardedRegion region, @Nullable RegionException failure) {
    if (failure == null) {
      region.breaker().succeeded();
    } else if (!(failure instanceof RegionException.Conflict)
        && !Thread.currentThread().isInterrupted()) {
      // A conflict is about this object, not about the region.
      region.breaker().failed(failure);
    }
  }

  private static @Nullable RegionException outcome(
      RegionName name, Future<Boolean> future, Duration atMost) {
    try {
      future.get(Math.max(0, atMost.toMillis()), TimeUnit.MILLISECONDS);
      return null;
    } catch (TimeoutException e) {
      return new RegionException.Transient(name, "no answer yet", e);
    } catch (ExecutionException e) {
      return e.getCause() instanceof RegionException failure
          ? failure
          : new RegionException.Permanent(name, "failed unexpectedly: " + e.getCause(), e);
    } catch (InterruptedException e) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      return new RegionException.Transient(name, "interrupted", e);
    }
  }

  /**
   * Lists in all regions at once, trying again what may pass, unless a region is known to be out.
   * No region's failure is thrown.
   *
   * @param each called by several threads at once, and again from the start for a region that is
   *     asked again
   * @return regions that could not be listed to the end, and why
   */
  public SortedMap<RegionName, RegionException> list(
      String prefix, BiConsumer<RegionName, ObjectInfo> each) {
    return list(prefix, region -> info -> each.accept(region, info));
  }

  /**
   * As the other, for whoever must tell one attempt from the next: an attempt that ran out of time
   * may still be calling its consumer while a later one calls another.
   *
   * @param attempt called at the start of each attempt, the last of which is the one that counts;
   *     what it gives is called with the objects in ascending order of their keys
   */
  public SortedMap<RegionName, RegionException> list(
      String prefix, Function<RegionName, Consumer<ObjectInfo>> attempt) {
    Map<RegionName, Future<Boolean>> running = new LinkedHashMap<>();
    for (GuardedRegion region : regions) {
      running.put(
          region.name(),
          threads.submit(() -> {
            Attempts.Call<Boolean> once =
                () -> {
                  region.list(prefix, attempt.apply(region.name()));
                  return true;
                };
            return region.outage() == null ? attempts.retrying(region.name(), once) : once.run();
          }));
    }
    SortedMap<RegionName, RegionException> failed = new TreeMap<>();
    running.forEach((name, future) -> {
      RegionException failure = outcome(name, future, FOREVER);
      if (failure != null) {
        failed.put(name, failure);
      }
    });
    return failed;
  }

  /**
   * Remembers what regions list, for work whose steps need to know the same: a complete listing
   * answers later ones, unless something was written here that they would show, or it is older than
   * {@link #REMEMBERED}. What others wrote meanwhile shows as late as if the later listing had been
   * the earlier one.
   *
   * @param directory for one file for each region, about 100 bytes for an object
   * @param neverFor prefixes that are asked for each time
   * @return ends it, and removes the files
   */
  public Remembering rememberListings(Path directory, List<String> neverFor) throws IOException {
    Files.createDirectories(directory);
    List<RememberedListing> listings = new ArrayList<>();
    for (GuardedRegion region : regions) {
      RememberedListing listing =
          new RememberedListing(
              directory.resolve(region.name().value()), neverFor, REMEMBERED, nanos);
      listings.add(listing);
      region.remember(listing);
    }
    return () -> {
      regions.forEach(region -> region.remember(null));
      listings.forEach(RememberedListing::close);
    };
  }

  /** While it is open, listings are remembered. */
  public interface Remembering extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * The listings of all regions side by side, tried again as this set does. A region that stops
   * answering is given up, and told in {@link MergedListing#failed}.
   */
  public MergedListing merged(String prefix) {
    return new MergedListing(guarded, prefix, policy, jitter);
  }

  /**
   * Reads a whole object from the first region that gives good bytes.
   *
   * @param good whether bytes are the right ones; may throw {@link VaultException}, which ends the
   *     search
   * @throws VaultException.Damaged if every region was asked and none has good bytes
   * @throws VaultException.Unreachable if none has, but some could not be asked
   */
  public byte[] read(ObjectKey key, Predicate<byte[]> good) {
    return read(key.toString(), regions, new Reading(key, 0, Region.WHOLE), good);
  }

  /**
   * As {@link #read(ObjectKey, Predicate)}, from the region where reading costs least, if it has
   * good bytes; among equals in order of preference.
   */
  public byte[] readCheapest(ObjectKey key, Predicate<byte[]> good) {
    List<GuardedRegion> order = new ArrayList<>(regions);
    order.sort(Comparator.comparingDouble(region -> readCost(region.name())));
    return read(key.toString(), order, new Reading(key, 0, Region.WHOLE), good);
  }

  /** What reading a gigabyte costs there, as configured. */
  public double readCost(RegionName name) {
    return readCosts.getOrDefault(name, 0.0);
  }

  /** As {@link #read(ObjectKey, Predicate)}, for {@code length} bytes from {@code offset}. */
  public byte[] read(ObjectKey key, long offset, int length, Predicate<byte[]> good) {
    return read(
        "%s (%d bytes at %d)".formatted(key, length, offset),
        regions,
        new Reading(key, offset, length),
        good);
  }

  /**
   * Does one thing in one region, trying again what may pass, unless the region is known to be out.
   *
   * @param call may run several times
   * @throws IllegalArgumentException if the region is none of this set
   */
  public <T> T in(RegionName name, Call<T> call) throws RegionException {
    GuardedRegion region = guarded(name);
    try {
      return region.outage() == null
          ? attempts.retrying(name, () -> call.on(region))
          : call.on(region);
    } catch (RuntimeException e) {
      throw new RegionException.Permanent(name, "failed unexpectedly: " + e, e);
    }
  }

  /** The same for what has no result. */
  public void act(RegionName name, Deed deed) throws RegionException {
    var _ =
        in(
            name,
            region -> {
              deed.on(region);
              return name;
            });
  }

  /** Something to do in a region, without a result. */
  public interface Deed {
    void on(Region region) throws RegionException;
  }

  /** Something to do in a region. */
  public interface Call<T> {
    T on(Region region) throws RegionException;
  }

  /** What to read: an object, or a part of it. */
  private record Reading(ObjectKey key, long offset, int length) {
    byte[] from(Region region) throws RegionException {
      return length == Region.WHOLE ? region.read(key) : region.read(key, offset, length);
    }

    /** Good bytes among older versions, where somebody laid others over them. */
    Optional<byte[]> beneath(Region region, Predicate<byte[]> good) throws RegionException {
      return region.readBeneath(key, offset, length, good);
    }
  }

  /**
   * Asks each region once before it asks any a second time: another copy is nearer than the end of
   * a pause.
   */
  private byte[] read(
      String what, List<GuardedRegion> order, Reading reading, Predicate<byte[]> good) {
    List<GuardedRegion> candidates = new ArrayList<>(order);
    candidates.sort(Comparator.comparing(region -> region.outage() != null));
    List<String> bad = new ArrayList<>();
    Map<RegionName, RegionException> unasked = new LinkedHashMap<>();
    for (int attempt = 1; ; attempt++) {
      boolean mayPass = false;
      for (GuardedRegion region : List.copyOf(candidates)) {
        RegionName name = region.name();
        try {
          byte[] found = reading.from(region);
          region.breaker().succeeded();
          unasked.remove(name);
          if (good.test(found)) {
            return found;
          }
          Optional<byte[]> beneath = reading.beneath(region, good);
          if (beneath.isPresent()) {
            return beneath.get();
          }
          bad.add("wrong bytes in " + name);
          candidates.remove(region);
        } catch (RegionException.Missing e) {
          region.breaker().succeeded();
          unasked.remove(name);
          bad.add("missing in " + name);
          candidates.remove(region);
        } catch (RegionException.Transient e) {
          unasked.put(name, e);
          mayPass |= region.breaker().outage() == null;
        } catch (RegionException e) {
          unasked.put(name, e);
          candidates.remove(region);
          region.breaker().failed(e);
        }
      }
      if (!mayPass || attempt >= policy.attempts() || Thread.currentThread().isInterrupted()) {
        break;
      }
      try {
        attempts.pause(candidates.getFirst().name(), attempt, askedPause(unasked.values()));
      } catch (RegionException e) {
        break;
      }
    }
    if (!Thread.currentThread().isInterrupted()) {
      candidates.forEach(region -> {
        RegionException failure = unasked.get(region.name());
        if (failure != null) {
          region.breaker().failed(failure);
        }
      });
    }
    if (unasked.isEmpty()) {
      throw new VaultException.Damaged(what + ": " + String.join(", ", bad));
    }
    bad.addAll(unasked.values().stream().map(RegionException::getMessage).toList());
    throw new VaultException.Unreachable(
        what + ": " + String.join(", ", bad), List.copyOf(unasked.values()));
  }

  /** The shortest pause that one of them wants: another copy may be nearer than its end. */
  private static Duration askedPause(Collection<RegionException> failures) {
    return failures.stream()
        .filter(RegionException.Transient.class::isInstance)
        .map(failure -> ((RegionException.Transient) failure).pause())
        .min(Duration::compareTo)
        .orElse(Duration.ZERO);
  }

  /** Closes all regions. Calls under way fail. */
  @Override
  public void close() {
    threads.shutdownNow();
    regions.forEach(Region::close);
  }
}
