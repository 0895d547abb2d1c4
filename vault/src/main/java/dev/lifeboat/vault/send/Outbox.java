package dev.lifeboat.vault.send;

import dev.lifeboat.vault.region.RegionName;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What is to go to one region, in order. Guarded by the lock of its {@link Dispatch}. */
final class Outbox {
  final RegionName region;
  final Deque<Delivery> queue = new ArrayDeque<>();
  final Set<Delivery> running = new LinkedHashSet<>();

  /** Whether it cannot keep up, and is served from the spill until it has nothing left to do. */
  boolean lagging;

  /** Bytes of all that is queued and running. */
  long backlog;

  Outbox(RegionName region) {
    this.region = region;
  }

  /** One parcel for this region. */
  static final class Delivery {
    final Parcel parcel;
    final Outbox outbox;
    @Nullable Thread thread;

    /** To be begun anew, from the spill. */
    boolean again;

    /** Nobody wants it any more. */
    boolean cancelled;

    Delivery(Parcel parcel, Outbox outbox) {
      this.parcel = parcel;
      this.outbox = outbox;
    }

    void interrupt() {
      if (thread != null) {
        thread.interrupt();
      }
    }
  }

  /**
   * Takes out the first delivery that may begin.
   *
   * @param spillable whether a parcel will yet leave memory: a region that lags waits for that,
   *     instead of beginning what would be broken off
   */
  @Nullable Delivery next(Predicate<Parcel> spillable) {
    Set<Shipment> underWay = new HashSet<>();
    running.forEach(delivery -> underWay.add(delivery.parcel.shipment));
    for (var deliveries = queue.iterator(); deliveries.hasNext(); ) {
      Delivery delivery = deliveries.next();
      Parcel parcel = delivery.parcel;
      boolean inOrder = !parcel.behind || !underWay.contains(parcel.shipment);
      if (inOrder && !(lagging && parcel.spilled == null && spillable.test(parcel))) {
        deliveries.remove();
        return delivery;
      }
      underWay.add(parcel.shipment);
    }
    return null;
  }

  boolean isIdle() {
    return queue.isEmpty() && running.isEmpty();
  }
}
