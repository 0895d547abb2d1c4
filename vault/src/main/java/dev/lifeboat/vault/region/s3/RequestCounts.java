package dev.lifeboat.vault.region.s3;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** How many requests of each operation were sent: what a provider charges for. */
public final class RequestCounts {
  private final ConcurrentHashMap<String, LongAdder> counts = new ConcurrentHashMap<>();

  void count(String operation) {
    counts.computeIfAbsent(operation, _ -> new LongAdder()).increment();
  }

  /** Operations as the service names them ({@code PutObject}), with their requests so far. */
  public SortedMap<String, Long> byOperation() {
    SortedMap<String, Long> all = new TreeMap<>();
    counts.forEach((operation, count) -> all.put(operation, count.sum()));
    return Collections.unmodifiableSortedMap(all);
  }

  public long total() {
    return counts.values().stream().mapToLong(LongAdder::sum).sum();
  }

  @Override
  public String toString() {
    return "%d requests %s".formatted(total(), byOperation());
  }
}
