package dev.lifeboat.vault.reclaim;

import dev.lifeboat.vault.Digest;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** Ids in ascending order, one at a time. */
interface SortedIds {
  /** The next id, {@code null} behind the last. */
  @Nullable Digest next() throws IOException;

  /** The ids of a set. */
  static SortedIds of(PackSet set) {
    long[] at = new long[1];
    return () -> at[0] < set.size() ? set.get(at[0]++) : null;
  }

  /** Adds all ids of all these to a set, each once. */
  static void union(List<? extends SortedIds> sources, PackSet.Builder into) throws IOException {
    PriorityQueue<Head> heads = new PriorityQueue<>(Comparator.comparing((Head head) -> head.id));
    for (SortedIds source : sources) {
      Digest first = source.next();
      if (first != null) {
        heads.add(new Head(source, first));
      }
    }
    for (Head head = heads.poll(); head != null; head = heads.poll()) {
      long _ = into.add(head.id);
      Digest next = head.source.next();
      if (next != null) {
        head.id = next;
        heads.add(head);
      }
    }
  }

  /** A source and the id that it stands at. */
  final class Head {
    private final SortedIds source;
    private Digest id;

    private Head(SortedIds source, Digest id) {
      this.source = source;
      this.id = id;
    }
  }
}
