package dev.lifeboat.vault.replicate;

import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.reclaim.PackSet;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Which packs are in which region: ids in a mapped file, and a bit for each region. */
final class Presence implements AutoCloseable {
  private final PackSet packs;
  private final Map<RegionName, BitSet> held;

  private Presence(PackSet packs, Map<RegionName, BitSet> held) {
    this.packs = packs;
    this.held = held;
  }

  /** Notes packs as they are listed, and copies when they are made. */
  static final class Builder implements Replicator.Copied, AutoCloseable {
    private final PackSet.Builder ids;
    private final Map<RegionName, BitSet> held = new HashMap<>();

    Builder(Path scratch, Collection<RegionName> regions) {
      try {
        Files.createDirectories(scratch);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot make " + scratch, e);
      }
      ids = new PackSet.Builder(scratch);
      regions.forEach(region -> held.put(region, new BitSet()));
    }

    @Override
    public Consumer<RegionName> object(ObjectKey key) {
      PackId pack = key.pack().orElse(null);
      if (pack == null) {
        return _ -> {
          // Not a pack, whatever it is.
        };
      }
      int number = Math.toIntExact(ids.add(pack.value()));
      return region -> {
        BitSet packs = held.get(region);
        if (packs != null) {
          synchronized (packs) {
            packs.set(number);
          }
        }
      };
    }

    /** What was noted. To be called when nothing is being copied any more. */
    Presence finish() {
      return new Presence(ids.finish(), held);
    }

    @Override
    public void close() {
      ids.close();
    }
  }

  boolean contains(RegionName region, PackId pack) {
    BitSet packs = held.get(region);
    long number = this.packs.find(pack.value());
    if (packs == null || number < 0) {
      return false;
    }
    synchronized (packs) {
      return packs.get((int) number);
    }
  }

  /** Notes a copy that was made. */
  void add(RegionName region, PackId pack) {
    BitSet packs = held.get(region);
    long number = this.packs.find(pack.value());
    if (packs != null && number >= 0) {
      synchronized (packs) {
        packs.set((int) number);
      }
    }
  }

  /** Notes copies of an object, if it is a pack. */
  Consumer<RegionName> adding(ObjectKey key) {
    PackId pack = key.pack().orElse(null);
    return region -> {
      if (pack != null) {
        add(region, pack);
      }
    };
  }

  /** The regions that have a pack. */
  Set<RegionName> holders(PackId pack) {
    Set<RegionName> holders = new TreeSet<>();
    held.forEach((region, _) -> {
      if (contains(region, pack)) {
        holders.add(region);
      }
    });
    return holders;
  }

  /** Whether these regions have the same packs, as far as they are known. */
  boolean isEqual(Collection<RegionName> regions) {
    BitSet first = null;
    for (RegionName region : regions) {
      BitSet packs = held.getOrDefault(region, new BitSet());
      synchronized (packs) {
        BitSet copy = (BitSet) packs.clone();
        if (first == null) {
          first = copy;
        } else if (!first.equals(copy)) {
          return false;
        }
      }
    }
    return true;
  }

  @Override
  public void close() {
    packs.close();
  }
}
