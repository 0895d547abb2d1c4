package dev.lifeboat.vault.send;

import dev.lifeboat.vault.region.ObjectKey;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One object on its way to several regions. Its bytes are in memory, in the spill, or for a moment
 * in both. Guarded by the lock of its {@link Dispatch}.
 */
final class Parcel {
  final Shipment shipment;
  final ObjectKey key;
  final int length;

  /** Whether it goes to a region only when all earlier parcels of its shipment are there. */
  final boolean behind;

  final Shipment.Memory owner;
  @Nullable ByteBuffer memory;
  Spill.@Nullable Spilled spilled;

  /** Outboxes that have not delivered it yet. */
  final Set<Outbox> waiting = new HashSet<>();

  /** Threads that read from memory at this moment. */
  int readers;

  boolean spilling;

  /** When it was first seen that only readers keep the memory, which were told to let go. */
  long overdueSince;

  Parcel(
      Shipment shipment, ObjectKey key, ByteBuffer memory, boolean behind, Shipment.Memory owner) {
    this.shipment = shipment;
    this.key = key;
    this.memory = memory;
    this.length = memory.remaining();
    this.behind = behind;
    this.owner = owner;
  }

  /** Whether nobody needs the memory but those who were told to let go of it. */
  boolean isMemoryDue() {
    return memory != null && !spilling && (waiting.isEmpty() || spilled != null);
  }
}
