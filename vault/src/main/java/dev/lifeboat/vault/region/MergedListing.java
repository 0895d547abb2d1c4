package dev.lifeboat.vault.region;

import java.time.Duration;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The listings of several regions side by side, in ascending order of keys, with a few hundred
 * objects of each region in memory. For one thread; closing ends it early.
 */
public final class MergedListing implements AutoCloseable {
  private static final int BUFFERED = 512;

  /**
   * A key and the regions that list it.
   *
   * @param lacking regions that were listed past this key without it; a region whose listing failed
   *     is in neither
   */
  public record Row(
      ObjectKey key,
      SortedMap<RegionName, ObjectInfo> held,
      SortedMap<RegionName, Region> lacking) {
    public Row {
      held = Collections.unmodifiableSortedMap(held);
      lacking = Collections.unmodifiableSortedMap(lacking);
    }
  }

  /** What a listing thread hands over. */
  private sealed interface Item {
    record Found(ObjectInfo info) implements Item {}

    record Failed(RegionException why) implements Item {}

    record End() implements Item {}
  }

  /** One region's listing: a thread fills the queue, the merge empties it. */
  private static final class Cursor {
    private final Region region;
    private final RetryPolicy policy;
    private final RandomGenerator jitter;
    private final BlockingQueue<Item> queue = new ArrayBlockingQueue<>(BUFFERED);
    private final Thread thread;
    private @Nullable Item head;

    private Cursor(Region region, String prefix, RetryPolicy policy, RandomGenerator jitter) {
      this.region = region;
      this.policy = policy;
      this.jitter = jitter;
      this.thread =
          Thread.ofVirtual()
              .name("listing-" + region.name())
              .start(() -> {
                try {
                  queue.put(run(prefix));
                } catch (InterruptedException e) {
                  // Closed: nobody waits for the end.
                }
              });
    }

    private Item run(String prefix) throws InterruptedException {
      @Nullable ObjectKey[] last = new ObjectKey[1];
      for (int attempt = 1; ; attempt++) {
        try {
          region.list(prefix, each(last));
          return new Item.End();
        } catch (Abandoned e) {
          throw new InterruptedException();
        } catch (RegionException.Transient e) {
          // A listing that broke off is begun anew; what was seen of it is skipped.
          if (attempt >= policy.attempts()
              || outage()
              || Attempts.isHung(e)
              || Thread.currentThread().isInterrupted()) {
            return new Item.Failed(e);
          }
          Thread.sleep(e.pause().plus(policy.pauseAfter(attempt, jitter)));
        } catch (RegionException e) {
          return new Item.Failed(e);
        } catch (RuntimeException e) {
          return new Item.Failed(
              new RegionException.Permanent(region.name(), "listing failed: " + e, e));
        }
      }
    }

    /** Whether the region is known to be out: then it is asked once, in case it came back. */
    private boolean outage() {
      return region instanceof GuardedRegion guarded && guarded.outage() != null;
    }

    private Consumer<ObjectInfo> each(@Nullable ObjectKey[] last) {
      ObjectKey seen = last[0];
      @Nullable ObjectKey[] before = new ObjectKey[1];
      return info -> {
        ObjectKey previous = before[0];
        if (previous != null && previous.compareTo(info.key()) >= 0) {
          throw new IllegalStateException(
              "%s behind %s: keys do not ascend".formatted(info.key(), previous));
        }
        before[0] = info.key();
        if (seen != null && info.key().compareTo(seen) <= 0) {
          return;
        }
        try {
          queue.put(new Item.Found(info));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new Abandoned();
        }
        last[0] = info.key();
      };
    }

    private Item head() throws InterruptedException {
      Item item = head;
      if (item == null) {
        Duration patience = policy.patience().multipliedBy(GuardedRegion.LISTING_PATIENCE);
        item = queue.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        if (item == null) {
          thread.interrupt();
          item =
              new Item.Failed(
                  new RegionException.Transient(
                      region.name(),
                      "nothing more of the listing within %d s".formatted(patience.toSeconds()),
                      null));
        }
        head = item;
      }
      return item;
    }
  }

  /** Gets a listing thread out of the consumer's hands. */
  private static final class Abandoned extends RuntimeException {
    private Abandoned() {
      super(null, null, false, false);
    }
  }

  private final SortedMap<RegionName, Cursor> cursors = new TreeMap<>();
  private final SortedMap<RegionName, RegionException> failed = new TreeMap<>();

  /** Begins to list a prefix in all of the regions. */
  public MergedListing(Iterable<? extends Region> regions, String prefix) {
    this(regions, prefix, RetryPolicy.DEFAULT, RandomGenerator.getDefault());
  }

  /** As the other; usually by {@link RegionSet#merged}. */
  MergedListing(
      Iterable<? extends Region> regions,
      String prefix,
      RetryPolicy policy,
      RandomGenerator jitter) {
    Regions.requirePrefix(prefix);
    for (Region region : regions) {
      cursors.put(region.name(), new Cursor(region, prefix, policy, jitter));
    }
  }

  /**
   * The next row, or {@code null} at the end.
   *
   * @throws InterruptedException while waiting for a region
   */
  public @Nullable Row next() throws InterruptedException {
    ObjectKey least = null;
    for (Cursor cursor : cursors.values()) {
      if (cursor.head() instanceof Item.Failed(RegionException why)) {
        failed.put(cursor.region.name(), why);
      }
    }
    cursors.keySet().removeAll(failed.keySet());
    for (Cursor cursor : cursors.values()) {
      if (cursor.head() instanceof Item.Found(ObjectInfo info)
          && (least == null || info.key().compareTo(least) < 0)) {
        least = info.key();
      }
    }
    if (least == null) {
      return null;
    }
    SortedMap<RegionName, ObjectInfo> held = new TreeMap<>();
    SortedMap<RegionName, Region> lacking = new TreeMap<>();
    for (Cursor cursor : cursors.values()) {
      if (cursor.head() instanceof Item.Found(ObjectInfo info) && info.key().equals(least)) {
        held.put(cursor.region.name(), info);
        cursor.head = null;
      } else {
        lacking.put(cursor.region.name(), cursor.region);
      }
    }
    return new Row(least, held, lacking);
  }

  /** Regions whose listing broke off, so far. Complete once {@link #next} gave {@code null}. */
  public SortedMap<RegionName, RegionException> failed() {
    return Collections.unmodifiableSortedMap(failed);
  }

  @Override
  public void close() {
    cursors.values().forEach(cursor -> cursor.thread.interrupt());
  }
}
