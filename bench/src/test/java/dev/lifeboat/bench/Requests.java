package dev.lifeboat.bench;

import dev.lifeboat.vault.engine.HookedRegion;
import dev.lifeboat.vault.region.ObjectKey;
import java.util.SortedMap;
import java.util.TreeMap;

/** Counts what one region is asked: operation and kind of object, and every read of every pack. */
final class Requests {
  private final SortedMap<String, Long> byKind = new TreeMap<>();
  private final SortedMap<String, Long> packReads = new TreeMap<>();
  private final HookedRegion region;
  private long bytesBefore;

  Requests(HookedRegion region) {
    this.region = region;
    region.hook((operation, what) -> count(operation, what));
    reset();
  }

  private synchronized void count(HookedRegion.Operation operation, String what) {
    int slash = what.indexOf('/');
    String kind = slash < 0 ? "" : " " + what.substring(0, slash);
    byKind.merge(operation + kind, 1L, Long::sum);
    if (operation == HookedRegion.Operation.READ && what.startsWith(ObjectKey.PACKS)) {
      packReads.merge(what, 1L, Long::sum);
    }
  }

  synchronized void reset() {
    byKind.clear();
    packReads.clear();
    bytesBefore = region.readBytes();
  }

  /** For example {@code READ packs} to 4, since the last reset. */
  synchronized SortedMap<String, Long> byKind() {
    return new TreeMap<>(byKind);
  }

  synchronized long of(String kind) {
    return byKind.getOrDefault(kind, 0L);
  }

  synchronized long total() {
    return byKind.values().stream().mapToLong(Long::longValue).sum();
  }

  /** How often the pack that was read most was read. */
  synchronized long mostReadsOfOnePack() {
    return packReads.values().stream().mapToLong(Long::longValue).max().orElse(0);
  }

  synchronized int packsRead() {
    return packReads.size();
  }

  synchronized long bytesRead() {
    return region.readBytes() - bytesBefore;
  }
}
