package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import dev.lifeboat.vault.index.TenantIndex;
import dev.lifeboat.vault.pack.FrameEntry;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.pack.PackKey;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.snapshot.FrameSink;
import dev.lifeboat.vault.snapshot.OpenedFrame;
import dev.lifeboat.vault.snapshot.PackFrames;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads many frames of many packs, once: wanted frames that lie near each other are one range, so
 * many ranges are fetched ahead as a budget of bytes allows, and a few threads open their frames
 * and hand them to a sink. A thread that is done with a range gives its bytes back to the budget
 * and only then is another fetched, so a slow sink slows the fetching and nothing piles up.
 *
 * <p>A range is fetched from the best region without a look at its bytes. A frame of it that does
 * not open, and every frame of a range that could not be had as a whole, is asked for alone, from
 * all regions: each region may have another one damaged.
 */
final class FramePump {
  /** A range is closed when it has so many sealed bytes, */
  static final int RANGE_BYTES = 1 << 20;

  /** or so many when opened: well compressed data would keep one thread busy and the others not. */
  private static final int RANGE_RAW_BYTES = 8 << 20;

  /** Unwanted bytes that are fetched along, because another request would cost more. */
  private static final int GAP_BYTES = 64 << 10;

  /** Sealed bytes that are asked for, or fetched and not yet opened. */
  static final int BUDGET_BYTES = 16 << 20;

  private static final int MOST_AHEAD = 16;

  private final RegionSet regions;
  private final TenantIndex index;
  private final FrameReader frames;
  private final int budgetBytes;
  private final Iterator<PackFrames> packs;
  private final FrameSink sink;
  private final ArrayDeque<Fetch> ahead = new ArrayDeque<>();
  private @Nullable PackFrames pack;
  private int packNumber;
  private int at;
  private @Nullable Range upcoming;
  private long outstandingBytes;
  private long mostOutstandingBytes;
  private @Nullable Throwable failure;

  /**
   * @param frames the wanted ones
   * @param entries what the directory says of each
   */
  private record Range(
      int number,
      PackId pack,
      List<Integer> frames,
      List<FrameEntry> entries,
      long offset,
      int bytes) {}

  private record Fetch(Range range, Future<Fetched> result) {}

  /**
   * @param key {@code null} if no region has the header unharmed
   * @param sealed {@code null} if the range could not be had
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record Fetched(
      @Nullable PackKey key, byte @Nullable [] sealed, VaultException.@Nullable Damaged damage) {}

  FramePump(
      RegionSet regions,
      TenantIndex index,
      FrameReader frames,
      int budgetBytes,
      Iterator<PackFrames> packs,
      FrameSink sink) {
    this.regions = regions;
    this.index = index;
    this.frames = frames;
    this.budgetBytes = budgetBytes;
    this.packs = packs;
    this.sink = sink;
  }

  /** The most bytes that were ever outstanding; after {@link #run}. */
  synchronized long mostOutstandingBytes() {
    return mostOutstandingBytes;
  }

  /** Reads everything; see {@link dev.lifeboat.vault.snapshot.ChunkReader#read}. */
  void run(int threads) throws InterruptedException {
    try (ExecutorService fetchers =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("fetch-", 0).factory());
        ExecutorService workers =
            Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("open-", 0).daemon().factory())) {
      for (int i = 0; i < threads; i++) {
        workers.execute(() -> work(fetchers));
      }
      workers.shutdown();
      try {
        if (!workers.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS)) {
          throw new IllegalStateException("centuries have passed");
        }
      } catch (InterruptedException e) {
        fail(e);
        workers.shutdownNow();
        throw e;
      } finally {
        fetchers.shutdownNow();
      }
    }
    switch (failure()) {
      case null -> {}
      case InterruptedException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }

  private synchronized @Nullable Throwable failure() {
    return failure;
  }

  private synchronized void fail(Throwable e) {
    if (failure == null) {
      failure = e;
    }
    notifyAll();
  }

  private void work(ExecutorService fetchers) {
    try (Worker worker = new Worker()) {
      for (Fetch fetch = next(fetchers); fetch != null; fetch = next(fetchers)) {
        try {
          worker.deliver(fetch.range(), fetch.result().get());
        } finally {
          release(fetch.range().bytes());
        }
      }
    } catch (ExecutionException e) {
      fail(e.getCause() == null ? e : e.getCause());
    } catch (InterruptedException | RuntimeException | Error e) {
      fail(e);
    }
  }

  /** The oldest range that was asked for; {@code null} if there are no more, or all is lost. */
  private synchronized @Nullable Fetch next(ExecutorService fetchers) throws InterruptedException {
    while (failure == null) {
      askAhead(fetchers);
      Fetch fetch = ahead.poll();
      if (fetch != null) {
        return fetch;
      }
      if (upcoming == null) {
        return null;
      }
      wait();
    }
    return null;
  }

  private void askAhead(ExecutorService fetchers) {
    while (ahead.size() < MOST_AHEAD) {
      Range range = upcoming == null ? plan() : upcoming;
      upcoming = range;
      // One range may always be outstanding, however large it is.
      if (range == null
          || (outstandingBytes > 0 && outstandingBytes + range.bytes() > budgetBytes)) {
        return;
      }
      upcoming = null;
      outstandingBytes += range.bytes();
      mostOutstandingBytes = Math.max(mostOutstandingBytes, outstandingBytes);
      ahead.add(new Fetch(range, fetchers.submit(() -> fetch(range))));
    }
  }

  private synchronized void release(int bytes) {
    outstandingBytes -= bytes;
    notifyAll();
  }

  /** The next frames that one request can bring; {@code null} at the end. */
  private @Nullable Range plan() {
    List<Integer> numbers = new ArrayList<>();
    List<FrameEntry> entries = new ArrayList<>();
    long from = 0;
    long end = 0;
    long raw = 0;
    while (true) {
      PackFrames current = pack;
      if (current == null || at == current.frames().length) {
        if (!numbers.isEmpty() || !packs.hasNext()) {
          break;
        }
        current = packs.next();
        pack = current;
        packNumber = number(current.pack());
        at = 0;
        continue;
      }
      int frame = current.frames()[at];
      if (!sink.wants(current.pack(), frame)) {
        at++;
        continue;
      }
      FrameEntry entry = index.frame(packNumber, frame);
      long offset = index.frameOffset(packNumber, frame);
      boolean fits =
          numbers.isEmpty()
              || (offset - end <= GAP_BYTES
                  && offset + entry.sealedBytes() - from <= RANGE_BYTES
                  && raw + entry.rawBytes() <= RANGE_RAW_BYTES);
      if (!fits) {
        break;
      }
      if (numbers.isEmpty()) {
        from = offset;
      }
      numbers.add(frame);
      entries.add(entry);
      end = offset + entry.sealedBytes();
      raw += entry.rawBytes();
      at++;
    }
    PackFrames current = pack;
    return numbers.isEmpty() || current == null
        ? null
        : new Range(
            packNumber, current.pack(), numbers, entries, from, Math.toIntExact(end - from));
  }

  private int number(PackId id) {
    int number = index.find(id);
    if (number == TenantIndex.NONE) {
      throw new VaultException.NotFound("this snapshot has nothing in pack " + id);
    }
    return number;
  }

  private Fetched fetch(Range range) {
    PackKey key;
    try {
      key = frames.key(range.number());
    } catch (VaultException.Damaged e) {
      return new Fetched(null, null, e);
    }
    try {
      return new Fetched(
          key,
          regions.read(ObjectKey.of(range.pack()), range.offset(), range.bytes(), _ -> true),
          null);
    } catch (VaultException e) {
      // Frame by frame there may be more to have, and the reason is told for each.
      return new Fetched(key, null, null);
    }
  }

  /** One thread's share of the work. */
  private final class Worker implements OpenedFrame, AutoCloseable {
    private final FrameReader.Opener opener = frames.opener();
    private byte[] raw = new byte[0];
    private @Nullable FrameEntry entry;

    private void deliver(Range range, Fetched fetched) throws InterruptedException {
      for (int i = 0; i < range.frames().size(); i++) {
        if (Thread.currentThread().isInterrupted() || failure() != null) {
          throw new InterruptedException("reading was stopped");
        }
        int frame = range.frames().get(i);
        FrameEntry current = range.entries().get(i);
        VaultException.Damaged damage = fetched.damage();
        if (damage == null) {
          damage = open(range, frame, current, fetched);
        }
        if (damage == null) {
          entry = current;
          sink.opened(range.pack(), frame, this);
        } else {
          sink.damaged(range.pack(), frame, damage);
        }
      }
    }

    private VaultException.@Nullable Damaged open(
        Range range, int frame, FrameEntry current, Fetched fetched) {
      if (raw.length < current.rawBytes()) {
        raw = new byte[current.rawBytes()];
      }
      byte[] sealed = fetched.sealed();
      PackKey key = fetched.key();
      int offset = (int) (index.frameOffset(range.number(), frame) - range.offset());
      if (sealed != null
          && key != null
          && key.decrypt(opener.frames, frame, current, sealed, offset, raw, 0)) {
        return null;
      }
      try {
        frames.open(range.number(), frame, current, opener, raw);
        return null;
      } catch (VaultException.Damaged e) {
        return e;
      }
    }

    @Override
    public byte[] bytes() {
      return raw;
    }

    @Override
    public int length() {
      return current().rawBytes();
    }

    @Override
    public boolean holds(int offset, int length, ChunkId id) {
      return opener.hasher.hash(raw, offset, length).equals(id);
    }

    @Override
    public boolean isSound() {
      return PackKey.isSound(opener.hasher, current(), raw, 0);
    }

    private FrameEntry current() {
      FrameEntry current = entry;
      if (current == null) {
        throw new IllegalStateException("no frame was opened");
      }
      return current;
    }

    @Override
    public void close() {
      frames.done(opener);
    }
  }
}
