package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.chunk.ChunkId;

/**
 * The chunks that a session stores: who claims one first, packs it. 32 bytes a chunk and a load of
 * at most two thirds, in stripes that are locked apart. Safe for use by many threads.
 */
final class ClaimedChunks {
  private static final int STRIPES = 64;

  private final Stripe[] stripes = new Stripe[STRIPES];

  ClaimedChunks() {
    for (int i = 0; i < STRIPES; i++) {
      stripes[i] = new Stripe();
    }
  }

  /** Whether the caller is the first to claim this chunk, and has to store it. */
  boolean claim(ChunkId chunk) {
    return stripe(chunk).add(chunk.value());
  }

  boolean contains(ChunkId chunk) {
    return stripe(chunk).contains(chunk.value());
  }

  private Stripe stripe(ChunkId chunk) {
    return stripes[(int) chunk.value().b() & (STRIPES - 1)];
  }

  private static final class Stripe {
    private long[] slots = new long[4 * 64];
    private int used;

    synchronized boolean add(Digest id) {
      int at = find(slots, id);
      if (at < 0) {
        return false;
      }
      put(slots, at, id);
      used++;
      if (3L * used >= 2L * (slots.length / 4)) {
        grow();
      }
      return true;
    }

    synchronized boolean contains(Digest id) {
      return find(slots, id) < 0;
    }

    /** The free slot for an id, or −1 if it is there. An id of zeros is never there. */
    private static int find(long[] slots, Digest id) {
      int mask = slots.length / 4 - 1;
      for (int slot = (int) id.a() & mask; ; slot = (slot + 1) & mask) {
        int at = 4 * slot;
        if (slots[at] == 0 && slots[at + 1] == 0 && slots[at + 2] == 0 && slots[at + 3] == 0) {
          return at;
        }
        if (slots[at] == id.a()
            && slots[at + 1] == id.b()
            && slots[at + 2] == id.c()
            && slots[at + 3] == id.d()) {
          return -1;
        }
      }
    }

    private static void put(long[] slots, int at, Digest id) {
      slots[at] = id.a();
      slots[at + 1] = id.b();
      slots[at + 2] = id.c();
      slots[at + 3] = id.d();
    }

    private void grow() {
      long[] larger = new long[2 * slots.length];
      for (int at = 0; at < slots.length; at += 4) {
        Digest id = new Digest(slots[at], slots[at + 1], slots[at + 2], slots[at + 3]);
        if (id.a() != 0 || id.b() != 0 || id.c() != 0 || id.d() != 0) {
          put(larger, find(larger, id), id);
        }
      }
      slots = larger;
    }
  }
}
