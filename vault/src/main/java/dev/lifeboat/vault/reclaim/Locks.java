package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.ObjectLock;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What is locked, so that nobody tries to remove it: what the {@linkplain LockBook book} knows, and
 * for the rest what the region says.
 */
public final class Locks {
  /** Questions to a region that are under way at once. */
  static final int AT_ONCE = 16;

  private final RegionSet regions;
  private final Path directory;

  /**
   * @param directory of the local cache, for what is known of each object's lock
   */
  public Locks(RegionSet regions, Path directory) {
    this.regions = regions;
    this.directory = directory;
  }

  LockBook book(RegionName region) {
    return new LockBook(directory.resolve(region.value() + ".locks"));
  }

  /** How a region locks, if it does. */
  Optional<ObjectLock> rule(RegionName region) {
    return regions.region(region).flatMap(Region::lock);
  }

  /**
   * Those of the objects that are locked now, and until when.
   *
   * @throws RegionException if the region cannot be asked
   */
  Map<ObjectKey, Instant> locked(RegionName region, Collection<ObjectKey> keys)
      throws RegionException, InterruptedException {
    Map<ObjectKey, Instant> locked = new HashMap<>();
    if (keys.isEmpty() || rule(region).isEmpty()) {
      return locked;
    }
    Instant now = regions.in(region, Region::now);
    Set<ObjectKey> unknown = new HashSet<>(keys);
    unknown.removeIf(key -> !ObjectLock.covers(key));
    Set<String> wanted = new HashSet<>();
    unknown.forEach(key -> wanted.add(key.value()));
    try {
      book(region)
          .read((key, until) -> {
            if (until.isAfter(now) && wanted.contains(key)) {
              locked.put(new ObjectKey(key), until);
            }
          });
      unknown.removeAll(locked.keySet());
      if (!unknown.isEmpty()) {
        Map<ObjectKey, Instant> asked = ask(region, List.copyOf(unknown));
        locked.putAll(asked);
        remember(region, asked, now);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot keep what is known of locks in " + directory, e);
    }
    return locked;
  }

  private Map<ObjectKey, Instant> ask(RegionName region, List<ObjectKey> keys)
      throws RegionException, InterruptedException {
    Map<ObjectKey, Instant> locked = new HashMap<>();
    List<Optional<Instant>> answers =
        each(
            keys,
            key -> {
              try {
                return regions.in(region, r -> r.lockedUntil(key));
              } catch (RegionException.Missing e) {
                return Optional.empty(); // Nothing keeps what is not there.
              }
            });
    for (int i = 0; i < keys.size(); i++) {
      ObjectKey key = keys.get(i);
      answers.get(i).ifPresent(until -> locked.put(key, until));
    }
    return locked;
  }

  /** What is done for one object. */
  public interface Call<T> {
    T of(ObjectKey key) throws RegionException;
  }

  /** Does it for all, many at once; answers are in the order of the keys. */
  public static <T> List<T> each(List<ObjectKey> keys, Call<T> call)
      throws RegionException, InterruptedException {
    List<Future<T>> running = new ArrayList<>();
    List<T> answers = new ArrayList<>();
    try (ExecutorService threads =
        Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().name("lock-", 0).factory())) {
      for (ObjectKey key : keys) {
        running.add(threads.submit(() -> call.of(key)));
      }
      try {
        for (Future<T> future : running) {
          answers.add(future.get());
        }
      } catch (ExecutionException e) {
        threads.shutdownNow();
        switch (e.getCause()) {
          case RegionException failure -> throw failure;
          case RuntimeException unexpected -> throw unexpected;
          case null, default -> throw new IllegalStateException(e);
        }
      } catch (InterruptedException e) {
        threads.shutdownNow();
        throw e;
      }
    }
    return answers;
  }

  private void remember(RegionName region, Map<ObjectKey, Instant> learnt, Instant now)
      throws IOException {
    if (learnt.isEmpty()) {
      return;
    }
    Map<String, Instant> all = new TreeMap<>();
    book(region)
        .read((key, until) -> {
          if (until.isAfter(now)) {
            all.put(key, until);
          }
        });
    learnt.forEach((key, until) -> all.put(key.value(), until));
    book(region)
        .write(out -> {
          for (Map.Entry<String, Instant> row : all.entrySet()) {
            out.row(row.getKey(), row.getValue());
          }
        });
  }

  /** The same decisions, but that a snapshot stays which a lock keeps. */
  public List<Retention.Decision> keepLocked(List<Retention.Decision> decisions)
      throws InterruptedException {
    List<Retention.Decision> all = new ArrayList<>(decisions.size());
    for (Retention.Decision decision : decisions) {
      Optional<Instant> until =
          decision.keep()
              ? Optional.empty()
              : keeps(decision.snapshot().key(), decision.snapshot().header().time());
      all.add(
          until.isEmpty()
              ? decision
              : new Retention.Decision(
                  decision.snapshot(), true, List.of("kept by lock until " + until.get())));
    }
    return all;
  }

  /**
   * Until when a snapshot is kept by the lock of any region, whatever the policy says.
   *
   * @param manifest its key
   * @param time of the snapshot
   */
  public Optional<Instant> keeps(ObjectKey manifest, Instant time) throws InterruptedException {
    Optional<Instant> longest = Optional.empty();
    for (Region region : regions.regions()) {
      Optional<ObjectLock> rule = region.lock();
      if (rule.isEmpty()) {
        continue;
      }
      Optional<Instant> until;
      try {
        Instant certain = rule.get().until(time);
        // No need to ask while the rule alone says that it is locked.
        until =
            certain.isAfter(regions.in(region.name(), Region::now))
                ? Optional.of(certain)
                : Optional.ofNullable(locked(region.name(), List.of(manifest)).get(manifest));
      } catch (RegionException e) {
        // What cannot be asked is not removed from there either; forgetting says so.
        continue;
      }
      if (until.isPresent() && (longest.isEmpty() || until.get().isAfter(longest.get()))) {
        longest = until;
      }
    }
    return longest;
  }
}
