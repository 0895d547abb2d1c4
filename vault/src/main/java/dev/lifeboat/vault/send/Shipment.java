package dev.lifeboat.vault.send;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * All objects of one session on their way to its regions. A region that does not take one of them
 * gets no more and is <em>lost</em> to the session; when fewer regions than the quorum are left,
 * the session is told. Safe for use by many threads.
 */
public final class Shipment implements AutoCloseable {
  private static final int LOOK_UP_MILLIS = 1000;

  /** The memory that a parcel's bytes lie in. One of the two is called, once. */
  public interface Memory {
    /** Nothing is done for bytes that nobody else wants. */
    Memory OWN = new Memory() {};

    /** Nobody reads it any more. */
    default void free() {}

    /** Nobody needs it any more, but a region that hangs may still read it. */
    default void abandon() {}
  }

  private final Dispatch dispatch;
  final Consumer<VaultException> quorumLost;

  // Guarded by the dispatch.
  final SortedSet<RegionName> remaining;
  final Map<RegionName, Integer> pending = new HashMap<>();
  final SortedMap<RegionName, RegionException> lost = new TreeMap<>();
  boolean closed;

  Shipment(Dispatch dispatch, Collection<RegionName> targets, Consumer<VaultException> quorumLost) {
    this.dispatch = dispatch;
    this.remaining = new TreeSet<>(targets);
    this.quorumLost = quorumLost;
  }

  /**
   * Sends an object to every region that has not been lost. Returns at once, or when the object has
   * been written to the local spill.
   *
   * @param bytes from position to limit; not to be changed before {@code memory} is told
   * @param behind whether it goes to a region only when all earlier objects are there
   */
  public void send(ObjectKey key, ByteBuffer bytes, boolean behind, Memory memory) {
    dispatch.send(new Parcel(this, key, bytes.duplicate(), behind, memory));
  }

  /** The regions that have everything that was sent so far. */
  public Set<RegionName> arrived() {
    synchronized (dispatch) {
      Set<RegionName> arrived = new TreeSet<>(remaining);
      arrived.removeIf(region -> pending.getOrDefault(region, 0) > 0);
      return arrived;
    }
  }

  /** Regions that are still on it. */
  public Set<RegionName> late() {
    synchronized (dispatch) {
      Set<RegionName> late = new TreeSet<>(remaining);
      late.removeIf(region -> pending.getOrDefault(region, 0) == 0);
      return late;
    }
  }

  /** Regions that did not take everything, and why. */
  public SortedMap<RegionName, RegionException> lost() {
    synchronized (dispatch) {
      return new TreeMap<>(lost);
    }
  }

  /**
   * Waits until at least so many regions have everything, or no more can.
   *
   * @param check called now and then; may throw, to end the waiting
   */
  public void await(int regions, Runnable check) throws InterruptedException {
    boolean _ = await(regions, RegionSet.FOREVER, check);
  }

  /**
   * As {@link #await(int, Runnable)}, at most for some time.
   *
   * @return whether so many regions have everything, or no more can
   */
  public boolean await(int regions, Duration atMost, Runnable check) throws InterruptedException {
    long from = System.nanoTime();
    synchronized (dispatch) {
      while (true) {
        check.run();
        if (arrived().size() >= regions || late().isEmpty()) {
          return true;
        }
        long left = atMost.toMillis() - (System.nanoTime() - from) / 1_000_000;
        if (left <= 0) {
          return false;
        }
        dispatch.wait(Math.min(left, LOOK_UP_MILLIS));
      }
    }
  }

  /**
   * Waits no longer for the regions that are late: they are lost.
   *
   * @param why what to say of them; a sentence without a subject
   */
  public void giveUp(String why) {
    dispatch.giveUp(this, why);
  }

  /**
   * Sends nothing more. What is under way gets a few seconds to arrive; then all memory is given
   * back or given up.
   */
  @Override
  public void close() {
    dispatch.close(this);
  }
}
