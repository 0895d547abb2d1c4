package dev.lifeboat.vault.region;

import dev.lifeboat.vault.VaultException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The regions of a vault, in order of preference. Safe for use by many threads.
 *
 * <p>A region that failed for good, or again and again, is not written to any more by this set: one
 * dead region costs a night a few retries, not one for each object. {@link #outages} tells which,
 * and why; replication brings it up to date later. For reading it comes last.
 */
public final class RegionSet implements AutoCloseable {
  /** So many failures of a region in a row, each after its retries, and it is left out. */
  private static final int PATIENCE = 3;

  /** A listing of millions of objects takes minutes where one object takes seconds. */
  static final int LISTING_PATIENCE = 10;

  private static final int PUT_BYTES_PER_SECOND = 64 << 10;
  private static final int READ_BYTES_PER_SECOND = 256 << 10;

  private final List<Region> regions;
  private final int quorum;
  private final RetryPolicy policy;
  private final RandomGenerator jitter;
  private final ExecutorService threads;
  private final Attempts attempts;
  private final Map<RegionName, Health> health = new ConcurrentHashMap<>();

  /** What this session learnt about a region. */
  private static final class Health {
    private int failuresInARow;
    private @Nullable String outage;

    synchronized void succeeded() {
      failuresInARow = 0;
    }

    synchronized void failed(RegionException e) {
      failuresInARow++;
      if (outage == null
          && (e instanceof RegionException.Permanent || failuresInARow >= PATIENCE)) {
        outage = String.valueOf(e.getMessage());
      }
    }

    synchronized @Nullable String outage() {
      return outage;
    }
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

  /**
   * As the other, with another policy of retries.
   *
   * @param jitter spreads pauses; nothing secret depends on it
   */
  public RegionSet(List<Region> regions, int quorum, RetryPolicy policy, RandomGenerator jitter) {
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
      health.put(region.name(), new Health());
    }
    this.regions = List.copyOf(regions);
    this.quorum = quorum;
    this.policy = policy;
    this.jitter = jitter;
    this.threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("region-", 0).factory());
    this.attempts = new Attempts(policy, jitter, threads);
  }

  /** In order of preference. */
  public List<Region> regions() {
    return regions;
  }

  public int quorum() {
    return quorum;
  }

  public Optional<Region> region(RegionName name) {
    return regions.stream().filter(region -> region.name().equals(name)).findFirst();
  }

  /** Regions that are not written to any more by this set, and why. */
  public SortedMap<RegionName, String> outages() {
    SortedMap<RegionName, String> outages = new TreeMap<>();
    health.forEach((name, state) -> {
      String outage = state.outage();
      if (outage != null) {
        outages.put(name, outage);
      }
    });
    return outages;
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
    Map<RegionName, Future<Boolean>> running = new LinkedHashMap<>();
    SortedMap<RegionName, RegionException> failed = new TreeMap<>();
    Set<RegionName> wanted = new HashSet<>(only);
    Duration patience = patience(bytes.remaining(), PUT_BYTES_PER_SECOND);
    for (Region region : regions) {
      if (!wanted.remove(region.name())) {
        continue;
      }
      String outage = state(region).outage();
      if (outage != null) {
        failed.put(
            region.name(),
            new RegionException.Permanent(
                region.name(), "left out since it failed: " + outage, null));
        continue;
      }
      running.put(
          region.name(),
          threads.submit(
              () -> attempts.retrying(region.name(), patience, () -> region.put(key, bytes))));
    }
    Set<RegionName> held = new HashSet<>();
    running.forEach((name, future) -> {
      RegionException failure = outcome(name, future);
      if (failure == null) {
        held.add(name);
        state(name).succeeded();
      } else {
        failed.put(name, failure);
        // A conflict is about this object, not about the region.
        if (!(failure instanceof RegionException.Conflict)
            && !Thread.currentThread().isInterrupted()) {
          state(name).failed(failure);
        }
      }
    });
    if (!wanted.isEmpty()) {
      throw new IllegalArgumentException("no such regions: " + wanted);
    }
    return new PutReport(held, failed);
  }

  private static @Nullable RegionException outcome(RegionName name, Future<Boolean> future) {
    try {
      future.get();
      return null;
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
   * Lists in all regions at once, trying again what may pass. No region's failure is thrown.
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
    for (Region region : regions) {
      running.put(
          region.name(),
          threads.submit(() ->
              attempts.retrying(
                  region.name(),
                  policy.patience().multipliedBy(LISTING_PATIENCE),
                  () -> {
                    region.list(prefix, attempt.apply(region.name()));
                    return true;
                  })));
    }
    SortedMap<RegionName, RegionException> failed = new TreeMap<>();
    running.forEach((name, future) -> {
      RegionException failure = outcome(name, future);
      if (failure != null) {
        failed.put(name, failure);
      }
    });
    return failed;
  }

  /**
   * The listings of all regions side by side, tried again as this set does. A region that stops
   * answering is given up, and told in {@link MergedListing#failed}.
   */
  public MergedListing merged(String prefix) {
    return new MergedListing(regions, prefix, policy, jitter);
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
    return read(key.toString(), Integer.MAX_VALUE, region -> region.read(key), good);
  }

  /** As {@link #read(ObjectKey, Predicate)}, for {@code length} bytes from {@code offset}. */
  public byte[] read(ObjectKey key, long offset, int length, Predicate<byte[]> good) {
    return read(
        "%s (%d bytes at %d)".formatted(key, length, offset),
        length,
        region -> region.read(key, offset, length),
        good);
  }

  /**
   * Does one thing in one region, trying again what may pass, unless the region is known to be out.
   *
   * @param call may run several times
   * @throws IllegalArgumentException if the region is none of this set
   */
  public <T> T in(RegionName name, Call<T> call) throws RegionException {
    Region region =
        region(name).orElseThrow(() -> new IllegalArgumentException("no such region: " + name));
    Duration patience = patience(Integer.MAX_VALUE, READ_BYTES_PER_SECOND);
    return state(name).outage() == null
        ? attempts.retrying(name, patience, () -> call.on(region))
        : attempts.limited(name, patience, () -> call.on(region));
  }

  /** Something to do in a region. */
  public interface Call<T> {
    T on(Region region) throws RegionException;
  }

  private interface Reading {
    byte[] from(Region region) throws RegionException;
  }

  /**
   * Asks each region once before it asks any a second time: another copy is nearer than the end of
   * a pause.
   */
  private byte[] read(String what, int bytes, Reading reading, Predicate<byte[]> good) {
    List<Region> candidates = new ArrayList<>();
    regions.stream().filter(region -> state(region).outage() == null).forEach(candidates::add);
    regions.stream().filter(region -> state(region).outage() != null).forEach(candidates::add);
    Duration patience = patience(bytes, READ_BYTES_PER_SECOND);
    List<String> bad = new ArrayList<>();
    Map<RegionName, RegionException> unasked = new LinkedHashMap<>();
    for (int attempt = 1; ; attempt++) {
      boolean mayPass = false;
      for (Region region : List.copyOf(candidates)) {
        RegionName name = region.name();
        try {
          byte[] found = attempts.limited(name, patience, () -> reading.from(region));
          state(name).succeeded();
          unasked.remove(name);
          if (good.test(found)) {
            return found;
          }
          bad.add("wrong bytes in " + name);
          candidates.remove(region);
        } catch (RegionException.Missing e) {
          state(name).succeeded();
          unasked.remove(name);
          bad.add("missing in " + name);
          candidates.remove(region);
        } catch (RegionException.Transient e) {
          unasked.put(name, e);
          mayPass |= state(name).outage() == null;
        } catch (RegionException e) {
          unasked.put(name, e);
          candidates.remove(region);
          state(name).failed(e);
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
          state(region).failed(failure);
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

  private Duration patience(int bytes, int bytesPerSecond) {
    return policy.patience().plusSeconds(bytes / bytesPerSecond);
  }

  private Health state(Region region) {
    return state(region.name());
  }

  private Health state(RegionName name) {
    Health state = health.get(name);
    if (state == null) {
      throw new IllegalArgumentException("no such region: " + name);
    }
    return state;
  }

  /** Closes all regions. Calls under way fail. */
  @Override
  public void close() {
    threads.shutdownNow();
    regions.forEach(Region::close);
  }
}
