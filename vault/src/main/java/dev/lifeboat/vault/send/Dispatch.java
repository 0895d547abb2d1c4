package dev.lifeboat.vault.send;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.send.Outbox.Delivery;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The outboxes of a vault's regions, shared by all sessions that write at once. Its monitor guards
 * everything in this package but the {@link Spill}. Safe for use by many threads.
 *
 * <p>Bytes stay in memory as long as memory is plentiful. When somebody has waited for memory for a
 * while ({@link #relieve}), the region that keeps most of it begins to lag: what it still lacks is
 * written to the spill, uploads that read from memory are broken off and begun anew from there, and
 * from then on whatever only lagging regions lack leaves memory at once. It keeps up again when it
 * has nothing left to do.
 *
 * <p>When the spill is full, a region that is behind the quorum by more than half of the spill is
 * left out, if the sessions can do without it. Regions that are all slow alike are waited for.
 */
public final class Dispatch implements AutoCloseable {
  /** How long a region that could not keep up is left out: the rest of a night. */
  private static final Duration LEFT_OUT = Duration.ofHours(6);

  /** At most one region begins to lag within this time: it may be all that was needed. */
  private static final long LAG_PAUSE_NANOS = Duration.ofMillis(500).toNanos();

  /** What was told to let go of memory and has not after this time hangs. */
  private static final long LET_GO_NANOS = Duration.ofSeconds(10).toNanos();

  private final RegionSet regions;
  private final Spill spill;
  private final int slots;
  private final Map<RegionName, Outbox> outboxes = new LinkedHashMap<>();
  private final Set<Parcel> inMemory = new LinkedHashSet<>();
  private final Map<RegionName, Long> leftOutUntil = new LinkedHashMap<>();
  private final ExecutorService threads;
  private long laggedAt = System.nanoTime() - LAG_PAUSE_NANOS;

  /**
   * @param slots objects that go to one region at a time
   */
  public Dispatch(RegionSet regions, SendSettings settings, int slots) {
    this.regions = regions;
    this.spill = new Spill(settings.spill(), settings.spillBytes());
    this.slots = slots;
    for (Region region : regions.regions()) {
      outboxes.put(region.name(), new Outbox(region.name()));
    }
    this.threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("send-", 0).factory());
  }

  /** Removes what earlier processes may have left in the spill. */
  public void sweep(Instant now) {
    spill.sweep(now);
  }

  /**
   * Begins to send what one session stores.
   *
   * @param targets where to
   * @param quorumLost told, at most once, that fewer regions than the quorum can get everything;
   *     called while this is locked
   */
  public synchronized Shipment begin(
      Collection<RegionName> targets, Consumer<VaultException> quorumLost) {
    Shipment shipment = new Shipment(this, targets, quorumLost);
    leftOutUntil.values().removeIf(until -> System.nanoTime() - until >= 0);
    for (RegionName name : leftOutUntil.keySet()) {
      if (shipment.remaining.size() > regions.quorum() && shipment.remaining.remove(name)) {
        shipment.lost.put(
            name,
            new RegionException.Transient(
                name, "left out for now, since it could not keep up earlier", null));
      }
    }
    return shipment;
  }

  void send(Parcel parcel) {
    synchronized (this) {
      Shipment shipment = parcel.shipment;
      inMemory.add(parcel);
      if (!shipment.closed) {
        for (RegionName name : shipment.remaining) {
          Outbox outbox = outbox(name);
          outbox.queue.addLast(new Delivery(parcel, outbox));
          outbox.backlog += parcel.length;
          parcel.waiting.add(outbox);
          shipment.pending.merge(name, 1, Integer::sum);
        }
      }
      settle(parcel);
      List.copyOf(parcel.waiting).forEach(this::pump);
    }
    spillWhatOnlyLaggardsLack();
  }

  private Outbox outbox(RegionName name) {
    return Objects.requireNonNull(outboxes.get(name), "a region of this set");
  }

  private void pump(Outbox outbox) {
    while (outbox.running.size() < slots) {
      Delivery next = outbox.next(this::willBeSpilled);
      if (next == null) {
        break;
      }
      outbox.running.add(next);
      threads.execute(() -> deliver(next));
    }
    if (outbox.isIdle()) {
      outbox.lagging = false;
    }
  }

  private boolean willBeSpilled(Parcel parcel) {
    return parcel.memory != null && (parcel.spilling || spill.hasRoom(parcel.length));
  }

  private void deliver(Delivery delivery) {
    synchronized (this) {
      if (delivery.cancelled) {
        over(delivery);
        return;
      }
      delivery.thread = Thread.currentThread();
    }
    RegionException failure = null;
    RegionName region = delivery.outbox.region;
    try {
      boolean _ =
          regions.put(region, delivery.parcel.key, new Loans(this, delivery.parcel, region));
    } catch (RegionException e) {
      failure = e;
    } catch (RuntimeException | Error e) {
      failure = new RegionException.Permanent(region, "failed unexpectedly: " + e, e);
    }
    synchronized (this) {
      delivery.thread = null;
      if (failure == null || delivery.cancelled) {
        over(delivery);
      } else if (delivery.again) {
        delivery.again = false;
        delivery.outbox.running.remove(delivery);
        delivery.outbox.queue.addFirst(delivery);
        pump(delivery.outbox);
      } else {
        lose(delivery.parcel.shipment, delivery.outbox, failure);
        over(delivery);
      }
    }
    spillWhatOnlyLaggardsLack();
  }

  /** A delivery that was under way ended, well or cancelled. */
  private void over(Delivery delivery) {
    Outbox outbox = delivery.outbox;
    Parcel parcel = delivery.parcel;
    outbox.running.remove(delivery);
    drop(delivery);
    settle(parcel);
    pump(outbox);
    notifyAll();
  }

  /** Takes a delivery off the books; may be called twice. */
  private static void drop(Delivery delivery) {
    Parcel parcel = delivery.parcel;
    if (parcel.waiting.remove(delivery.outbox)) {
      delivery.outbox.backlog -= parcel.length;
      parcel.shipment.pending.computeIfPresent(
          delivery.outbox.region, (_, count) -> count == 1 ? null : count - 1);
    }
  }

  /** Lets go of what a parcel needs no longer. */
  void settle(Parcel parcel) {
    if (parcel.isMemoryDue() && parcel.readers == 0) {
      parcel.memory = null;
      inMemory.remove(parcel);
      parcel.owner.free();
    }
    Spill.Spilled spilled = parcel.spilled;
    if (spilled != null && parcel.waiting.isEmpty()) {
      parcel.spilled = null;
      spilled.close();
    }
  }

  /** A region does not take what a session sends: it gets no more of it. */
  private void lose(Shipment shipment, Outbox outbox, RegionException why) {
    if (!shipment.remaining.remove(outbox.region)) {
      return;
    }
    shipment.lost.put(outbox.region, why);
    withdraw(shipment, outbox);
    if (shipment.remaining.size() < regions.quorum() && !shipment.closed) {
      shipment.quorumLost.accept(
          new VaultException.Unreachable(
              "what the session stored is in %d regions; the quorum is %d: %s"
                  .formatted(shipment.remaining.size(), regions.quorum(), why.getMessage()),
              List.copyOf(shipment.lost.values())));
    }
    notifyAll();
  }

  private void withdraw(Shipment shipment, Outbox outbox) {
    List<Delivery> gone = new ArrayList<>();
    outbox.queue.removeIf(delivery -> {
      boolean own = delivery.parcel.shipment == shipment;
      if (own) {
        gone.add(delivery);
      }
      return own;
    });
    for (Delivery delivery : outbox.running) {
      if (delivery.parcel.shipment == shipment) {
        delivery.cancelled = true;
        delivery.interrupt();
        gone.add(delivery);
      }
    }
    for (Delivery delivery : gone) {
      drop(delivery);
      settle(delivery.parcel);
    }
    pump(outbox);
  }

  /**
   * To be called by whoever has been waiting for memory for a while, again and again: finds out who
   * keeps it, and does something about it.
   */
  public void relieve() {
    spillWhatOnlyLaggardsLack();
    synchronized (this) {
      abandonWhatHangs();
      if (spill.isUsable() && System.nanoTime() - laggedAt >= LAG_PAUSE_NANOS) {
        Outbox keeper = keeper();
        if (isSpillFull()) {
          leaveOutWhoIsFarBehind();
        } else if (keeper != null) {
          keeper.lagging = true;
          laggedAt = System.nanoTime();
        }
      }
    }
    spillWhatOnlyLaggardsLack();
  }

  /** Who of those that do not lag yet lacks most of what is in memory. */
  private @Nullable Outbox keeper() {
    Outbox keeper = null;
    long most = 0;
    for (Outbox outbox : outboxes.values()) {
      long kept = inMemory.stream().filter(parcel -> parcel.waiting.contains(outbox)).count();
      if (!outbox.lagging && kept > most) {
        most = kept;
        keeper = outbox;
      }
    }
    return keeper;
  }

  private boolean isSpillFull() {
    return inMemory.stream()
        .anyMatch(parcel ->
            !parcel.spilling
                && parcel.spilled == null
                && !parcel.waiting.isEmpty()
                && !spill.hasRoom(parcel.length));
  }

  private void leaveOutWhoIsFarBehind() {
    List<Long> backlogs =
        outboxes.values().stream()
            .filter(outbox -> regions.outages().get(outbox.region) == null)
            .map(outbox -> outbox.backlog)
            .sorted()
            .toList();
    if (backlogs.size() < regions.quorum() || spill.capacity() == 0) {
      return;
    }
    long pace = backlogs.get(regions.quorum() - 1);
    for (Outbox outbox : outboxes.values()) {
      long behind = outbox.backlog - pace;
      if (behind <= spill.capacity() / 2) {
        continue;
      }
      Set<Shipment> shipments = new HashSet<>();
      outbox.queue.forEach(delivery -> shipments.add(delivery.parcel.shipment));
      outbox.running.forEach(delivery -> shipments.add(delivery.parcel.shipment));
      if (shipments.stream().allMatch(each -> each.remaining.size() > regions.quorum())) {
        leftOutUntil.put(outbox.region, System.nanoTime() + LEFT_OUT.toNanos());
        for (Shipment shipment : shipments) {
          lose(
              shipment,
              outbox,
              new RegionException.Transient(
                  outbox.region,
                  "could not keep up: it is %d MiB behind the others, and the spill holds %d MiB; it is left out for now. Afterwards run: lifeboat replicate"
                      .formatted(behind >> 20, spill.capacity() >> 20),
                  null));
        }
      }
    }
  }

  private void abandonWhatHangs() {
    long now = System.nanoTime();
    for (Parcel parcel : List.copyOf(inMemory)) {
      if (!parcel.isMemoryDue()) {
        continue;
      }
      if (parcel.overdueSince == 0) {
        parcel.overdueSince = now;
      } else if (now - parcel.overdueSince >= LET_GO_NANOS) {
        parcel.memory = null;
        inMemory.remove(parcel);
        parcel.owner.abandon();
      }
    }
  }

  private void spillWhatOnlyLaggardsLack() {
    while (true) {
      Parcel parcel;
      ByteBuffer memory;
      synchronized (this) {
        parcel = inMemory.stream().filter(each -> canBeSpilled(each)).findFirst().orElse(null);
        if (parcel == null || !spill.reserve(parcel.length)) {
          return;
        }
        memory = Objects.requireNonNull(parcel.memory, "it is in memory").duplicate();
        parcel.spilling = true;
      }
      Spill.Spilled spilled = null;
      try {
        spilled = spill.write(memory);
      } catch (IOException e) {
        // The disk is full: what is there is served, and reading waits for the regions.
      } finally {
        synchronized (this) {
          parcel.spilling = false;
          parcel.spilled = spilled;
          if (spilled != null) {
            for (Outbox outbox : parcel.waiting) {
              for (Delivery delivery : outbox.running) {
                if (delivery.parcel == parcel) {
                  delivery.again = true;
                  delivery.interrupt();
                }
              }
            }
          }
          settle(parcel);
          List.copyOf(parcel.waiting).forEach(this::pump);
        }
      }
    }
  }

  private static boolean canBeSpilled(Parcel parcel) {
    return !parcel.spilling
        && parcel.spilled == null
        && !parcel.waiting.isEmpty()
        && parcel.waiting.stream().allMatch(outbox -> outbox.lagging);
  }

  synchronized void giveUp(Shipment shipment, String why) {
    for (RegionName name : shipment.late()) {
      lose(shipment, outbox(name), new RegionException.Transient(name, why, null));
    }
  }

  synchronized void close(Shipment shipment) {
    shipment.closed = true;
    for (Outbox outbox : outboxes.values()) {
      outbox.queue.stream()
          .filter(delivery -> delivery.parcel.shipment == shipment)
          .toList()
          .forEach(delivery -> {
            outbox.queue.remove(delivery);
            drop(delivery);
            settle(delivery.parcel);
          });
    }
    letGo(shipment, LET_GO_NANOS);
    for (Outbox outbox : outboxes.values()) {
      withdraw(shipment, outbox);
    }
    letGo(shipment, LET_GO_NANOS);
    for (Parcel parcel : List.copyOf(inMemory)) {
      if (parcel.shipment == shipment) {
        parcel.memory = null;
        inMemory.remove(parcel);
        parcel.owner.abandon();
      }
    }
  }

  /** Waits for a while until nothing of a shipment is in memory. */
  private void letGo(Shipment shipment, long nanos) {
    long from = System.nanoTime();
    boolean interrupted = false;
    while (System.nanoTime() - from < nanos
        && (inMemory.stream().anyMatch(parcel -> parcel.shipment == shipment)
            || !shipment.pending.isEmpty())) {
      try {
        wait(100);
      } catch (InterruptedException e) {
        interrupted = true;
        break;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends what is still under way. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
