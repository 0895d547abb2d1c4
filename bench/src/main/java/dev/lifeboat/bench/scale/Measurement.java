package dev.lifeboat.bench.scale;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What one kind of work took at one size.
 *
 * @param heapBytes still in use behind it, after a collection, with its result in hand
 * @param lists requests of a region
 * @param reads requests of a region
 * @param readBytes of a region
 */
record Measurement(
    Size size,
    String work,
    double seconds,
    long heapBytes,
    long residentBytes,
    long cacheBytes,
    long lists,
    long reads,
    long readBytes) {
  static final String HEAD =
      "chunks,packs,snapshots,work,seconds,heap,resident,cache,lists,reads,read_bytes";

  String line() {
    return String.format(
        Locale.ROOT,
        "%d,%d,%d,%s,%.3f,%d,%d,%d,%d,%d,%d",
        size.chunks(),
        size.packs(),
        size.snapshots(),
        work,
        seconds,
        heapBytes,
        residentBytes,
        cacheBytes,
        lists,
        reads,
        readBytes);
  }

  static Measurement parse(String line) {
    List<String> f = new ArrayList<>(List.of(line.split(",", -1)));
    return new Measurement(
        new Size(Long.parseLong(f.get(0))),
        f.get(3),
        Double.parseDouble(f.get(4)),
        Long.parseLong(f.get(5)),
        Long.parseLong(f.get(6)),
        Long.parseLong(f.get(7)),
        Long.parseLong(f.get(8)),
        Long.parseLong(f.get(9)),
        Long.parseLong(f.get(10)));
  }
}
