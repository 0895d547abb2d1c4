package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.index.Segment;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Which frames of a segment a session refers to: a bit each, in pages that are made when a frame of
 * theirs is first referred to. Safe for use by many threads.
 */
final class LiveFrames {
  private static final int PAGE_BITS = 12;
  private static final int PAGE_WORDS = (1 << PAGE_BITS) / Long.SIZE;

  private final AtomicReferenceArray<AtomicLongArray> pages;

  LiveFrames(int frames) {
    pages = new AtomicReferenceArray<>(Math.ceilDiv(frames, 1 << PAGE_BITS));
  }

  void set(int frame) {
    int number = frame >>> PAGE_BITS;
    AtomicLongArray page = pages.get(number);
    if (page == null) {
      pages.compareAndSet(number, null, new AtomicLongArray(PAGE_WORDS));
      page = pages.get(number);
    }
    int word = frame >>> 6 & (PAGE_WORDS - 1);
    long bit = 1L << frame;
    if ((page.get(word) & bit) == 0) {
      page.getAndAccumulate(word, bit, (before, more) -> before | more);
    }
  }

  /** The frames of a pack that are referred to, counted in the pack. */
  BitSet of(Segment segment, int pack) {
    int first = segment.firstFrame(pack);
    int end = segment.firstFrame(pack + 1);
    BitSet live = new BitSet();
    for (int frame = first; frame < end; frame++) {
      AtomicLongArray page = pages.get(frame >>> PAGE_BITS);
      if (page == null) {
        frame |= (1 << PAGE_BITS) - 1;
      } else if ((page.get(frame >>> 6 & (PAGE_WORDS - 1)) & 1L << frame) != 0) {
        live.set(frame - first);
      }
    }
    return live;
  }
}
