package dev.lifeboat.vault.send;

import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.region.RegionSet;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.IdentityHashMap;

/** Lends the bytes of a parcel to whoever stores it in one region. */
final class Loans implements RegionSet.Lender {
  private final Dispatch dispatch;
  private final Parcel parcel;
  private final RegionName region;
  private final IdentityHashMap<ByteBuffer, Arena> mapped = new IdentityHashMap<>();

  Loans(Dispatch dispatch, Parcel parcel, RegionName region) {
    this.dispatch = dispatch;
    this.parcel = parcel;
    this.region = region;
  }

  @Override
  public int length() {
    return parcel.length;
  }

  @Override
  public ByteBuffer lend() throws RegionException {
    synchronized (dispatch) {
      ByteBuffer memory = parcel.memory;
      if (memory != null && !parcel.isMemoryDue()) {
        parcel.readers++;
        return memory.duplicate();
      }
      Spill.Spilled spilled = parcel.spilled;
      if (spilled == null) {
        throw new RegionException.Transient(region, "nobody sends it any more", null);
      }
      Arena arena = Arena.ofShared();
      try {
        ByteBuffer bytes = spilled.map(arena);
        mapped.put(bytes, arena);
        return bytes;
      } catch (IOException | RuntimeException | Error e) {
        arena.close();
        throw new RegionException.Transient(
            region, parcel.key + " cannot be read from the local spill: " + e.getMessage(), e);
      }
    }
  }

  @Override
  public void giveBack(ByteBuffer bytes) {
    Arena arena;
    synchronized (dispatch) {
      arena = mapped.remove(bytes);
      if (arena == null) {
        parcel.readers--;
        dispatch.settle(parcel);
      }
    }
    if (arena != null) {
      try {
        arena.close();
      } catch (IllegalStateException e) {
        // Somebody else of the region's still reads it: it stays mapped until the process ends.
      }
    }
  }
}
